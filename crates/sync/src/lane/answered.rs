//! What follows from answers.

use std::time::Duration;

use edef::{CallFault, Requested, Status, compare};

use super::{
    Lane, Ready, Seen,
    sheet::agreement,
    task::{Answer, Call, Said, Task},
    writing::is_well,
};
use crate::{
    At, BlockCause, Book, BookFault, Breaker, Cause, Change, Job, JobState, Machine, MachineState, Step,
    Theirs, Written,
    course::{
        Heard, READINGS_APART, Reading, Signal, after_cancel, after_request, after_success,
        bounded_retry_after, never_send, read,
    },
};

/// How seldom the list is asked for at last when something stays unknown.
const LONGEST_PAUSE: Duration = Duration::from_secs(40);

impl Lane {
    /// What follows from the answer to a call. `chance` is a random number.
    ///
    /// # Errors
    /// The book's. Nothing is lost by them: a code is kept here until the book has it, and the rest is found again.
    pub fn answered(
        &mut self,
        task: Task,
        answer: Answer,
        book: &mut dyn Book,
        now: At,
        chance: u32,
    ) -> Result<(), BookFault> {
        let generation = task.generation;
        let done = match (task.call, answer.0) {
            (Call::Status(about), Said::Status(answer)) => {
                self.status_out = false;
                self.status_answered(about, answer, generation, book, now)
            }
            (Call::Request(ready), Said::Request(answer)) => {
                self.out.remove(&ready.job.id);
                self.request_answered(ready, &answer, generation, book, (now, chance))
            }
            (Call::Confirm(job), Said::Confirm(answer)) => {
                self.out.remove(&job.id);
                self.confirms = self.confirms.saturating_sub(1);
                self.confirm_answered(job, &answer, (generation, task.seen), book, now)
            }
            (Call::Cancel(job), Said::Cancel(answer)) => {
                self.out.remove(&job.id);
                if answer.is_ok() {
                    self.places.give_back(job.id);
                }
                self.write_one(book, after_cancel(job, answer.is_ok(), now).into()).map(|_| ())
            }
            // An answer to another call than this one's: as if there were none.
            (Call::Request(Ready { job, .. }) | Call::Cancel(job), _) => {
                self.out.remove(&job.id);
                Ok(())
            }
            (Call::Confirm(job), _) => {
                self.out.remove(&job.id);
                self.confirms = self.confirms.saturating_sub(1);
                Ok(())
            }
            (Call::Status(_), _) => {
                self.status_out = false;
                Ok(())
            }
        };
        if done.is_err() {
            self.swept = None;
        }
        done
    }

    fn status_answered(
        &mut self,
        about: Vec<Job>,
        answer: Result<Status, CallFault>,
        generation: u64,
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        let machine = book.machine(&self.lease.machine)?;
        if machine.generation != generation || self.generation != Some(generation) {
            return Ok(());
        }
        let status = match answer {
            Ok(status) => status,
            Err(fault) => return self.status_failed(&fault, generation, book, now),
        };
        let theirs = status.server_time.as_ref().and_then(edef::AuthorityTime::unix_milliseconds);
        let theirs = theirs.and_then(|time| u64::try_from(time).ok()).map(Theirs);
        let (Some(nim), Some(theirs)) = (status.nim.clone(), theirs) else {
            return self.status_failed(&CallFault::Malformed, generation, book, now);
        };
        let is_other = machine.nim.as_ref().is_some_and(|known| *known != nim)
            || status.nif.is_some_and(|nif| nif != machine.nif);
        // Two that drive one e-MCF could not tell its counters apart.
        if is_other || (!machine.has_answered() && book.is_anothers(&machine)?) {
            self.seen = None;
            return self.block(book, BlockCause::WrongMachine, generation, now);
        }
        self.seen = Some(Seen { theirs, here: now });
        if !std::mem::replace(&mut self.counted, true) {
            self.places.take_foreign(status.entries, now);
        }
        self.note_machine(&machine, &nim, theirs, book, now)?;
        let reading = Reading { status: &status, nim: &nim, url: &machine.url, theirs };
        self.read_all(about, &reading, book, now)
    }

    fn status_failed(
        &mut self,
        fault: &CallFault,
        generation: u64,
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        self.slower(now);
        let signal = match fault {
            CallFault::Unauthorized | CallFault::Forbidden => Signal::Unauthorized,
            CallFault::TooMany { retry_after: Some(seconds) }
            | CallFault::Server { retry_after: Some(seconds), .. } => {
                Signal::Slow(bounded_retry_after(*seconds))
            }
            _ => Signal::Fault,
        };
        self.heard(book, signal, generation, now)
    }

