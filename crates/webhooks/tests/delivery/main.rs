//! A dispatcher and receivers over real connections, with a clock that the test moves.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod corrupt;
mod faults;
mod tls;
mod turns;
#[path = "../world/mod.rs"]
mod world;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use ledger::Database;
use registry::Reach;
use webhooks::{
    Delivery, DeliveryState, Dispatcher, DispatcherParts, Events, Figures, Networks, NewWebhook, Random,
    Settings, Vault, Webhook, WebhookSecret, WebhookUrl, Webhooks,
};
use world::{Receiver, Request, TestClock, World, by, entropy, sqlite};

/// Seals nothing, but notices when something is opened for another webhook.
struct TestVault;

impl Vault for TestVault {
    fn seal(&self, about: &str, secret: &[u8], _: Random<'_>) -> String {
        format!("{about} {}", Base64::encode_string(secret))
    }

    fn open(&self, about: &str, text: &str) -> Option<Vec<u8>> {
        Base64::decode_vec(text.strip_prefix(about)?.trim_start()).ok()
    }
}

/// A merchant, his database, and who tells his receivers.
struct Trial {
    world: World,
    _directory: tempfile::TempDir,
}

impl Trial {
    fn new() -> Self {
        let clock = TestClock::new();
        let (_directory, database) = sqlite(&clock);
        database.connect().map(|mut store| Webhooks::prepare(&mut *store).unwrap()).unwrap();
        Self { world: World::new(database, clock, 1), _directory }
    }

    fn settings() -> Settings {
        Settings {
            workers: NonZeroUsize::new(4).unwrap(),
            poll: Duration::from_millis(10),
            // A busy machine answers late; whoever stalls on purpose is waited for less by his test.
            timeout: Duration::from_secs(30),
            networks: Networks::PrivateToo,
            roots: Vec::new(),
        }
    }

    fn dispatcher(&self, settings: &Settings, seed: u64) -> Dispatcher {
        let World { merchant, outlets, .. } = &self.world;
        let (merchant, outlets) = (merchant.clone(), outlets.clone());
        let parts = DispatcherParts {
            ledger: self.world.ledger.clone(),
            outlets: Arc::new(move |_, of| Ok(if *of == merchant { outlets.clone() } else { Vec::new() })),
            vault: Arc::new(TestVault),
            clock: self.world.clock.since_epoch(),
            entropy: Box::new(entropy(seed)),
        };
        Dispatcher::start(parts, settings).unwrap()
    }

    fn start(&self) -> Dispatcher {
        self.dispatcher(&Self::settings(), 7)
    }

