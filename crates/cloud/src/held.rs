use std::ops::Deref;

/// What is let go on a thread of its own: connections to PostgreSQL wait for their end, and files are removed, which a
/// thread that serves others must not do.
pub(crate) struct Held<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Held<T> {
    pub(crate) const fn new(held: T) -> Self {
        Self(Some(held))
    }

    /// Takes it out, on a thread that may wait.
    pub(crate) fn take(mut self) -> T {
        // Only this and dropping take it, and each takes the whole.
        self.0.take().expect("what is held is there")
    }
}

impl<T: Send + 'static> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // Only what has the whole takes it.
        self.0.as_ref().expect("what is held is there")
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        let Some(held) = self.0.take() else { return };
        if let Err(error) = std::thread::Builder::new().spawn(move || drop(held)) {
            tracing::error!(%error, "there was no thread to let something go");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{Sender, channel},
        thread::{ThreadId, current},
        time::Duration,
    };

    use super::*;

    struct Tells(Sender<ThreadId>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(current().id());
        }
    }

    #[test]
    fn what_is_dropped_goes_on_another_thread_and_what_is_taken_on_this_one() {
        let (sender, told) = channel();
        let where_it_went = |held: Held<Tells>, takes: bool| {
            if takes {
                drop(held.take());
            } else {
                drop(held);
            }
            told.recv_timeout(Duration::from_secs(10)).unwrap()
        };
        assert_ne!(where_it_went(Held::new(Tells(sender.clone())), false), current().id());
        assert_eq!(where_it_went(Held::new(Tells(sender)), true), current().id());
    }
}
