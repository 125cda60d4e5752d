//! Who is next at the device: one line, several terminals, and none waits for another's backlog.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Whose turn it is, one after another: the operator's questions are one more in the round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Orders, reports, status.
    Control,
    /// A till's sales.
    Terminal(String),
}

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) all: usize,
    pub(crate) lane: usize,
}

/// Jobs that wait, fairly.
#[derive(Debug)]
pub(crate) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    came: Condvar,
    room: Room,
}

#[derive(Debug)]
struct Waiting<J> {
    lanes: BTreeMap<Lane, VecDeque<J>>,
    /// The lanes in which something waits, the next one first.
    round: VecDeque<Lane>,
    count: usize,
    is_closed: bool,
}

/// What the thread at the device does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<J> {
    Job(J),
    /// Nothing came in time.
    Nothing,
    /// The proxy ends.
    Closed,
}

/// Why a job does not wait; the job comes back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Full<J> {
    /// There is no room.
    Busy(J),
    /// The proxy ends.
    Closed(J),
}

impl<J> Queue<J> {
    pub(crate) fn new(room: Room) -> Self {
        let waiting = Waiting { lanes: BTreeMap::new(), round: VecDeque::new(), count: 0, is_closed: false };
        Self { waiting: Mutex::new(waiting), came: Condvar::new(), room }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<J>> {
        // Nothing in here panics between two states.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, lane: Lane, job: J) -> Result<(), Full<J>> {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Err(Full::Closed(job));
        }
        let in_lane = waiting.lanes.get(&lane).map_or(0, VecDeque::len);
        if waiting.count >= self.room.all || in_lane >= self.room.lane {
            return Err(Full::Busy(job));
        }
        waiting.count += 1;
        waiting.lanes.entry(lane.clone()).or_default().push_back(job);
        if in_lane == 0 {
            waiting.round.push_back(lane);
        }
        drop(waiting);
        self.came.notify_one();
        Ok(())
    }

    /// The next one of the round; waits so long for it.
    pub(crate) fn next(&self, patience: Duration) -> Next<J> {
        let mut waiting = self.waiting();
        if waiting.count == 0 && !waiting.is_closed {
            let waited = self.came.wait_timeout(waiting, patience);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if waiting.is_closed {
            return Next::Closed;
        }
        match waiting.take() {
            Some(job) => Next::Job(job),
            None => Next::Nothing,
        }
    }

    /// Takes out what waits and is meant.
    pub(crate) fn cancel(&self, is_meant: impl Fn(&J) -> bool) -> Vec<J> {
        let mut waiting = self.waiting();
        let mut cancelled = Vec::new();
        for lane in waiting.lanes.values_mut() {
            for job in std::mem::take(lane) {
                if is_meant(&job) { cancelled.push(job) } else { lane.push_back(job) }
            }
        }
        waiting.count -= cancelled.len();
        cancelled
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().count
    }

    /// Takes nothing more, and gives back what waits.
    pub(crate) fn close(&self) -> Vec<J> {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        waiting.count = 0;
        waiting.round.clear();
        let left = std::mem::take(&mut waiting.lanes).into_values().flatten().collect();
        drop(waiting);
        self.came.notify_all();
        left
    }
}

impl<J> Waiting<J> {
    fn take(&mut self) -> Option<J> {
        while let Some(lane) = self.round.pop_front() {
            let Some(jobs) = self.lanes.get_mut(&lane) else { continue };
            let job = jobs.pop_front();
            if jobs.is_empty() {
                self.lanes.remove(&lane);
            } else {
                self.round.push_back(lane);
            }
            if job.is_some() {
                self.count -= 1;
                return job;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: Room = Room { all: 1_000, lane: 100 };

    fn till(number: u8) -> Lane {
        Lane::Terminal(format!("POS-{number}"))
    }

    fn drain(queue: &Queue<(u8, u32)>) -> Vec<(u8, u32)> {
        let mut all = Vec::new();
        while let Next::Job(job) = queue.next(Duration::ZERO) {
            all.push(job);
        }
        all
    }

    #[test]
    fn a_till_with_a_backlog_does_not_hold_up_another() {
        let queue = Queue::new(ROOM);
        for number in 0..50 {
            queue.push(till(1), (1, number)).unwrap();
        }
        queue.push(till(2), (2, 0)).unwrap();
        assert_eq!(drain(&queue)[..3], [(1, 0), (2, 0), (1, 1)]);
    }

    #[test]
    fn a_full_lane_is_refused_and_the_others_are_not() {
        let queue = Queue::new(Room { all: 5, lane: 2 });
        queue.push(till(1), 1).unwrap();
        queue.push(till(1), 2).unwrap();
        assert_eq!(queue.push(till(1), 3), Err(Full::Busy(3)));
        queue.push(till(2), 4).unwrap();
        assert_eq!(queue.len(), 3);
        assert_eq!(queue.close().len(), 3);
        assert_eq!(queue.push(till(2), 5), Err(Full::Closed(5)));
        assert_eq!(queue.next(Duration::from_secs(60)), Next::Closed);
    }

    #[test]
    fn what_is_cancelled_does_not_come() {
        let queue = Queue::new(ROOM);
        for number in 0..4 {
            queue.push(till(1), (1, number)).unwrap();
        }
        assert_eq!(queue.cancel(|job| job.1 % 2 == 0), [(1, 0), (1, 2)]);
        assert_eq!(queue.len(), 2);
        assert_eq!(drain(&queue), [(1, 1), (1, 3)]);
        queue.push(till(1), (1, 9)).unwrap();
        assert_eq!(drain(&queue), [(1, 9)]);
    }

    proptest! {
        /// Between two jobs of a lane, each lane that waits has at most one.
        #[test]
        fn nobody_waits_longer_than_a_round(jobs in prop::collection::vec(0u8..6, 1..200)) {
            let queue = Queue::new(ROOM);
            let mut pushed = BTreeMap::<u8, u32>::new();
            for lane in jobs {
                let number = pushed.entry(lane).or_default();
                queue.push(till(lane), (lane, *number)).unwrap();
                *number += 1;
            }
            let out = drain(&queue);
            prop_assert_eq!(out.len() as u32, pushed.values().sum::<u32>());
            for lane in pushed.keys() {
                let own: Vec<u32> = out.iter().filter(|job| job.0 == *lane).map(|job| job.1).collect();
                prop_assert!(own.is_sorted(), "a till's sales keep their order");
                let places: Vec<usize> =
                    out.iter().enumerate().filter(|(_, job)| job.0 == *lane).map(|(place, _)| place).collect();
                prop_assert!(places.windows(2).all(|two| two[1] - two[0] <= pushed.len()));
            }
        }
    }
}
