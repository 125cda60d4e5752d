//! A session: jobs, and the journal's delivery.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::tungstenite::Message;
use tunnel::{FromCloud, FromProxy, Place};

use super::{
    Ended, Link,
    connect::{Socket, Wire, read},
    deliver::{Cursor, deliver},
    handshake::{Greeted, keep},
    job::{Granted, work},
};
use crate::{
    desk::{Activated, Activation, Desk, VoucherAsked},
    device::Here,
};

/// How often the cloud is asked for a sign of life.
const PING: Duration = Duration::from_secs(10);
/// A cloud that gave none for so long is gone.
const DEAD: Duration = Duration::from_secs(30);
/// So long a message may take to leave.
const SEND: Duration = Duration::from_secs(20);
/// So many messages wait to leave.
const OUTBOX: usize = 256;
/// So many questions of tills wait.
const QUESTIONS: usize = 32;
/// So long an activated device may take until its clock is set.
const SETTLE: Duration = Duration::from_secs(30);

/// What a session's parts have in common.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) desk: Arc<Desk>,
    pub(super) out: mpsc::Sender<Message>,
    pub(super) cursor: watch::Sender<Cursor>,
}

impl Session {
    pub(super) async fn say(&self, message: &FromProxy) {
        // A session that ended is heard of by the one who reads.
        drop(self.out.send(Message::text(message.write())).await);
    }
}

/// What is waited for from the cloud.
#[derive(Default)]
struct Waiting {
    times: BTreeMap<u64, oneshot::Sender<Granted>>,
    vouchers: BTreeMap<u64, oneshot::Sender<(u16, Value)>>,
    asked: u64,
}

impl Link {
    pub(super) async fn converse(&self, socket: Socket, greeted: Greeted) -> Ended {
        let Greeted { here, held, activation, .. } = greeted;
        let Some(journal) = here.journal else { return Ended::OtherDevice };
        let cloud = self.url.to_string();
        let held = held.unwrap_or(Place { epoch: 0, position: 0 });
        if let Err(fault) = self.desk.reader.set_held(&cloud, journal, held) {
            return Ended::Broken(fault.to_string());
        }
        self.desk.cloud_holds(held);
        let (sink, mut stream) = socket.0.split();
        let (out, outbox) = mpsc::channel(OUTBOX);
        let cursor = watch::Sender::new(Cursor { held, round: 0 });
        let session = Session { desk: Arc::clone(&self.desk), out, cursor };
        let mut tasks = JoinSet::new();
        tasks.spawn(write(sink, outbox));
        tasks.spawn(deliver(session.clone(), cloud.clone(), journal));
        if let Some(activation) = activation {
            tasks.spawn(settle(session.clone(), activation));
        }
        let (questions, mut asked) = mpsc::channel(QUESTIONS);
        self.desk.cloud_is_there(questions);
        let mut talk = Talk { link: self, session, here, cloud, waiting: Waiting::default(), tasks };
        talk.say_status().await;
        let mut news = self.desk.watch_news();
        let mut beat = interval(PING);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let done = tokio::select! {
                frame = stream.next() => {
                    heard = Instant::now();
                    match read(frame) {
                        Ok(None) => Ok(()),
                        Ok(Some(message)) => talk.hear(message).await,
                        Err(ended) => Err(ended),
                    }
                }
                Some(question) = asked.recv() => talk.ask(question).await,
                changed = news.changed() => match changed {
                    Ok(()) => talk.look_at_news().await,
                    Err(_) => Err(Ended::OtherDevice),
                },
                _ = beat.tick() => {
                    if heard.elapsed() >= DEAD {
                        Err(Ended::Broken("the cloud gives no sign of life".to_owned()))
                    } else {
                        drop(talk.session.out.send(Message::Ping(Vec::new().into())).await);
                        Ok(())
                    }
                }
                Some(ended) = talk.tasks.join_next() => match ended {
                    Ok(Err(ended)) => Err(ended),
                    _ => Ok(()),
                },
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }
}

struct Talk<'l> {
    link: &'l Link,
    session: Session,
    here: Arc<Here>,
    cloud: String,
    waiting: Waiting,
    tasks: JoinSet<Result<(), Ended>>,
}

