//! A thread with a session.

use super::{
    batch::{Batch, Failure},
    state::{Shared, Step},
};
use crate::Session;

/// Signs until the ring is closed.
pub(super) fn run(shared: &Shared) {
    let mut own: Option<(u64, Box<dyn Session>)> = None;
    let mut refused = None;
    loop {
        match shared.next_step(own.as_ref().map(|(link, _)| *link), refused) {
            Step::Sign(batch) => {
                if let Some((_, session)) = &mut own {
                    work(shared, &batch, session.as_mut());
                }
            }
            Step::Open(link) => {
                let opened = link.connection.session();
                let number = link.number;
                drop(link);
                match opened {
                    Ok(session) => own = Some((number, session)),
                    Err(fault) => {
                        refused = Some(number);
                        shared.let_go();
                        shared.unable(number, &fault);
                    }
                }
            }
            Step::LetGo => {
                own = None;
                shared.let_go();
            }
            Step::End => return,
        }
    }
}

/// Signs what is left of a batch, and draws the conclusions of a fault.
pub(super) fn work(shared: &Shared, batch: &Batch, session: &mut dyn Session) {
    if let Err(Failure { key, fault }) = batch.work(session) {
        if fault.is_temporary() {
            shared.lost(batch.link, &fault);
        } else {
            shared.condemn(key, fault.reason().into());
        }
        // Only now, so that whoever waits for the batch finds the ring as the fault left it.
        batch.fail(fault);
    }
}
