use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets few ask at the same time. Hundreds of threads drive e-MCFs: whoever sells finds a connection and a processor.
#[derive(Debug)]
pub(super) struct Few {
    free: Mutex<usize>,
    left: Condvar,
}

/// Leave to ask, until it is dropped.
pub(super) struct Asking<'f>(&'f Few);

impl Few {
    pub(super) fn new(most: usize) -> Self {
        Self { free: Mutex::new(most), left: Condvar::new() }
    }

    pub(super) fn enter(&self) -> Asking<'_> {
        let waited = self.left.wait_while(self.free(), |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Asking(self)
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn who_comes_when_all_are_asking_waits_until_one_leaves() {
        let few = Few::new(1);
        let first = few.enter();
        let (said, heard) = mpsc::channel();
        thread::scope(|scope| {
            let few = &few;
            scope.spawn(move || {
                let _asking = few.enter();
                said.send(()).unwrap();
            });
            assert!(heard.try_recv().is_err());
            drop(first);
            heard.recv().unwrap();
        });
        assert_eq!(*few.free(), 1);
    }
}
