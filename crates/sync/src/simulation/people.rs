//! What happens to agents and machines, and what persons do about it.

use super::trial::Trial;
use crate::{
    At, BlockCause, Elements, Job, JobId, JobState, MachineState, Source,
    course::{machine_changed, restored, retry_by_hand, settle_finalised, settle_not_there, withdraw},
};

impl Trial {
    /// Once a minute: deaths, jumps, backups, restores, changes of machine.
    pub(super) fn trouble(&mut self) {
        for index in 0..self.agents.len() {
            if self.dice.per_mille(self.plan.deaths) {
                self.kill(index);
            }
            if self.dice.per_mille(self.plan.jumps) {
                let jump = i64::try_from(self.dice.between(0, 600_000)).unwrap_or(0) - 300_000;
                let skew = (self.agents[index].skew + jump).clamp(-600_000, 600_000);
                self.agents[index].skew = skew;
                self.census.jumps += 1;
            }
        }
        if self.plan.restores && self.dice.per_mille(150) {
            self.backup = Some(self.memory.clone());
        } else if self.plan.restores && self.backup.is_some() && self.dice.per_mille(80) {
            self.restore();
        }
        if self.plan.changes && self.dice.per_mille(60) {
            self.change_machine();
        }
    }

    /// The book goes back to a backup; the authority does not. Records that devices still hold are delivered again.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.census.restores += 1;
        for index in 0..self.agents.len() {
            self.kill(index);
        }
        let lost = std::mem::replace(&mut self.memory, backup);
        self.memory.lease = None;
        self.epoch.0 += 1;
        for job in lost.jobs.values() {
            if self.memory.jobs.contains_key(&job.id) {
                continue;
            }
            let original_known = job.original.is_none() || self.memory.original(job).is_some();
            if original_known && self.dice.per_mille(500) {
                let fresh = Job {
                    state: JobState::Pending,
                    intent: None,
                    doubt: None,
                    elements: None,
                    recorded: false,
                    error: None,
                    ..job.clone()
                };
                self.memory.jobs.insert(job.id, fresh);
            }
        }
        if !self.rules.doubts_restored() {
            return;
        }
        let jobs: Vec<Job> = self.memory.jobs.values().cloned().collect();
        for job in jobs {
            if let Some(made) = restored(job, At(self.now)) {
                self.census.restored_doubts += 1;
                self.memory.put(made.job, made.transition);
            }
        }
    }

    /// A person gives the outlet another e-MCF, or removes it and makes it again.
    fn change_machine(&mut self) {
        self.census.changes += 1;
        if self.dice.per_mille(500) {
            self.used = (self.used + 1) % self.nims.len();
        }
        let used = self.nims[self.used];
        let Some(view) = self.world.machine(used) else { return };
        view.token.as_str().clone_into(&mut self.memory.token);
        let mut machine = machine_changed(self.memory.machine.clone());
        machine.nim = view.nim.to_string().parse().ok();
        machine.state = MachineState::Ready;
        machine.version += 1;
        self.memory.machine = machine;
    }

    /// A person enters the token that is good, if the machine is blocked.
    pub(super) fn mend_machine(&mut self) {
        if let MachineState::Blocked { cause: BlockCause::Unauthorized | BlockCause::WrongMachine, .. } =
            self.memory.machine.state
        {
            let Some(view) = self.world.machine(self.nims[self.used]) else { return };
            view.token.as_str().clone_into(&mut self.memory.token);
            let mut machine = machine_changed(self.memory.machine.clone());
            machine.nim = view.nim.to_string().parse().ok();
            machine.state = MachineState::Ready;
            machine.version += 1;
            self.memory.machine = machine;
        }
    }

    /// Once a minute somebody looks at what there is.
    pub(super) fn person(&mut self) -> Result<(), String> {
        self.mend_machine();
        let ids: Vec<JobId> = self.memory.jobs.keys().copied().collect();
        for id in ids {
            if self.dice.per_mille(self.plan.attention) {
                self.act_on(id)?;
            }
        }
        self.check_certain()
    }

    /// The last import of the portal's export.
    pub(super) fn settle_all(&mut self) -> Result<(), String> {
        let ids: Vec<JobId> = self.memory.jobs.keys().copied().collect();
        for id in ids {
            self.act_on(id)?;
        }
        Ok(())
    }

    fn act_on(&mut self, id: JobId) -> Result<(), String> {
        let now = At(self.now);
        let Some(job) = self.memory.jobs.get(&id).cloned() else { return Ok(()) };
        let portal = self.in_portal(&job);
        let made = match job.state {
            JobState::Ambiguous | JobState::SyncedWithoutCode => match portal {
                Some(elements) => {
                    self.census.by_portal += 1;
                    settle_finalised(job, elements, "a person", now).map(|made| vec![made])
                }
                None => {
                    let made = settle_not_there(job, "a person", now);
                    self.census.not_there += u64::from(made.is_ok());
                    made.map(|made| vec![made])
                }
            },
            JobState::Failed if self.memory.withheld.contains(&id) => match self.credit_of(&job) {
                Some(credit) => {
                    let made = withdraw(job, credit, "not compliant", now);
                    self.census.withdrawn += 2 * u64::from(made.is_ok());
                    made.map(Vec::from)
                }
                None => return Ok(()),
            },
            JobState::Failed | JobState::Differs | JobState::Retry => {
                self.census.by_hand += 1;
                retry_by_hand(job, "a person", now).map(|made| vec![made])
            }
            // A person who is wrong about what can be said of it.
            JobState::Submitted | JobState::Synced | JobState::Pending => {
                if settle_not_there(job.clone(), "a person", now).is_ok()
                    || retry_by_hand(job, "a person", now).is_ok()
                {
                    return Err("a person could settle what is not to be settled".to_owned());
                }
                self.census.refused_acts += 1;
                return Ok(());
            }
            JobState::Withdrawn => return Ok(()),
        };
        match made {
            Ok(moves) => moves.into_iter().for_each(|made| self.memory.put(made.job, made.transition)),
            Err(_) => self.census.refused_acts += 1,
        }
        Ok(())
    }

    fn credit_of(&self, original: &Job) -> Option<Job> {
        let is_its = |job: &&Job| self.memory.original(job).is_some_and(|its| its.id == original.id);
        self.memory.jobs.values().find(is_its).cloned()
    }

    /// What the portal's export says of an invoice.
    fn in_portal(&self, job: &Job) -> Option<Elements> {
        let rn = job.fiscal.to_string();
        let all = self.nims.iter().flat_map(|nim| self.world.finalised(*nim));
        let found = all.into_iter().find(|found| found.rn.as_deref() == Some(rn.as_str()))?;
        Some(Elements {
            nim: found.nim.to_string().parse().ok()?,
            uid: None,
            code: found.code.parse().ok()?,
            date_time: found.date_time.clone(),
            qr: found.qr.clone(),
            counters: None,
            totals: None,
            source: Source::Imported,
            host: "sim.example".to_owned(),
            test: true,
        })
    }
}
