//! How long a test waits for what has to come, and what it does meanwhile.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

/// Only what hangs takes longer: the machine may be busy with much else, and the cloud itself gives a device 20 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(25);

/// Looks until it is so.
pub(crate) fn look<T: Debug>(what: &str, mut look: impl FnMut() -> T, is_so: impl Fn(&T) -> bool) -> T {
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        let seen = look();
        if is_so(&seen) {
            return seen;
        }
        thread::sleep(PAUSE);
    }
    panic!("{what}: at last {:?}", look());
}

/// Asks until there is an answer.
pub(crate) fn eventually<T: Debug>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    // It is looked at until it is some.
    look(what, ask, Option::is_some).unwrap()
}

/// Asks until it is so.
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    look(what, is_so, |so| *so);
}

/// Does something with each of many, several at a time: most of a test's time is waiting. The sum of what each says.
pub(crate) fn side_by_side<T: Send>(all: Vec<T>, each: impl Fn(T) -> usize + Sync) -> usize {
    const AT_ONCE: usize = 6;
    let rest = Mutex::new(all.into_iter());
    let work = || {
        let next = || rest.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::iter::from_fn(next).map(&each).sum::<usize>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}
