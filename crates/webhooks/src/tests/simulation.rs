use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use fiscal::Timestamp;
use ledger::{By, Row};
use registry::Reach;

use super::{
    faulty::{Crash, Process},
    world::{TestClock, World, by, entropy, sqlite},
};
use crate::{
    AttemptFault, DeliveryId, DeliveryState, Entropy, EventKind, Events, NewWebhook, Random, Vault, Webhook,
    Webhooks,
    engine::{Ask, Counters, Engine},
    follow::Following,
    message::Message,
    send::Sender,
    store::with_work,
};

struct OpenVault;

impl Vault for OpenVault {
    fn seal(&self, _: &str, _: &[u8], _: Random<'_>) -> String {
        "sealed".to_owned()
    }

    fn open(&self, _: &str, _: &str) -> Option<Vec<u8>> {
        Some(vec![7; 32])
    }
}

/// Which deliveries arrived at a URL, in their order.
type Arrived = Arc<Mutex<Vec<(String, DeliveryId, String)>>>;

/// A receiver that is down at one request in so many.
struct Flaky {
    arrived: Arrived,
    random: Mutex<Entropy>,
    is_up: Arc<std::sync::atomic::AtomicBool>,
}

impl Sender for Flaky {
    fn send(&self, message: &Message, _: Timestamp) -> Result<u16, AttemptFault> {
        let mut byte = [0];
        (self.random.lock().unwrap())(&mut byte);
        let is_up = self.is_up.load(std::sync::atomic::Ordering::SeqCst);
        if byte[0] < 50 && !is_up {
            return if byte[0] < 25 { Err(AttemptFault::Timeout) } else { Ok(500) };
        }
        let arrived = (message.url.to_string(), message.id.clone(), message.body.clone());
        self.arrived.lock().unwrap().push(arrived);
        // That it arrived is not always heard.
        if byte[0] > 240 && !is_up { Err(AttemptFault::NotReached) } else { Ok(200) }
    }
}

/// What happened over all rounds.
#[derive(Debug, Default)]
struct Census {
    rounds: u64,
    ended: u64,
    records: u64,
    sent_twice: u64,
}

pub(super) struct Trial {
    pub(super) world: World,
    arrived: Arrived,
    is_up: Arc<std::sync::atomic::AtomicBool>,
    pub(super) webhooks: Vec<Webhook>,
    random: Entropy,
    engines: u64,
    _directory: tempfile::TempDir,
}

impl Trial {
    pub(super) fn new(seed: u64) -> Self {
        let clock = TestClock::new();
        let (_directory, database) = sqlite(&clock);
        let world = World::new(database, clock, 1);
        let mut random = Box::new(entropy(seed));
        // Before there is a webhook.
        world.sell(world.outlets[0]);
        let webhooks = world
            .ledger
            .ask(|store| {
                Webhooks::prepare(store).unwrap();
                let events = ["invoice.sealed", "invoice.sealed report.closed epoch.opened"];
                let make = |(index, outlet): (usize, Option<fiscal::OutletId>)| {
                    let order = NewWebhook {
                        merchant: world.merchant.clone(),
                        outlet,
                        url: format!("https://example.cd/{index}").parse().unwrap(),
                        events: events[index % 2].parse::<Events>().unwrap(),
                    };
                    let by = by(&world.merchant);
                    let now = ledger::Clock::now(&world.clock);
                    Webhooks::over(store)
                        .create(&order, &world.outlets, &Reach::Platform, &OpenVault, &mut *random, &by, now)
                        .unwrap()
                        .0
                };
                Ok([None, None, Some(world.outlets[1])].into_iter().enumerate().map(make).collect())
            })
            .unwrap();
        let (arrived, is_up) = (Arrived::default(), Arc::default());
        Self { world, arrived, is_up, webhooks, random, engines: 0, _directory }
    }

    fn chance(&mut self, of: u32) -> u32 {
        let mut bytes = [0; 4];
        (self.random)(&mut bytes);
        u32::from_be_bytes(bytes) % of
    }

    /// A process that begins now.
    pub(super) fn engine(&mut self) -> Engine {
        self.engines += 1;
        let (seed, outlets) = (u64::from(self.chance(u32::MAX)), self.world.outlets.clone());
        Engine {
            outlets: Arc::new(move |_, _| Ok(outlets.clone())),
            vault: Arc::new(OpenVault),
            sender: Box::new(Flaky {
                arrived: Arc::clone(&self.arrived),
                random: Mutex::new(Box::new(entropy(seed))),
                is_up: Arc::clone(&self.is_up),
            }),
            clock: self.world.clock.since_epoch(),
            entropy: Mutex::new(Box::new(entropy(seed + 1))),
            timeout: Duration::from_secs(10),
            holder: format!("process {}", self.engines),
            by: By {
                actor: "webhooks".parse().unwrap(),
                tenant: None,
                request: "simulation".parse().unwrap(),
            },
            counters: Counters { delivered: AtomicU64::new(0), ..Counters::default() },
        }
    }