    fn webhook(&self, url: &str) -> (Webhook, WebhookSecret) {
        let World { merchant, outlets, .. } = &self.world;
        let order = NewWebhook {
            merchant: merchant.clone(),
            outlet: None,
            url: WebhookUrl::read(url, Networks::PrivateToo).unwrap(),
            events: Events::ALL,
        };
        let seed = url.bytes().fold(0, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
        let mut random = entropy(seed);
        self.with(|webhooks| {
            webhooks
                .create(&order, outlets, &Reach::Platform, &TestVault, &mut random, &by(merchant), self.now())
                .unwrap()
        })
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Webhooks<'_>) -> T) -> T {
        self.world.ledger.ask(|store| Ok(ask(&mut Webhooks::over(store)))).unwrap()
    }

    fn now(&self) -> fiscal::Timestamp {
        ledger::Clock::now(&self.world.clock)
    }

    fn deliveries(&self, webhook: &Webhook) -> Vec<Delivery> {
        self.with(|webhooks| webhooks.deliveries(&webhook.id, None, None, 500, &Reach::Platform).unwrap())
    }

    /// Waits until the newest deliveries of a webhook are as it is asked, no longer than two minutes.
    fn until(&self, webhook: &Webhook, is_so: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        for _ in 0..12_000 {
            let all = self.deliveries(webhook);
            if is_so(&all) {
                return all;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not come to that: {:?}", self.deliveries(webhook));
    }

    fn database(&self) -> &Arc<dyn Database> {
        &self.world.database
    }
}

/// Long enough that something would have been sent if it were due.
fn a_moment() {
    std::thread::sleep(Duration::from_millis(150));
}

/// Whether a receiver who has the secret as it was shown takes a request for ours, by one of its signatures.
fn is_signed(request: &Request, shown: &str) -> bool {
    let secret = Base64::decode_vec(shown.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signed = format!("{}.{}.{}", request.id(), request.headers["webhook-timestamp"], request.body);
    request.headers["webhook-signature"].split(' ').any(|signature| {
        let tag = Base64::decode_vec(signature.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
    })
}

#[test]
fn a_sealed_invoice_reaches_its_receiver_signed_and_says_what_the_seal_says() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let outlet = trial.world.outlets[0];
    trial.world.sell(outlet);
    let (webhook, secret) = trial.webhook(&receiver.url());
    let dispatcher = trial.start();
    let sealing = trial.world.sell(outlet);
    dispatcher.wake();
    let request = receiver.wait_for(1).remove(0);
    let shown = secret.reveal();
    assert!(is_signed(&request, &shown));
    assert!(!is_signed(&Request { body: request.body.replace("19500", "19501"), ..request.clone() }, &shown));
    assert_eq!(request.line, "POST /hook?token=t HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["webhook-timestamp"], trial.now().unix().to_string());
    let record = sealing.sealed.record();
    let facts = record.header.invoice().unwrap();
    let body = format!(
        r#"{{"id":"{}","type":"invoice.sealed","created":"2026-03-14T08:00:00Z","data":{{"outlet_id":"O-1-A","fiscal_number":"A0000001-0-00000002","invoice_seq":2,"epoch":0,"position":{},"device_id":"STELALA-01","timestamp":"2026-03-14T08:00:00","invoice_type":"sale","total":"19500.00","total_vat":"0.00","currency":"CDF","auth_code":"{}","record_hash":"{}"}}}}"#,
        request.id(),
        record.link.position.value(),
        record.signature.auth_code(),
        record.hash(),
    );
    assert_eq!((request.body.as_str(), facts.number.value()), (body.as_str(), 2));
    let all = trial.until(&webhook, |all| all[0].state == DeliveryState::Delivered);
    assert_eq!((all.len(), all[0].id.as_str()), (1, request.id()));
    dispatcher.stop();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(dispatcher.figures(), Figures { delivered: 1, retried: 0, failed: 0, waiting: Some(0) });
}

#[test]
fn days_that_are_closed_and_epochs_that_begin_are_told_in_their_order() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    trial.webhook(&receiver.url());
    let _dispatcher = trial.start();
    let outlet = trial.world.outlets[1];
    trial.world.sell(outlet);
    trial.world.close(outlet);
    receiver.wait_for(2);
    trial.world.open_epoch(outlet);
    trial.world.sell(outlet);
    let told = receiver.wait_for(4);
    let types = ["invoice.sealed", "report.closed", "epoch.opened", "invoice.sealed"];
    for (request, kind) in told.iter().zip(types) {
        assert!(request.body.contains(&format!(r#""type":"{kind}""#)), "{}", request.body);
        assert!(request.body.contains(r#""outlet_id":"O-1-B""#), "{}", request.body);
    }
    assert!(told[1].body.contains(r#""period":"2026-03-14""#), "{}", told[1].body);
    assert!(told[2].body.contains(r#""epoch":1,"position":1,"#), "{}", told[2].body);
}

#[test]
fn a_ping_says_nothing_but_that_it_is_one() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, secret) = trial.webhook(&receiver.url());
    let _dispatcher = trial.start();
    let by = by(&trial.world.merchant);
    let ping = trial.with(|webhooks| {
        webhooks.ping(&webhook.id, &Reach::Platform, &mut entropy(5), &by, trial.now()).unwrap()
    });
    let request = receiver.wait_for(1).remove(0);
    assert!(is_signed(&request, &secret.reveal()));
    let body = format!(
        r#"{{"id":"{}","type":"webhook.ping","created":"2026-03-14T08:00:00Z","data":{{}}}}"#,
        ping.id
    );
    assert_eq!(request.body, body);
}

#[test]
fn after_a_rotation_both_secrets_sign_for_a_day() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, old) = trial.webhook(&receiver.url());
    let by = by(&trial.world.merchant);
    let mut random = entropy(9);
    let new = trial.with(|webhooks| {
        webhooks.rotate(&webhook.id, &Reach::Platform, &TestVault, &mut random, &by, trial.now()).unwrap()
    });
    let _dispatcher = trial.start();
    let mut ping = || {
        trial.with(|webhooks| {
            webhooks.ping(&webhook.id, &Reach::Platform, &mut random, &by, trial.now()).unwrap()
        });
    };
    let day = Duration::from_secs(86_400);
    for (passes, count, both) in [
        (Duration::ZERO, 1, true),
        (day - Duration::from_secs(1), 2, true),
        (Duration::from_secs(1), 3, false),
    ] {
        trial.world.clock.pass(passes);
        ping();
        let request = receiver.wait_for(count).remove(count - 1);
        assert!(is_signed(&request, &new.reveal()), "{count}");
        assert_eq!(is_signed(&request, &old.reveal()), both, "{count}");
        let signatures = request.headers["webhook-signature"].split(' ').count();
        assert_eq!(signatures, if both { 2 } else { 1 }, "{count}");
    }
}
