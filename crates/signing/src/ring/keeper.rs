//! The thread that looks after the connection and the keys.

use std::time::Duration;

use fiscal::{NotProven, Proof, PublicKey};

use super::state::{Duty, Link, Request, Shared, locked};
use crate::{NewKey, Random, Session, SignerFault};

/// The first pause after a fault; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Connects, proves and makes keys until the ring is closed or the store says that it is of no use.
pub(super) fn run(shared: &Shared, mut random: Box<dyn Random>) {
    let mut pause = FIRST_PAUSE;
    loop {
        // A store whose sessions are still open, in a call that hangs, is not connected to anew.
        if !shared.is_free() {
            return;
        }
        match connected(shared, random.as_mut()) {
            Ok(()) => {
                // One that comes and goes without having signed anything is not asked in a circle.
                if locked(&shared.state).fruitful {
                    pause = FIRST_PAUSE;
                }
            }
            Err(fault) if fault.is_temporary() => shared.away(fault),
            Err(fault) => return shared.end(fault),
        }
        shared.wait_while(pause, |state| !state.ended());
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// From connecting until the connection is lost. Nothing of it is held when this returns.
fn connected(shared: &Shared, random: &mut dyn Random) -> Result<(), SignerFault> {
    let connection = shared.store.connect()?;
    let keys = connection.keys()?;
    let mut session = connection.session()?;
    let Some(link) = shared.linked(&connection, keys) else { return Ok(()) };
    tracing::info!(store = shared.store.name(), "the signer has its store");
    prove(shared, &link, session.as_mut(), random);
    loop {
        match shared.next_duty() {
            Duty::Answer(Request::Make(new, answer)) => {
                let made = make(shared, &link, session.as_mut(), random, new);
                // Whoever asked may have gone.
                let _ = answer.send(made);
            }
            Duty::Answer(Request::Refresh(answer)) => {
                let found = refresh(shared, &link, session.as_mut(), random);
                let _ = answer.send(found);
            }
            Duty::Reconnect | Duty::End => return Ok(()),
        }
    }
}

/// Has each new key sign a challenge.
fn prove(shared: &Shared, link: &Link, session: &mut dyn Session, random: &mut dyn Random) {
    let unproven = locked(&shared.state).unproven();
    for key in unproven {
        let id = key.public_key.id();
        let mut challenge = [0; 32];
        random.fill(&mut challenge);
        match Proof::of(key.public_key, challenge, |hash| session.sign(id, &hash.0)) {
            Ok(proof) => shared.proven(link.number, id, Ok(proof)),
            Err(NotProven::Sign(fault)) if fault.is_temporary() => return shared.lost(link.number, &fault),
            Err(not_proven) => {
                tracing::error!(key = %id, %not_proven, "a key is not used");
                shared.proven(link.number, id, Err(not_proven.to_string()));
            }
        }
    }
}

fn make(
    shared: &Shared,
    link: &Link,
    session: &mut dyn Session,
    random: &mut dyn Random,
    new: NewKey,
) -> Result<PublicKey, SignerFault> {
    let made = told(shared, link, link.connection.make(new))?;
    tracing::info!(key = %made.public_key.id(), purpose = %new.purpose, "a key was made");
    refresh(shared, link, session, random)?;
    let state = locked(&shared.state);
    state.proof(made.public_key.id(), new.purpose).map(|proof| *proof.public_key())
}

fn refresh(
    shared: &Shared,
    link: &Link,
    session: &mut dyn Session,
    random: &mut dyn Random,
) -> Result<(), SignerFault> {
    let keys = told(shared, link, link.connection.keys())?;
    shared.keys_found(keys);
    prove(shared, link, session, random);
    Ok(())
}

/// A temporary fault of the connection ends it.
fn told<T>(shared: &Shared, link: &Link, result: Result<T, SignerFault>) -> Result<T, SignerFault> {
    if let Err(fault) = &result
        && fault.is_temporary()
    {
        shared.lost(link.number, fault);
    }
    result
}