    fn business(&mut self) {
        for _ in 0..self.chance(6) {
            let index = self.chance(2) as usize;
            let outlet = self.world.outlets[index];
            match self.chance(20) {
                0 => self.world.open_epoch(outlet),
                1 | 2 => self.world.close(outlet),
                _ => drop(self.world.sell(outlet)),
            }
        }
        let passes = Duration::from_millis(self.chance(40_000).into());
        self.world.clock.pass(passes);
    }

    /// A process runs some steps, and ends after or within one of them; says whether within.
    fn process(&mut self) -> bool {
        let count = self.chance(60);
        let crash = match self.chance(5) {
            0 | 1 => Crash::Before(count),
            2 | 3 => Crash::After(count),
            _ => Crash::Never,
        };
        let process = Process::new(self.world.database.connect().unwrap(), crash);
        let (engine, other) = (self.engine(), self.engine());
        let (mut following, mut stale) = (Following::default(), Following::default());
        for _ in 0..=self.chance(3) {
            self.step(&engine, &process, &mut following);
            if self.chance(3) == 0 {
                // Another process, whose cursors are of before.
                let sound = Process::new(self.world.database.connect().unwrap(), Crash::Never);
                self.step(&other, &sound, &mut stale);
            }
            if process.is_over() {
                return true;
            }
            self.business();
        }
        false
    }

    fn step(&self, engine: &Engine, process: &Process, following: &mut Following) {
        // What a step says is not asked: it may have ended within.
        let _ = process.ask(|store| engine.follow(store, following));
        let found = process.ask(|store| with_work(store, (engine.clock)(), 9)).unwrap_or_default();
        for webhook in found {
            let _ = engine.serve(process, &webhook, &|| false);
        }
    }

    /// Without faults, until nothing waits.
    fn finish(&mut self) {
        self.is_up.store(true, std::sync::atomic::Ordering::SeqCst);
        let engine = self.engine();
        let process = Process::new(self.world.database.connect().unwrap(), Crash::Never);
        let mut following = Following::default();
        for _ in 0..12 {
            self.world.clock.pass(Duration::from_secs(30 * 3_600));
            self.step(&engine, &process, &mut following);
        }
    }

    /// The records of which a webhook has to be told.
    fn expected(&self, webhook: &Webhook) -> Vec<Row> {
        let mut expected = Vec::new();
        for outlet in &self.world.outlets {
            if webhook.outlet.is_some_and(|only| only != *outlet) {
                continue;
            }
            let rows = self.world.ledger.ask(|store| {
                let mut rows = Vec::new();
                for (chain, _) in store.chains(*outlet)? {
                    rows.extend(store.records(chain, None, 10_000)?);
                }
                Ok(rows)
            });
            // The first outlet's beginning and its first sale were there before.
            let before = if *outlet == self.world.outlets[0] { 2 } else { 0 };
            expected.extend(rows.unwrap().into_iter().skip(before).filter(|row| {
                let kind = EventKind::of(&row.read().unwrap().header.subject);
                kind.is_some_and(|kind| webhook.events.has(kind))
            }));
        }
        expected
    }

    fn check(&self, census: &mut Census, seed: u64) {
        let arrived = self.arrived.lock().unwrap();
        for webhook in &self.webhooks {
            let (mut all, mut before) = (Vec::new(), None);
            loop {
                let page = self.world.ledger.ask(|store| {
                    let page = Webhooks::over(store).deliveries(
                        &webhook.id,
                        None,
                        before.as_ref(),
                        500,
                        &Reach::Platform,
                    );
                    Ok(page.unwrap())
                });
                let page = page.unwrap();
                let Some(last) = page.last() else { break };
                before = Some(last.id.clone());
                all.extend(page);
            }
            let written: BTreeSet<_> = all.iter().map(|one| one.place.unwrap()).collect();
            let expected: BTreeSet<_> = self.expected(webhook).iter().map(|row| row.place).collect();
            assert_eq!((all.len(), &written), (expected.len(), &expected), "seed {seed}");
            let mut heard = BTreeMap::new();
            for (_, id, body) in arrived.iter().filter(|(url, ..)| url == webhook.url.as_str()) {
                heard.entry(id.clone()).or_insert_with(Vec::<String>::new).push(body.clone());
            }
            for one in &all {
                assert_eq!(one.state, DeliveryState::Delivered, "seed {seed}: {one:?}");
                let bodies = heard.remove(&one.id).unwrap_or_default();
                assert!(!bodies.is_empty(), "seed {seed}: {one:?} never arrived");
                assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}");
                census.sent_twice += u64::from(bodies.len() > 1);
            }
            assert!(heard.is_empty(), "seed {seed}: {heard:?} is of no record");
            census.records += all.len() as u64;
        }
    }
}

#[test]
fn processes_that_end_at_any_moment_lose_and_double_no_delivery() {
    let mut census = Census::default();
    for seed in 0..25 {
        let mut trial = Trial::new(seed);
        for _ in 0..14 {
            trial.business();
            census.ended += u64::from(trial.process());
            census.rounds += 1;
        }
        trial.finish();
        trial.check(&mut census, seed);
        trial.world.ledger.stop();
    }
    let Census { rounds, ended, records, sent_twice } = census;
    assert!(rounds >= 300 && ended > 100 && records > 3_000 && sent_twice > 50, "{census:?}");
}
