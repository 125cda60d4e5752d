//! What to call next.

use std::time::Duration;

use super::{
    Lane, Ready, SEEN_FOR, SWEEP,
    task::{Call, Role, Task, Turn},
};
use crate::{
    At, Book, BookFault, Cause, Change, Job, Machine, MachineState, Written,
    course::{Move, Next, intend_request, may_call, never_send, next, not_sent, orphan, without_sheet},
};

/// How long a worker rests when its turn comes soon.
const SOON: Duration = Duration::from_millis(200);
/// As long as there is enough to confirm, requests wait until there is place for so many: their intents are written at once.
const AT_LEAST: usize = 5;
/// After so many lost confirms in a row requests are made one at a time.
const LOST: u64 = 3;
/// How long after the newest of them: at first, and at most.
const LOST_PAUSE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));

impl Lane {
    /// What a worker does next. Everything that its call may bring about is durable when this returns.
    ///
    /// # Errors
    /// The book's. Nothing is lost by them: what was in hand is found again.
    pub fn next(&mut self, role: Role, book: &mut dyn Book, now: At) -> Result<Turn, BookFault> {
        let turn = self.turn(role, book, now);
        if turn.is_err() {
            self.swept = None;
        }
        turn
    }

    fn turn(&mut self, role: Role, book: &mut dyn Book, now: At) -> Result<Turn, BookFault> {
        self.keep_codes(book, now)?;
        self.judge_left(book, now)?;
        let machine = book.machine(&self.lease.machine)?;
        self.notice(&machine, book, now)?;
        if self.has_left {
            return Ok(Turn::Rest(now.plus(super::IDLE)));
        }
        self.let_expire(book, now)?;
        // Also of a machine that rests or was removed: what is SUBMITTED is nobody's else.
        self.sweep(book, now)?;
        let quiet = self.is_quiet(&machine, now);
        self.is_resting = quiet.is_some();
        if let Some(until) = quiet {
            return Ok(Turn::Rest(until));
        }
        if let Some(task) = self.status(&machine, book, now)? {
            return Ok(Turn::Call(task));
        }
        // Before the first status nobody knows whether it is our machine; after a trip of the breaker it has to answer one.
        if self.seen.is_none() || machine.nim.is_none() || machine.breaker.trips > 0 {
            return Ok(Turn::Rest(now.plus(SOON)));
        }
        match role {
            Role::Confirm => Ok(self.confirm(&machine, now)),
            Role::Request => self.request(&machine, book, now),
        }
    }

    /// The address or the token changed: what is in hand is of the machine before.
    fn notice(&mut self, machine: &Machine, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        if self.generation.replace(machine.generation) == Some(machine.generation) {
            return Ok(());
        }
        (self.seen, self.swept, self.counted) = (None, None, false);
        self.places.clear();
        self.to_request.clear();
        self.again.clear();
        self.to_cancel.clear();
        let fresh = std::mem::take(&mut self.fresh);
        let moves = fresh.into_iter().filter_map(|job| never_send(job, Cause::MachineChanged, now));
        let changes: Vec<Change> = moves.map(Change::from).collect();
        self.write(book, &changes).map(|_| ())
    }

    /// Uids that became too old while they waited here for their confirm.
    fn let_expire(&mut self, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        let too_old: Vec<Move> = self.fresh.iter().filter_map(|job| not_sent(job.clone(), now)).collect();
        if too_old.is_empty() {
            return Ok(());
        }
        self.fresh.retain(|job| !too_old.iter().any(|made| made.job.id == job.id));
        let changes: Vec<Change> = too_old.into_iter().map(Change::from).collect();
        self.write(book, &changes).map(|_| ())
    }

    fn is_quiet(&self, machine: &Machine, now: At) -> Option<At> {
        if machine.state != MachineState::Ready {
            return Some(now.plus(super::IDLE));
        }
        let asked = self.quiet_until.filter(|until| {
            // Nobody is asked to wait for longer than an hour: the clock was set back.
            now < *until && until.since(now) <= Duration::from_secs(3_600)
        });
        let open = machine.breaker.open_until.filter(|_| !may_call(&machine.breaker, now));
        asked.max(open)
    }

