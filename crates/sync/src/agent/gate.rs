use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Lets one confirm of a machine out at a time (A3), and the next as soon as the one before is answered.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    news: Condvar,
    /// Answers are written in the order in which they came: counters are judged so.
    order: Mutex<()>,
}

#[derive(Default)]
struct State {
    is_out: bool,
    /// Whether the one before was answered well: nothing has to be thought of before the next.
    was_well: bool,
}

impl Gate {
    /// A confirm is to be called.
    pub(super) fn begin(&self) {
        self.state().is_out = true;
    }

    /// It was answered; what came of it is written before the guard is dropped.
    pub(super) fn answered(&self, well: bool) -> MutexGuard<'_, ()> {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        *self.state() = State { is_out: false, was_well: well };
        self.news.notify_all();
        order
    }

    /// Waits for so long at most until the one that is out is answered. True: the next is out now.
    pub(super) fn follow(&self, time: Duration) -> Option<bool> {
        let waited = self.news.wait_timeout_while(self.state(), time, |state| state.is_out);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if state.is_out {
            return None;
        }
        state.is_out = state.was_well;
        Some(state.was_well)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
