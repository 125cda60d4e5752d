//! What follows from the answer to a confirm, the only call that finalises.

use std::time::Duration;

use edef::{CallFault, Confirmed};

use super::{Lane, writing::is_well};
use crate::{
    At, BlockCause, Book, BookFault, Change, Elements, Job, Machine, Theirs, Written,
    course::{AfterConfirm, Known, Move, Signal, after_confirm, elements, judge},
};

/// How long to wait before a confirm that was not sent is sent.
const NOT_SENT: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;

impl Lane {
    pub(super) fn confirm_answered(
        &mut self,
        job: Job,
        answer: &Result<Confirmed, CallFault>,
        (generation, sent): (u64, Option<Theirs>),
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        // Before anything that can fail: the answer holds what nobody can ask for again. It is no secret.
        if let Ok(confirmed) = answer {
            let nim = job.intent.as_ref().map(|intent| intent.nim.to_string());
            tracing::info!(job = %job.id, nim, code = %confirmed.code, "the authority finalised an invoice");
            self.confirmed = Some(now);
        }
        let machine = match book.machine(&self.lease.machine) {
            Ok(machine) => machine,
            Err(fault) => {
                self.hold_code(&job, answer);
                return Err(fault);
            }
        };
        match after_confirm(job.clone(), answer.as_ref(), self.rules, now) {
            AfterConfirm::Finalised { made, elements } => {
                self.places.give_back(job.id);
                let known =
                    elements.counters.map(|counters| Known { job: job.id, total: counters.total, sent });
                let is_other = machine.nim.as_ref() != Some(&elements.nim);
                let (is_ours, is_well) = (machine.generation == generation, is_well(&machine, now));
                self.finalised(
                    made,
                    elements,
                    known.filter(|_| !is_other),
                    (generation, machine),
                    book,
                    now,
                )?;
                if is_other && is_ours {
                    return self.block(book, BlockCause::WrongMachine, generation, now);
                }
                if is_well { Ok(()) } else { self.heard(book, Signal::Fine, generation, now) }
            }
            AfterConfirm::NotSent => {
                self.retry_confirm(job);
                self.rest(NOT_SENT, now);
                self.heard(book, Signal::Fault, generation, now)
            }
            AfterConfirm::Doubted { made, signal } => {
                self.ask_now(now);
                self.write_one(book, made.into())?;
                self.heard(book, signal, generation, now)
            }
        }
    }

    /// The job, the baseline and what the counters decide are one change: a confirm is never counted as known while its
    /// code could still be lost.
    fn finalised(
        &mut self,
        made: Move,
        elements: Elements,
        known: Option<Known>,
        (generation, read): (u64, Machine),
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        let id = made.job.id;
        self.codes.push((id, elements));
        let mut read = Some(read);
        for _ in 0..TRIES {
            let machine = match read.take() {
                Some(machine) => machine,
                None => book.machine(&self.lease.machine)?,
            };
            let mut change = Change::from(made.clone());
            if let Some(known) = known.filter(|_| machine.generation == generation) {
                let (open, complete) = self.open(&machine, book)?;
                let judged = judge(machine, known, &open, complete, self.rules, now);
                change.machine = Some(judged.machine);
                for decided in judged.moves {
                    change.jobs.push(decided.job);
                    change.transitions.extend(decided.transition);
                }
            }
            if self.write_one(book, change)? == Written::Done {
                self.code_is_durable(id);
                return Ok(());
            }
            if book.job(id)?.version != made.job.version {
                break;
            }
        }
        self.keep_codes(book, now)?;
        self.known.extend(known.map(|known| (generation, known)));
        Ok(())
    }

    /// The elements as the answer and the intent tell them, for when the machine's row cannot be read.
    fn hold_code(&mut self, job: &Job, answer: &Result<Confirmed, CallFault>) {
        let Ok(confirmed) = answer else { return };
        self.codes.extend(elements(job, confirmed).map(|elements| (job.id, elements)));
    }
}
