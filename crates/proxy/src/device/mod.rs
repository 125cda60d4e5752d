//! The thread that owns the port.

mod ask;
mod fate;
mod journal;
mod meet;
mod seal;
mod work;

use std::{sync::Arc, time::Duration};

use def_client::{Host, HostPace, Pace};

use self::meet::Met;
pub(crate) use self::{
    ask::{Asked, Trouble},
    meet::{Here, News},
    work::{Job, Offering, Sold},
};
use crate::{
    clock,
    desk::Desk,
    find::FoundPort,
    notify::Pulse,
    queue::Next,
    spool::{Spool, SpoolFault},
};

/// How long a line that is not there is tried for, while someone waits.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long to listen for jobs at once.
const TURN: Duration = Duration::from_secs(1);
/// How often a device that nobody asks is asked how it is.
const LOOK: Duration = Duration::from_secs(30);
/// A host that slept so long opens its line anew.
const SLEPT: Duration = Duration::from_secs(2);
/// How often what clouds hold for long is taken out.
const TIDY: Duration = Duration::from_secs(6 * 3_600);

/// What owns the port.
pub(crate) struct Device {
    host: Host<FoundPort, HostPace>,
    pace: HostPace,
    spool: Spool,
    desk: Arc<Desk>,
    pulse: Pulse,
    met: Option<Met>,
    /// Why nobody was met, as it was told last.
    absence: Option<String>,
    looked: Duration,
    tidied: Duration,
    slept: Duration,
    keeping: Keeping,
}

/// How long what every cloud holds is kept, and which clouds there are.
#[derive(Clone, Debug)]
pub(crate) struct Keeping {
    pub(crate) clouds: Vec<String>,
    pub(crate) days: u32,
}

impl Device {
    pub(crate) fn new(
        port: FoundPort,
        spool: Spool,
        desk: Arc<Desk>,
        pulse: Pulse,
        keeping: Keeping,
        random: u64,
    ) -> Self {
        let mut host = Host::new(port, HostPace::start(), random);
        host.set_patience(PATIENCE);
        Self {
            host,
            pace: HostPace::start(),
            spool,
            desk,
            pulse,
            met: None,
            absence: None,
            looked: Duration::ZERO,
            tidied: Duration::ZERO,
            slept: clock::slept(),
            keeping,
        }
    }

    /// Works until the queue is closed.
    pub(crate) fn run(mut self) {
        loop {
            self.pulse.beat();
            self.wake();
            let patience = if self.is_behind() { Duration::ZERO } else { TURN };
            match self.desk.queue.next(patience) {
                Next::Closed => break,
                Next::Job(job) => self.work(job),
                Next::Nothing => {
                    if let Err(fault) = self.idle() {
                        self.complain(&fault);
                    }
                }
            }
        }
        self.host.hang_up();
    }

    fn work(&mut self, job: Job) {
        let done = if job.is_wanted() { self.obey(job) } else { Ok(()) };
        if let Err(fault) = done.and_then(|()| self.look_when_due()) {
            self.complain(&fault);
        }
    }

    /// What is done when nobody asks.
    fn idle(&mut self) -> Result<(), SpoolFault> {
        if self.met.is_none() {
            // Nobody waits: one look is enough.
            self.host.set_patience(Duration::ZERO);
            let met = self.meet();
            self.host.set_patience(PATIENCE);
            return met?.map_or(Ok(()), |()| self.settle_all());
        }
        let now = self.pace.elapsed();
        self.look_when_due()?;
        if self.is_behind() {
            // Who wanted it is told when it is asked for; here it is tried again.
            drop(self.fill_a_chunk()?);
        }
        if now.saturating_sub(self.tidied) >= TIDY {
            self.tidied = now;
            let before = clock::now().unix().saturating_sub(u64::from(self.keeping.days) * 86_400);
            let gone = self.spool.prune(&self.keeping.clouds, before)?;
            if gone > 0 {
                tracing::info!(
                    records = gone,
                    "old records that every cloud holds were taken out of the spool"
                );
            }
        }
        Ok(())
    }

    fn look_when_due(&mut self) -> Result<(), SpoolFault> {
        if self.met.is_some() && self.pace.elapsed().saturating_sub(self.looked) >= LOOK {
            drop(self.look()?);
        }
        Ok(())
    }

    /// After a sleep the line may lead nowhere, without anyone having said so.
    fn wake(&mut self) {
        let slept = clock::slept();
        if slept.saturating_sub(self.slept) >= SLEPT {
            tracing::info!("this machine slept: the line to the device is opened anew");
            self.host.hang_up();
        }
        self.slept = slept;
    }

    fn complain(&mut self, fault: &SpoolFault) {
        if let Some(met) = &mut self.met {
            // Not at once again: after the next look.
            met.last_position = met.filled;
        }
        tracing::error!(%fault, "what came of a job may not be kept");
        self.desk.metrics.refused("STATE");
    }
}