    /// The machine answers, with its number and its clock.
    fn note_machine(
        &mut self,
        machine: &Machine,
        nim: &edef::Nim,
        theirs: Theirs,
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        let offset = i64::try_from(theirs.0).unwrap_or(i64::MAX).saturating_sub_unsigned(now.0);
        let is_far = (offset - machine.clock_offset_ms).abs() > 2_000;
        if machine.nim.is_none()
            || is_far
            || machine.breaker != after_success(Breaker { trips: 0, ..machine.breaker }, now)
        {
            let generation = machine.generation;
            self.change_machine(book, |machine| {
                let same = machine.generation == generation && machine.state == MachineState::Ready;
                same.then(|| Machine {
                    nim: Some(nim.clone()),
                    clock_offset_ms: offset,
                    breaker: after_success(Breaker { trips: 0, ..machine.breaker }, now),
                    ..machine
                })
            })?;
        }
        Ok(())
    }

    fn read_all(
        &mut self,
        about: Vec<Job>,
        reading: &Reading<'_>,
        book: &mut dyn Book,
        now: At,
    ) -> Result<(), BookFault> {
        let (mut changes, mut again, mut unsettled) = (Vec::<Change>::new(), Vec::new(), false);
        for job in about {
            let settled = |job: &Job| {
                let gone = job.doubt.as_ref().and_then(|doubt| doubt.gone);
                job.state != JobState::Ambiguous
                    || gone.is_some_and(|gone| gone.twice)
                    || job.intent.is_none()
            };
            let before = job.clone();
            match read(job, reading, self.rules, now) {
                // Its uid is another machine's: nobody here can say anything of it.
                Heard::Nothing if is_of_another(&before, reading) => {
                    changes
                        .push(Change { jobs: vec![Job { due: At::NEVER, ..before }], ..Change::default() });
                    again.push(None);
                }
                Heard::Nothing => unsettled |= !settled(&before),
                Heard::Noted(made) => {
                    unsettled |= !settled(&made.job);
                    changes.push(made.into());
                    again.push(None);
                }
                Heard::ConfirmAgain(made) => {
                    let mut job = made.job.clone();
                    job.version += 1;
                    changes.push(made.into());
                    again.push(Some(job));
                }
            }
        }
        if unsettled {
            self.slower(now);
        } else {
            (self.status_due, self.status_pause) = (None, READINGS_APART);
        }
        let written = self.write(book, &changes)?;
        let done = again.into_iter().zip(written).filter(|(_, written)| *written == Written::Done);
        self.again.extend(done.filter_map(|(job, _)| job));
        Ok(())
    }

    /// The list is asked for again, each time a little later.
    fn slower(&mut self, now: At) {
        self.status_pause = self.status_pause.max(READINGS_APART);
        self.status_due = Some(now.plus(self.status_pause + Duration::from_millis(100)));
        self.status_pause = (self.status_pause * 2).min(LONGEST_PAUSE);
    }

    fn request_answered(
        &mut self,
        ready: Ready,
        answer: &Result<Requested, CallFault>,
        generation: u64,
        book: &mut dyn Book,
        (now, chance): (At, u32),
    ) -> Result<(), BookFault> {
        let Ready { job, expected, .. } = ready;
        let machine = book.machine(&self.lease.machine)?;
        let compared = |requested: &Requested| agreement(&compare(&expected, requested, self.tolerance));
        let after = after_request(job, answer.as_ref(), compared, &machine, now, chance);
        if !after.takes_a_place {
            self.places.give_back(after.made.job.id);
        }
        let mut made = after.made;
        // The uid is of a machine that is not ours any more.
        if machine.generation != generation
            && let Some(left) = never_send(made.job.clone(), Cause::MachineChanged, now)
        {
            made = left;
        }
        if self.has_left
            && let Some(left) = never_send(made.job.clone(), Cause::NotSent, now)
        {
            made = left;
        }
        let mut job = made.job.clone();
        let early =
            !self.rules.writes_first() && job.intent.as_ref().is_some_and(|i| i.step == Step::Confirm);
        let written = if early { Ok(Written::Overtaken) } else { self.write_one(book, made.into()) };
        let is_done = match written {
            Ok(written) => written == Written::Done,
            Err(BookFault::Unknown) if self.rules.believes_unknown_writes() => true,
            Err(fault) => return Err(fault),
        };
        job.version += u64::from(is_done);
        if is_done || early {
            match job.intent.as_ref().map(|intent| intent.step) {
                Some(Step::Confirm) => self.fresh.push_back(job),
                Some(Step::Cancel) => self.to_cancel.push_back(job),
                _ => {}
            }
        }
        if matches!(after.signal, Signal::Fine) && is_well(&machine, now) {
            return Ok(());
        }
        self.heard(book, after.signal, generation, now)
    }

    /// Something was doubted: the list is asked for at once.
    pub(super) fn ask_now(&mut self, now: At) {
        (self.status_due, self.status_pause) = (Some(now), READINGS_APART);
    }
}

fn is_of_another(job: &Job, reading: &Reading<'_>) -> bool {
    job.intent.as_ref().is_some_and(|intent| intent.nim != *reading.nim || intent.url != *reading.url)
}
