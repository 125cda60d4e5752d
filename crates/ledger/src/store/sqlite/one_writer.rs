//! SQLite has one writer: who is next.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Threads that write pass one after the other, in the order in which they came.
///
/// A mutex would let the thread that just wrote write again before the one that waits has woken; a sale then waits for
/// several transactions of others, instead of at most the one that is going on and those that came before it.
#[derive(Debug, Default)]
pub(super) struct OneWriter {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    /// The ticket of the next one who comes.
    next: u64,
    /// Whose ticket it is that may write.
    serving: u64,
}

/// Leave to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Writing<'a>(&'a OneWriter);

impl OneWriter {
    /// Waits until all who came before have written.
    pub(super) fn wait(&self) -> Writing<'_> {
        let mut line = self.line();
        let ticket = line.next;
        line.next += 1;
        while line.serving != ticket {
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        Writing(self)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.line().serving += 1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[test]
    fn who_waits_writes_before_who_has_just_written() {
        let writer = Arc::new(OneWriter::default());
        let (said, heard) = mpsc::channel();
        let first = writer.wait();
        let other = {
            let (writer, said) = (Arc::clone(&writer), said.clone());
            std::thread::spawn(move || {
                let _writing = writer.wait();
                said.send("who waited").unwrap();
            })
        };
        while writer.line().next < 2 {
            std::thread::yield_now();
        }
        drop(first);
        let _writing = writer.wait();
        said.send("who had written").unwrap();
        other.join().unwrap();
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["who waited", "who had written"]);
    }

    #[test]
    fn a_writer_that_panics_leaves_the_place_to_the_next() {
        let writer = Arc::new(OneWriter::default());
        let panicking = Arc::clone(&writer);
        let ended = std::thread::spawn(move || {
            let _writing = panicking.wait();
            panic!("in the middle of a transaction");
        });
        assert!(ended.join().is_err());
        drop(writer.wait());
    }
}
