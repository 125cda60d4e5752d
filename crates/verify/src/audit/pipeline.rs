//! Lines are examined side by side and judged one after the other.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
};

use super::AuditFault;
use crate::journal::Examined;

/// So many lines go to a thread at once, or so many bytes.
const BATCH_LINES: usize = 64;
const BATCH_BYTES: usize = 256 * 1024;
/// So many batches wait for each thread, and so many bytes for all.
const BATCHES_WAITING: usize = 2;
const BYTES_WAITING: usize = 32 * 1024 * 1024;

/// Lines of one file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Which file, where there are several.
    pub(super) part: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Where lines come from.
pub(super) trait Source {
    /// Fills an empty batch with lines of one file; false after the last.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, AuditFault>;
}

impl Batch {
    /// Where the next line is appended. `end_line` says that it was.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(super) fn end_line(&mut self) {
        self.ends.push(self.bytes.len());
    }

    pub(super) fn is_full(&self) -> bool {
        self.ends.len() >= BATCH_LINES || self.bytes.len() >= BATCH_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        // One long line must not stay for good.
        self.bytes.shrink_to(2 * BATCH_BYTES);
        self.ends.clear();
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes[start..*end].trim_ascii_end())
    }
}

/// Gives every line to `judge` in its order, with its file; `examine` is asked on so many threads. With one, none is
/// started.
pub(super) fn run(
    source: &mut dyn Source,
    threads: NonZeroUsize,
    examine: &(dyn Fn(&[u8]) -> Examined + Sync),
    judge: &mut dyn FnMut(usize, Examined) -> Result<(), AuditFault>,
) -> Result<(), AuditFault> {
    if threads.get() > 1 && !cfg!(target_family = "wasm") {
        return side_by_side(source, threads, examine, judge);
    }
    let mut batch = Batch::default();
    while source.fill(&mut batch)? {
        batch.lines().try_for_each(|line| judge(batch.part, examine(line)))?;
        batch.clear();
    }
    Ok(())
}

/// One of the threads: batches in, the same batches out with what their lines are.
struct Worker {
    todo: SyncSender<Batch>,
    done: Receiver<(Batch, Vec<Examined>)>,
}

/// Batch after batch goes to worker after worker, so that what comes back needs no sorting.
fn side_by_side(
    source: &mut dyn Source,
    threads: NonZeroUsize,
    examine: &(dyn Fn(&[u8]) -> Examined + Sync),
    judge: &mut dyn FnMut(usize, Examined) -> Result<(), AuditFault>,
) -> Result<(), AuditFault> {
    thread::scope(|scope| {
        let start = |_| {
            let (todo, todo_for_worker) = mpsc::sync_channel::<Batch>(BATCHES_WAITING);
            let (done_by_worker, done) = mpsc::sync_channel(BATCHES_WAITING);
            scope.spawn(move || {
                for batch in todo_for_worker {
                    let examined = batch.lines().map(examine).collect();
                    if done_by_worker.send((batch, examined)).is_err() {
                        break;
                    }
                }
            });
            Worker { todo, done }
        };
        let workers: Vec<_> = (0..threads.get()).map(start).collect();
        let (mut waiting, mut bytes_waiting, mut next) = (VecDeque::new(), 0, 0);
        let mut spare: Vec<Batch> = Vec::new();
        let mut more = true;
        while more || !waiting.is_empty() {
            if more && waiting.len() < workers.len() * BATCHES_WAITING && bytes_waiting < BYTES_WAITING {
                let mut batch = spare.pop().unwrap_or_default();
                more = source.fill(&mut batch)?;
                if more {
                    bytes_waiting += batch.bytes.len();
                    // A worker that has panicked takes nothing; the scope goes on with the panic.
                    let Ok(()) = workers[next].todo.send(batch) else { return Ok(()) };
                    waiting.push_back(next);
                    next = (next + 1) % workers.len();
                    continue;
                }
            }
            let Some(worker) = waiting.pop_front() else { continue };
            let Ok((mut batch, examined)) = workers[worker].done.recv() else { return Ok(()) };
            bytes_waiting -= batch.bytes.len();
            examined.into_iter().try_for_each(|line| judge(batch.part, line))?;
            batch.clear();
            spare.push(batch);
        }
        Ok(())
    })
}
