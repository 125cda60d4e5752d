//! A session with a device that has proven itself, from its welcome to its end.

use std::{sync::Arc, time::Duration};

use def_protocol::Nonce;
use fiscal::Timestamp;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval},
};
use tunnel::{FromCloud, FromProxy, MessageFault, Text, Work};

use super::{
    grants, health,
    intake::{Intake, Stretch},
    jobs::Jobs,
    link::{Command, Link, Live},
    wire::{Ended, Farewell, Wire},
};
use crate::app::App;

/// A proxy from which nothing was heard for so long is gone; it is asked for a sign of life before that.
const SILENCE: Duration = Duration::from_secs(45);
const PING: Duration = Duration::from_secs(15);
/// So many things at once are done for one proxy beside its jobs.
const AT_ONCE: usize = 4;
/// So many vouchers a proxy may wait for; it asks again for one that it has no answer to.
const VOUCHERS: usize = 32;

/// One session's own task.
pub(super) struct Session {
    app: Arc<App>,
    link: Arc<Link>,
    wire: Wire,
    jobs: Jobs,
    intake: Intake,
    busy: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    pinged: Instant,
    /// Until when its certificate holds.
    holds_until: Option<Timestamp>,
}

/// How a session ended.
pub(super) enum End {
    /// The connection is no more, or spoke another language.
    Broken(Ended),
    /// It was ended here, and says why, if there is a why.
    Closed(Box<Wire>, Option<Farewell>),
}

impl Session {
    pub(super) fn new(app: &Arc<App>, link: &Arc<Link>, wire: Wire, holds_until: Option<Timestamp>) -> Self {
        let intake = Intake::start(Arc::clone(app), Arc::clone(link));
        let (app, link, busy) = (Arc::clone(app), Arc::clone(link), Arc::new(Semaphore::new(AT_ONCE)));
        let waiting = Arc::new(Semaphore::new(VOUCHERS));
        Self {
            app,
            link,
            wire,
            jobs: Jobs::default(),
            intake,
            busy,
            waiting,
            pinged: Instant::now(),
            holds_until,
        }
    }

    /// Serves until one of the two has enough. An end that was decided elsewhere does not wait for what is being said.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut stopping: watch::Receiver<bool>,
    ) -> End {
        let link = Arc::clone(&self.link);
        let why = tokio::select! {
            ended = self.serve(&mut commands) => return End::Broken(ended),
            why = link.ends() => Some(why),
            () = stop(&mut stopping) => None,
        };
        End::Closed(Box::new(self.wire), why)
    }

    async fn serve(&mut self, commands: &mut mpsc::Receiver<Command>) -> Ended {
        let mut tick = interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                heard = self.wire.hear() => match heard {
                    Ok(message) => self.take(message),
                    Err(ended) => Err(ended),
                },
                Some(command) = commands.recv() => match command {
                    Command::Ask(work, answer) => {
                        let job = self.jobs.begin(answer);
                        self.wire.say(&FromCloud::Job { job, work }).await
                    }
                    Command::Say(message) => self.wire.say(&message).await,
                },
                Some(message) = self.intake.said() => self.wire.say(&message).await,
                _ = tick.tick() => {
                    if self.has_expired().await {
                        self.link.end(expired());
                    }
                    self.look().await
                }
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    fn take(&mut self, message: FromProxy) -> Result<(), Ended> {
        match message {
            FromProxy::Status { status, proxy } => {
                let now = self.app.clock.now();
                // A proxy whose device cannot be asked says nothing of it.
                let status = serde_json::from_value(status).ok().map(Arc::new);
                health::note(
                    &self.app,
                    &self.link,
                    Live { status, proxy: Some(proxy), at: Some(now), ..Live::default() },
                );
                Ok(())
            }
            FromProxy::Records { epoch, first_position, lines } => {
                Ok(self.intake.take(Stretch { epoch, first_position, lines })?)
            }
            FromProxy::Answer { job, outcome } => {
                if !self.jobs.end(job, outcome) {
                    tracing::debug!(device = %self.link.device, job, "an outcome for which nobody waits any more");
                }
                Ok(())
            }
            FromProxy::TimeGrant { job, challenge, newest } if self.jobs.knows(job) => {
                self.grant(job, challenge, newest);
                Ok(())
            }
            FromProxy::TimeGrant { .. } => Ok(()),
            FromProxy::Voucher { ask, body } => {
                self.vouch(ask, body);
                Ok(())
            }
            FromProxy::Hello { .. }
            | FromProxy::Presence { .. }
            | FromProxy::Activate { .. }
            | FromProxy::Activated { .. } => {
                Err(MessageFault::Form("the session has begun already".to_owned()).into())
            }
        }
    }

    /// Whether the device's certificate has ended, and no other was made: a session does not last past it, and so no sale
    /// does. What a device seals beside it, the ledger flags.
    async fn has_expired(&mut self) -> bool {
        let (now, serial) = (self.app.clock.now(), self.link.device);
        let holds = |until: Option<Timestamp>| until.is_some_and(|until| now <= until);
        if self.link.retired || holds(self.holds_until) {
            return false;
        }
        match self.app.registry(move |registry| registry.device_of(serial)).await {
            Ok(device) => {
                self.holds_until = device.and_then(|device| device.certificate_expires);
                !holds(self.holds_until)
            }
            // It is asked again in a second.
            Err(_) => false,
        }
    }

    /// Once a second.
    async fn look(&mut self) -> Result<(), Ended> {
        self.jobs.forget_abandoned();
        if self.wire.heard.elapsed() > SILENCE {
            return Err(Ended::Silent);
        }
        if self.pinged.elapsed() > PING {
            self.pinged = Instant::now();
            self.wire.ping().await?;
        }
        Ok(())
    }

    /// Signs the time, on a thread that may wait for the signer.
    fn grant(&self, job: u64, challenge: Text<64>, newest: Option<Text<64>>) {
        let Ok(place) = Arc::clone(&self.busy).try_acquire_owned() else { return };
        let Ok(challenge) = challenge.as_str().parse::<Nonce>() else { return };
        let (app, link) = (Arc::clone(&self.app), Arc::clone(&self.link));
        tokio::spawn(async move {
            let _place = place;
            match grants::time(&app, &link, challenge, newest).await {
                Ok((timestamp, signature)) => {
                    link.say(FromCloud::TimeGranted { job, timestamp, signature }).await;
                }
                Err(refusal) => tracing::warn!(device = %link.device, %refusal, "the time was not signed"),
            }
        });
    }

    fn vouch(&self, ask: u64, body: serde_json::Value) {
        let Ok(waits) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return tracing::debug!(device = %self.link.device, "a proxy asks for too many vouchers at once");
        };
        let (app, link) = (Arc::clone(&self.app), Arc::clone(&self.link));
        let busy = Arc::clone(&self.busy);
        tokio::spawn(async move {
            let _waits = waits;
            // It is never closed.
            let _place = busy.acquire_owned().await;
            let (status, body) = grants::voucher(&app, &link, body).await;
            link.say(FromCloud::Voucher { ask, status, body }).await;
        });
    }
}

/// What a device hears whose certificate has ended.
pub(super) fn expired() -> Farewell {
    let detail =
        "the device's certificate has ended: have it renewed (POST /api/v1/devices/{serial}/rotation)";
    Farewell::new("CERTIFICATE_EXPIRED", detail)
}

/// Over when the cloud stops.
pub(super) async fn stop(stopping: &mut watch::Receiver<bool>) {
    // One that is gone has stopped.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// A job for a device's status, fresh.
pub(super) const FRESH: Work = Work::Status {};