    /// What is SUBMITTED and in nobody's hand.
    fn sweep(&mut self, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        if self.swept.is_some_and(|at| now >= at && now.since(at) < SWEEP) {
            return Ok(());
        }
        let left = book.submitted(&self.lease.machine, super::OPEN)?;
        let left = left.into_iter().filter(|job| !self.has_in_hand(job.id));
        let changes: Vec<Change> =
            left.filter_map(|job| orphan(job, self.rules, now)).map(Change::from).collect();
        let found = !changes.is_empty();
        self.write(book, &changes)?;
        self.swept = Some(now);
        if found {
            self.status_due = Some(now);
        }
        Ok(())
    }

    fn status(
        &mut self,
        machine: &Machine,
        book: &mut dyn Book,
        now: At,
    ) -> Result<Option<Box<Task>>, BookFault> {
        let is_old = self.seen.is_none_or(|seen| now < seen.here || now.since(seen.here) > SEEN_FOR);
        let is_due = self.status_due.is_some_and(|due| now >= due || due.since(now) > SEEN_FOR * 2);
        let wanted = is_old || is_due || machine.nim.is_none() || machine.breaker.trips > 0;
        let may = self.status_due.is_none_or(|due| now >= due || due.since(now) > SEEN_FOR * 2);
        if self.status_out || !wanted || !may {
            return Ok(None);
        }
        let mut about = book.asked(&self.lease.machine, super::OPEN)?;
        about.retain(|job| !self.has_in_hand(job.id));
        self.status_out = true;
        Ok(Some(self.task(machine, Call::Status(about))))
    }

    fn confirm(&mut self, machine: &Machine, now: At) -> Turn {
        if self.confirms > 0 {
            return Turn::Rest(now.plus(SOON));
        }
        let job = self.again.pop_front().or_else(|| self.fresh.pop_front());
        match job {
            Some(job) if Self::is_of(&job, machine) => {
                self.confirms += 1;
                self.out.insert(job.id);
                Turn::Call(self.task(machine, Call::Confirm(job)))
            }
            Some(_) => Turn::Rest(now),
            None => Turn::Rest(now.plus(SOON)),
        }
    }

    /// The confirm that follows the one that is out, taken while that is on its way. It is called when that was answered well,
    /// before its answer is written, and else handed back by [`Self::unsent`]: its intent is durable, so that nothing has to
    /// be written in between.
    pub fn ahead(&mut self, now: At) -> Option<Box<Task>> {
        if self.confirms != 1 || self.has_left || self.is_resting || !self.again.is_empty() {
            return None;
        }
        let (generation, seen) = (self.generation?, self.seen?);
        let job = self.fresh.pop_front_if(|job| not_sent(job.clone(), now).is_none())?;
        self.confirms += 1;
        self.out.insert(job.id);
        Some(Box::new(Task { generation, call: Call::Confirm(job), seen: Some(seen.theirs) }))
    }

    /// A confirm that was taken ahead was certainly not sent.
    pub fn unsent(&mut self, task: Task) {
        let Call::Confirm(job) = task.call else { return };
        self.confirms = self.confirms.saturating_sub(1);
        self.out.remove(&job.id);
        // Of another generation, or too late: it is swept.
        if self.generation == Some(task.generation) && !self.has_left {
            self.fresh.push_front(job);
        }
    }

    fn request(&mut self, machine: &Machine, book: &mut dyn Book, now: At) -> Result<Turn, BookFault> {
        if let Some(job) = self.to_cancel.pop_front().filter(|job| Self::is_of(job, machine)) {
            self.out.insert(job.id);
            return Ok(Turn::Call(self.task(machine, Call::Cancel(job))));
        }
        if self.to_request.is_empty() {
            self.fill(machine, book, now)?;
        }
        match self.to_request.pop_front() {
            Some(ready) => {
                self.out.insert(ready.job.id);
                Ok(Turn::Call(self.task(machine, Call::Request(ready))))
            }
            None => Ok(Turn::Rest(now.plus(SOON))),
        }
    }

