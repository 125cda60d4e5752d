//! What a lane writes besides jobs: the machine, codes that must not be lost, counters.

use std::time::Duration;

use super::Lane;
use crate::{
    At, BlockCause, Book, BookFault, Change, JobId, Machine, MachineState, Written,
    course::{Signal, after_fault, after_slow, after_success, judge},
};

/// A machine that is written by others at the same time is tried so often.
const TRIES: u32 = 4;

/// Whether a good answer says nothing new of a machine.
pub(super) fn is_well(machine: &Machine, now: At) -> bool {
    machine.breaker == after_success(machine.breaker, now)
}

impl Lane {
    pub(super) fn write(&self, book: &mut dyn Book, changes: &[Change]) -> Result<Vec<Written>, BookFault> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        book.write(&self.lease, changes)
    }

    pub(super) fn write_one(&self, book: &mut dyn Book, change: Change) -> Result<Written, BookFault> {
        let written = self.write(book, &[change])?;
        Ok(written.first().copied().unwrap_or(Written::Overtaken))
    }

    /// Changes the machine, unless `change` finds nothing to change.
    pub(super) fn change_machine(
        &self,
        book: &mut dyn Book,
        mut change: impl FnMut(Machine) -> Option<Machine>,
    ) -> Result<(), BookFault> {
        for _ in 0..TRIES {
            let Some(machine) = change(book.machine(&self.lease.machine)?) else { return Ok(()) };
            if self.write_one(book, Change::of_machine(machine))? == Written::Done {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) fn heard(
        &mut self,
        book: &mut dyn Book,
        signal: Signal,
        generation: u64,
        now: At,
    ) -> Result<(), BookFault> {
        match signal {
            // Durable, so that who drives it next leaves it alone too.
            Signal::Slow(wait) => {
                self.quiet_until = Some(now.plus(wait));
                self.change_machine(book, |machine| {
                    let breaker = after_slow(machine.breaker, wait, now);
                    Some(Machine { breaker, ..machine })
                })
            }
            Signal::Fine => self.change_machine(book, |machine| {
                let breaker = after_success(machine.breaker, now);
                (machine.breaker != breaker).then_some(Machine { breaker, ..machine })
            }),
            Signal::Fault => self.change_machine(book, |machine| {
                let breaker = after_fault(machine.breaker, now);
                Some(Machine { breaker, ..machine })
            }),
            Signal::Unauthorized => self.block(book, BlockCause::Unauthorized, generation, now),
        }
    }

    /// Nothing more is sent until a person did something. Counters say nothing of what was before.
    pub(super) fn block(
        &mut self,
        book: &mut dyn Book,
        cause: BlockCause,
        generation: u64,
        now: At,
    ) -> Result<(), BookFault> {
        self.change_machine(book, |mut machine| {
            if machine.generation != generation || machine.state != MachineState::Ready {
                return None;
            }
            machine.state = MachineState::Blocked { cause, since: now };
            if cause == BlockCause::WrongMachine {
                machine.baseline = None;
            }
            Some(machine)
        })
    }

    /// A code is durable before anything else is done.
    pub(crate) fn keep_codes(&mut self, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        while let Some((job, elements)) = self.codes.last() {
            if self.rules.keeps_codes() {
                book.keep_code(*job, elements, now)?;
            }
            self.codes.pop();
        }
        Ok(())
    }

    pub(super) fn code_is_durable(&mut self, job: JobId) {
        self.codes.retain(|(one, _)| *one != job);
    }

    /// Judges counters that could not be judged with their job.
    pub(super) fn judge_left(&mut self, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        let Some((generation, known)) = self.known.pop() else { return Ok(()) };
        let machine = book.machine(&self.lease.machine)?;
        if machine.generation != generation {
            return Ok(());
        }
        let (open, complete) = self.open(&machine, book)?;
        let judged = judge(machine, known, &open, complete, self.rules, now);
        let mut change = Change::of_machine(judged.machine);
        for made in judged.moves {
            change.jobs.push(made.job);
            change.transitions.extend(made.transition);
        }
        // When it is overtaken, an invoice of ours counts as unexplained, which is the careful side.
        self.write_one(book, change).map(|_| ())
    }

    /// Of which jobs counters may say something, and whether those are all. Of very many only those of the era.
    pub(super) fn open(
        &self,
        machine: &Machine,
        book: &mut dyn Book,
    ) -> Result<(Vec<crate::Job>, bool), BookFault> {
        let (open, count) = book.open_and_count(&machine.id, super::OPEN)?;
        if open.len() < super::OPEN {
            // What cannot be read, or is kept back, is not among them.
            let complete = count == open.len() as u64;
            return Ok((open, complete));
        }
        Ok((book.of_era(&machine.id, machine.era, super::OPEN)?, false))
    }

    /// Nothing is sent for so long.
    pub(super) fn rest(&mut self, time: Duration, now: At) {
        self.quiet_until = Some(now.plus(time));
    }
}
