use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{WebhookId, engine::Served};

/// Who has to be served, and by whom they are.
pub(super) struct Board {
    state: Mutex<State>,
    /// There is work.
    work: Condvar,
    /// There is a reason to look around.
    news: Condvar,
    /// So many slow receivers are served at once.
    slow_places: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<WebhookId>,
    busy: BTreeSet<WebhookId>,
    slow: BTreeSet<WebhookId>,
    is_awake: bool,
    is_stopping: bool,
}

impl Board {
    pub(super) fn new(workers: usize) -> Self {
        let slow_places = (workers / 2).max(1);
        Self { state: Mutex::default(), work: Condvar::new(), news: Condvar::new(), slow_places }
    }

    /// These have something due: who waits already keeps his place.
    pub(super) fn offer(&self, webhooks: Vec<WebhookId>) {
        let mut state = self.state();
        for webhook in webhooks {
            if !state.busy.contains(&webhook) && !state.queue.contains(&webhook) {
                state.queue.push_back(webhook);
            }
        }
        self.work.notify_all();
    }

    /// The next one to serve; waits for it. None when all is over.
    pub(super) fn take(&self) -> Option<WebhookId> {
        let mut state = self.state();
        loop {
            if state.is_stopping {
                return None;
            }
            if let Some(webhook) = state.next(self.slow_places) {
                return Some(webhook);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One was served; if there is more to send, his next turn comes after all who wait.
    pub(super) fn done(&self, webhook: WebhookId, served: Served) {
        let mut state = self.state();
        state.busy.remove(&webhook);
        if served.is_slow {
            state.slow.insert(webhook.clone());
        } else {
            state.slow.remove(&webhook);
        }
        if served.has_more {
            state.queue.push_back(webhook);
        }
        self.work.notify_all();
    }

    /// Waits for so long, or until somebody has news.
    pub(super) fn rest(&self, time: Duration) {
        let state = self.state();
        let asleep = |state: &mut State| !state.is_awake && !state.is_stopping;
        let woken = self.news.wait_timeout_while(state, time, asleep);
        woken.unwrap_or_else(PoisonError::into_inner).0.is_awake = false;
    }

    pub(super) fn wake(&self) {
        self.state().is_awake = true;
        self.news.notify_all();
    }

    pub(super) fn stop(&self) {
        self.state().is_stopping = true;
        self.news.notify_all();
        self.work.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first that waits; a slow one only while few of them are served.
    fn next(&mut self, slow_places: usize) -> Option<WebhookId> {
        let has_place = self.busy.intersection(&self.slow).count() < slow_places;
        let at = self.queue.iter().position(|webhook| has_place || !self.slow.contains(webhook))?;
        let webhook = self.queue.remove(at)?;
        self.busy.insert(webhook.clone());
        Some(webhook)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: u8) -> Vec<WebhookId> {
        (0..count).map(|number| WebhookId::new([number; 20])).collect()
    }

    #[test]
    fn slow_receivers_have_half_of_the_workers_and_others_pass_them() {
        let board = Board::new(4);
        let all = ids(5);
        board.offer(all.clone());
        for _ in 0..3 {
            let slow = board.take().unwrap();
            board.done(slow, Served { has_more: true, is_slow: true });
        }
        // In the queue are now 3, 4 and the slow 0, 1, 2.
        let taken: Vec<_> = (0..4).map(|_| board.take().unwrap()).collect();
        assert_eq!(taken, [all[3].clone(), all[4].clone(), all[0].clone(), all[1].clone()]);
        assert_eq!(board.state().next(2), None);
        board.done(all[0].clone(), Served::default());
        assert_eq!(board.take(), Some(all[2].clone()));
    }

    #[test]
    fn who_has_more_to_send_comes_again_after_the_others() {
        let board = Board::new(1);
        let all = ids(2);
        board.offer(all.clone());
        let first = board.take().unwrap();
        board.offer(all.clone());
        board.done(first.clone(), Served { has_more: true, is_slow: false });
        assert_eq!([board.take().unwrap(), board.take().unwrap()], [all[1].clone(), first]);
        board.stop();
        assert_eq!(board.take(), None);
    }
}