impl Talk<'_> {
    async fn hear(&mut self, message: FromCloud) -> Result<(), Ended> {
        match message {
            FromCloud::Job { job, work: wanted } => {
                let (tell, granted) = oneshot::channel();
                if matches!(wanted, tunnel::Work::Time {}) {
                    self.waiting.times.insert(job, tell);
                }
                self.tasks.spawn(work(self.session.clone(), job, wanted, granted));
                Ok(())
            }
            FromCloud::TimeGranted { job, timestamp, signature } => {
                if let Some(tell) = self.waiting.times.remove(&job) {
                    drop(tell.send(Granted { timestamp, signature: signature.into_string() }));
                }
                Ok(())
            }
            FromCloud::Held { epoch, position } => {
                let held = Place { epoch, position };
                let Some(journal) = self.here.journal else { return Err(Ended::OtherDevice) };
                let kept = self.link.desk.reader.set_held(&self.cloud, journal, held);
                kept.map_err(|fault| Ended::Broken(fault.to_string()))?;
                self.session.cursor.send_modify(|cursor| cursor.held = held);
                Ok(())
            }
            FromCloud::Certificate { chain_pem } => keep(&self.link.certificate, chain_pem.as_str()),
            FromCloud::Voucher { ask, status, body } => {
                if let Some(tell) = self.waiting.vouchers.remove(&ask) {
                    drop(tell.send((status, body)));
                }
                Ok(())
            }
            FromCloud::Refused { code, detail } => {
                Err(Ended::Refused { code: code.into_string(), detail: detail.into_string() })
            }
            FromCloud::Challenge { .. } | FromCloud::Welcome { .. } | FromCloud::Activation { .. } => {
                Err(Ended::Broken("the cloud greets in the middle of a session".to_owned()))
            }
        }
    }

    async fn ask(&mut self, question: VoucherAsked) -> Result<(), Ended> {
        self.waiting.vouchers.retain(|_, tell| !tell.is_closed());
        self.waiting.asked += 1;
        let ask = self.waiting.asked;
        self.waiting.vouchers.insert(ask, question.tell);
        self.session.say(&FromProxy::Voucher { ask, body: question.body }).await;
        Ok(())
    }

    async fn look_at_news(&mut self) -> Result<(), Ended> {
        let now = self.session.desk.here();
        // A device that is away for a moment keeps its session.
        if now.is_some_and(|now| now.signer != self.here.signer) {
            return Err(Ended::OtherDevice);
        }
        self.say_status().await;
        Ok(())
    }

    async fn say_status(&self) {
        let here = self.session.desk.here();
        let status = here.and_then(|here| serde_json::from_str(&here.json).ok()).unwrap_or(Value::Null);
        self.session.say(&FromProxy::Status { status, proxy: self.session.desk.health() }).await;
    }
}

/// What is said leaves in its order; what waits leaves together.
async fn write(mut sink: SplitSink<Wire, Message>, mut outbox: mpsc::Receiver<Message>) -> Result<(), Ended> {
    let broken = |cause: tokio_tungstenite::tungstenite::Error| Ended::Broken(cause.to_string());
    while let Some(message) = outbox.recv().await {
        let leave = async {
            sink.feed(message).await?;
            while let Ok(message) = outbox.try_recv() {
                sink.feed(message).await?;
            }
            sink.flush().await
        };
        match timeout(SEND, leave).await {
            Ok(left) => left.map_err(broken)?,
            Err(_) => return Err(Ended::Broken("the cloud takes nothing".to_owned())),
        }
    }
    Ok(())
}

/// An activated device is ready when its clock is set and it found itself well.
async fn settle(session: Session, activation: Arc<Activation>) -> Result<(), Ended> {
    let mut news = session.desk.watch_news();
    let is_settled = |here: &Here| here.status.clock == def_protocol::reply::ClockState::Ok;
    let settled =
        timeout(SETTLE, news.wait_for(|news| news.here.as_ref().is_some_and(|here| is_settled(here)))).await;
    let refused =
        |code: &str, detail: &str| Activated::Refused { code: code.to_owned(), detail: detail.to_owned() };
    let failed = session.desk.here().and_then(|here| here.status.self_test.as_ref()?.failed.clone());
    let activated = match (settled, failed) {
        (_, Some(part)) => {
            refused("SELF_TEST_FAILED", &format!("the device's self-test failed ({part}): have it replaced"))
        }
        (Ok(Ok(_)), None) => Activated::Done,
        _ => refused(
            "CLOCK_NOT_SET",
            "the device is the outlet's now, and its clock is not set yet: the cloud sets it when it can be reached",
        ),
    };
    session.desk.end_activation(&activation, activated);
    Ok(())
}
