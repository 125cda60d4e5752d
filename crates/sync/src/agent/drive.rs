use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Shared,
    bell::Bell,
    seat::{Seat, is_long},
    turns::Ended,
};
use crate::{
    Lease,
    lane::{Role, Turn},
};

/// How many workers of a machine make requests. Two confirm: one calls, and the other has the next ready.
const REQUESTERS: usize = 2;
/// How often it is looked whether what is in hand is done, when a turn is over, and how long the pauses are. What was
/// requested and not confirmed by then is found again by who comes next.
const LAST_LOOKS: (u32, Duration) = (60, Duration::from_millis(50));
/// What came of a call is written within this.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Drives a machine until its turn is over: when there is nothing to do, when others wait and its time is up, when another
/// process has it, or when the agent stops.
pub(super) fn drive(shared: &Arc<Shared>, lease: &Lease, bell: Arc<Bell>) -> Ended {
    let seat = Arc::new(Seat::new(shared, lease, bell));
    let roles = std::iter::repeat_n(Role::Request, REQUESTERS).chain([Role::Confirm]);
    for (number, role) in roles.enumerate() {
        let worker = Arc::clone(&seat);
        worker.requesters.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}-{number}", lease.machine);
        let run = move || {
            let leaves = Leaves(worker);
            let worked = catch_unwind(AssertUnwindSafe(|| leaves.0.work(role)));
            // The turn, the lease and this agent's patience may be over: nobody else is sure to come for it.
            leaves.0.keep_codes();
            if let Err(panic) = worked {
                resume_unwind(panic);
            }
        };
        if std::thread::Builder::new().name(name).spawn(run).is_err() {
            // It was not called, and so nobody leaves.
            seat.requesters.fetch_sub(1, Ordering::SeqCst);
            seat.end();
        }
    }
    let driven = catch_unwind(AssertUnwindSafe(|| {
        seat.work(Role::Confirm);
        seat.finish();
    }));
    // Should this thread have panicked, the others end too.
    seat.end();
    seat.await_answers();
    // A code is kept whoever has the machine now, and whatever went wrong.
    seat.keep_codes();
    if let Err(panic) = driven {
        resume_unwind(panic);
    }
    match (seat.has_failed.load(Ordering::SeqCst), seat.has_worked.load(Ordering::SeqCst)) {
        (true, _) => Ended::Failed,
        (_, true) => Ended::Worked,
        _ => Ended::Idle,
    }
}

/// A worker that ends, however he ends, is counted no more.
struct Leaves(Arc<Seat>);

impl Drop for Leaves {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.shared.counters.panics.fetch_add(1, Ordering::Relaxed);
            self.0.fail();
        }
        self.0.requesters.fetch_sub(1, Ordering::SeqCst);
        self.0.bell.ring();
    }
}

impl Seat {
    /// Finishes what is in hand: nothing more is requested, and what the authority computed is confirmed still.
    fn finish(&self) {
        let (mut book, began) = (self.shared.book.clone(), self.shared.now());
        for _ in 0..LAST_LOOKS.0 {
            // Each look may be a call: all of them take about as long as one may.
            if is_long(began, self.shared.now(), self.shared.settings.patience) {
                break;
            }
            let has_lost = self.shared.turns.has_lost(&self.lease);
            let alone = self.requesters.load(Ordering::SeqCst) == 0;
            if has_lost || self.has_failed.load(Ordering::SeqCst) {
                break;
            }
            let turn = self.next(Role::Confirm, &mut book);
            match turn {
                Ok(Turn::Call(task)) => self.call(*task, Role::Confirm, &mut book),
                Ok(Turn::Rest(_)) if alone => break,
                Ok(Turn::Rest(_)) => self.look_again(),
                Err(_) => break,
            }
        }
        // What was certainly not sent is not in doubt.
        let left = self.lane().leave(&mut book, self.shared.now());
        if let Err(fault) = left {
            tracing::warn!(%fault, "what was in hand is found again by who comes next");
        }
    }

    /// Waits for calls that are out, as long as one may take: what the authority answers to them, nobody can ask it for again.
    /// Until then the lease is kept, so that nobody else doubts them, or confirms beside them (A3).
    fn await_answers(&self) {
        let is_out = || self.requesters.load(Ordering::SeqCst) > 0 && self.lane().is_busy();
        if !is_out() {
            return;
        }
        self.shared.turns.step_aside(&self.lease.machine);
        let mut left = self.shared.settings.patience.saturating_add(WRITTEN_WITHIN);
        while !left.is_zero() && is_out() {
            std::thread::sleep(LAST_LOOKS.1);
            left = left.saturating_sub(LAST_LOOKS.1);
        }
    }

    fn keep_codes(&self) {
        let mut book = self.shared.book.clone();
        for _ in 0..LAST_LOOKS.0 {
            let kept = self.lane().keep_codes(&mut book, self.shared.now());
            match kept {
                Ok(()) => return,
                Err(fault) => {
                    tracing::error!(%fault, "a code of the authority waits for the database");
                    self.look_again();
                }
            }
        }
    }

    fn look_again(&self) {
        self.bell.wait(Role::Confirm, LAST_LOOKS.1, self.bell.count(Role::Confirm));
    }
}