    /// Writes the intents of as many requests as there are places for, all at once.
    fn fill(&mut self, machine: &Machine, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        let (free, Some(seen)) = (self.places.free(now), self.seen) else { return Ok(()) };
        if free < AT_LEAST.min(self.places.ours() / 2) && self.fresh.len() > 1 {
            return Ok(());
        }
        let free = free.min(self.lets_request(machine, book, now)?);
        if free == 0 {
            return Ok(());
        }
        let (mut changes, mut ready) = (Vec::new(), Vec::new());
        for job in book.due(&self.lease.machine, now, free)? {
            if self.has_in_hand(job.id) {
                continue;
            }
            let paper = book.paper(&job)?;
            let code = match next(job.clone(), paper.original, paper.withheld.as_deref(), now) {
                Next::Request(code) => code,
                Next::Put(made) => {
                    changes.push(made.into());
                    ready.push(None);
                    continue;
                }
                Next::Leave => continue,
            };
            match self.translate.sheet(&job, &paper, machine, code) {
                Ok(sheet) => {
                    let Some(made) = intend_request(job, machine, seen.theirs, now) else { continue };
                    let mut job = made.job.clone();
                    job.version += 1;
                    let (request, expected) = (Box::new(sheet.request), Box::new(sheet.expected));
                    changes.push(made.into());
                    ready.push(Some(Ready { job, request, expected }));
                }
                Err(why) => {
                    changes.push(without_sheet(job, &why, now).into());
                    ready.push(None);
                }
            }
        }
        let written = self.write(book, &changes)?;
        for (ready, written) in ready.into_iter().zip(written) {
            if let (Some(ready), Written::Done) = (ready, written) {
                self.places.take(ready.job.id, now);
                self.to_request.push_back(ready);
            }
        }
        Ok(())
    }

    /// How many may be requested while confirms are lost: each of them is a doubt. One at a time after three, and always
    /// later, until one is answered.
    fn lets_request(&self, machine: &Machine, book: &mut dyn Book, now: At) -> Result<usize, BookFault> {
        let good = self.confirmed.max(machine.baseline.map(|baseline| baseline.at)).unwrap_or(At(0));
        let (lost, newest) = book.lost_confirms(&self.lease.machine, good)?;
        let Some(newest) = newest.filter(|_| lost >= LOST) else { return Ok(usize::MAX) };
        let tries = u32::try_from(lost - LOST).unwrap_or(u32::MAX);
        let wait =
            LOST_PAUSE.0.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LOST_PAUSE.1);
        let is_over = now >= newest.plus(wait) || now < newest;
        let is_alone = self.out.is_empty() && self.fresh.is_empty() && self.again.is_empty();
        Ok(usize::from(is_over && is_alone))
    }

    /// Gives back what is in hand, when no turn follows: what was not sent certainly is not in doubt so.
    ///
    /// # Errors
    /// The book's. What was not given back is found by who comes next.
    pub fn leave(&mut self, book: &mut dyn Book, now: At) -> Result<(), BookFault> {
        self.has_left = true;
        let unsent = self.to_request.drain(..).map(|ready| ready.job).chain(self.to_cancel.drain(..));
        let mut moves: Vec<Move> = unsent.filter_map(|job| orphan(job, self.rules, now)).collect();
        moves.extend(self.fresh.drain(..).filter_map(|job| never_send(job, Cause::NotSent, now)));
        moves.extend(self.again.drain(..).filter_map(|job| orphan(job, self.rules, now)));
        // One by one: each that somebody else wrote is his.
        let changes: Vec<Change> = moves.into_iter().map(Change::from).collect();
        self.write(book, &changes).map(|_| ())
    }

    fn task(&self, machine: &Machine, call: Call) -> Box<Task> {
        let seen = self.seen.map(|seen| seen.theirs);
        Box::new(Task { generation: machine.generation, call, seen })
    }

    pub(super) fn retry_confirm(&mut self, job: Job) {
        self.fresh.push_front(job);
    }
}
