use std::{net::TcpListener, time::Duration};

use registry::Reach;
use webhooks::{Attempt, AttemptFault, DeliveryState, Figures, Networks, Settings, Webhook};

use super::{Trial, a_moment, by, entropy};
use crate::world::{Behaviour, Receiver};

fn attempts(trial: &Trial, webhook: &Webhook) -> Vec<Attempt> {
    let newest = trial.deliveries(webhook).remove(0);
    trial.with(|webhooks| webhooks.delivery(&newest.id, &Reach::Platform).unwrap().1)
}

fn ping(trial: &Trial, webhook: &Webhook) {
    let seed = webhook
        .id
        .as_str()
        .bytes()
        .fold(trial.now().unix(), |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
    let mut random = entropy(seed + trial.deliveries(webhook).len() as u64);
    let by = by(&trial.world.merchant);
    trial.with(|webhooks| {
        webhooks.ping(&webhook.id, &Reach::Platform, &mut random, &by, trial.now()).unwrap();
    });
}

#[test]
fn what_failed_is_sent_again_after_five_seconds_more_or_less_a_fifth() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, _) = trial.webhook(&receiver.url());
    receiver.first([Behaviour::Status(500)]);
    let dispatcher = trial.start();
    ping(&trial, &webhook);
    trial.until(&webhook, |all| all[0].attempts == 1);
    trial.world.clock.pass(Duration::from_millis(3_990));
    a_moment();
    assert_eq!(receiver.requests().len(), 1);
    trial.world.clock.pass(Duration::from_millis(2_010));
    trial.until(&webhook, |all| all[0].state == DeliveryState::Delivered);
    let told = receiver.requests();
    assert_eq!((told.len(), told[0].id(), &told[0].body), (2, told[1].id(), &told[1].body));
    let log: Vec<_> = attempts(&trial, &webhook).into_iter().map(|one| (one.number, one.result)).collect();
    assert_eq!(log, [(2, Ok(200)), (1, Ok(500))]);
    let figures = Figures { delivered: 1, retried: 1, failed: 0, waiting: Some(0) };
    assert_eq!(dispatcher.figures(), figures);
}

#[test]
fn the_tenth_failure_is_the_last_until_somebody_asks_for_it_again() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, _) = trial.webhook(&receiver.url());
    receiver.always(Behaviour::Status(503));
    let dispatcher = trial.start();
    ping(&trial, &webhook);
    for attempt in 1..=10 {
        let all = trial.until(&webhook, |all| all[0].attempts == attempt);
        let is_over = all[0].state == DeliveryState::Failed;
        assert_eq!(is_over, attempt == 10, "{attempt}");
        trial.world.clock.pass(Duration::from_secs(30 * 3_600));
    }
    a_moment();
    assert_eq!(receiver.requests().len(), 10);
    assert_eq!(dispatcher.figures().failed, 1);
    receiver.always(Behaviour::Status(204));
    let (id, by) = (trial.deliveries(&webhook)[0].id.clone(), by(&trial.world.merchant));
    for attempt in [11, 12] {
        trial.with(|webhooks| webhooks.resend(&id, &Reach::Platform, &by, trial.now()).unwrap());
        let is_sent = |all: &[webhooks::Delivery]| {
            all[0].attempts == attempt && all[0].state == DeliveryState::Delivered
        };
        trial.until(&webhook, is_sent);
    }
    assert!(receiver.requests().iter().all(|request| request.id() == id.as_str()));
}

#[test]
fn of_many_attempts_the_last_twenty_are_kept() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, _) = trial.webhook(&receiver.url());
    let _dispatcher = trial.start();
    ping(&trial, &webhook);
    let by = by(&trial.world.merchant);
    for attempt in 1..=22 {
        let all = trial.until(&webhook, |all| all[0].attempts == attempt);
        trial.with(|webhooks| webhooks.resend(&all[0].id, &Reach::Platform, &by, trial.now()).unwrap());
    }
    trial.until(&webhook, |all| all[0].attempts == 23);
    let kept: Vec<_> = attempts(&trial, &webhook).into_iter().map(|one| one.number).collect();
    assert_eq!(kept, (4..=23).rev().collect::<Vec<_>>());
}

#[test]
fn a_receiver_that_is_gone_is_told_nothing_more() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let (webhook, _) = trial.webhook(&receiver.url());
    receiver.always(Behaviour::Status(410));
    let _dispatcher = trial.start();
    ping(&trial, &webhook);
    let all = trial.until(&webhook, |all| all[0].state == DeliveryState::Failed);
    let shown = trial.with(|webhooks| webhooks.show(&webhook.id, &Reach::Platform).unwrap());
    assert_eq!(shown.stopped, Some(trial.now()));
    trial.world.sell(trial.world.outlets[0]);
    a_moment();
    assert_eq!((receiver.requests().len(), trial.deliveries(&webhook).len()), (1, 1));
    let by = by(&trial.world.merchant);
    let again = trial.with(|webhooks| webhooks.resend(&all[0].id, &Reach::Platform, &by, trial.now()));
    assert_eq!(again.unwrap_err().code(), "WEBHOOK_STOPPED");
}

#[test]
fn whatever_a_receiver_does_ends_in_time_and_is_named() {
    let elsewhere = Receiver::start();
    let redirect = Behaviour::Redirect(elsewhere.url());
    for (behaviour, result) in [
        (Behaviour::Stall, Err(AttemptFault::Timeout)),
        (Behaviour::HangUp, Err(AttemptFault::NotReached)),
        (Behaviour::Noise, Err(AttemptFault::NoHttp)),
        (redirect, Ok(302)),
        (Behaviour::Endless, Ok(200)),
        (Behaviour::SlowBody, Ok(200)),
        (Behaviour::Status(404), Ok(404)),
        (Behaviour::Status(299), Ok(299)),
        (Behaviour::Status(300), Ok(300)),
    ] {
        let (trial, receiver) = (Trial::new(), Receiver::start());
        let (webhook, _) = trial.webhook(&receiver.url());
        receiver.first([behaviour.clone()]);
        let stalls = matches!(behaviour, Behaviour::Stall | Behaviour::Endless | Behaviour::SlowBody);
        // Less than it stalls for.
        let timeout = if stalls { Duration::from_secs(2) } else { Trial::settings().timeout };
        let _dispatcher = trial.dispatcher(&Settings { timeout, ..Trial::settings() }, 7);
        ping(&trial, &webhook);
        let all = trial.until(&webhook, |all| all[0].attempts == 1);
        assert_eq!(attempts(&trial, &webhook)[0].result, result, "{behaviour:?}");
        let is_delivered = matches!(result, Ok(200..=299));
        assert_eq!(all[0].state == DeliveryState::Delivered, is_delivered, "{behaviour:?}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_receiver_that_is_down_hears_it_when_it_is_up_again() {
    let trial = Trial::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (webhook, _) = trial.webhook(&format!("http://{closed}/"));
    let (nowhere, _) = trial.webhook("https://nowhere.invalid/");
    // Where no name server answers, this is what it takes.
    let settings = Settings { timeout: Duration::from_secs(5), ..Trial::settings() };
    let _dispatcher = trial.dispatcher(&settings, 7);
    ping(&trial, &webhook);
    ping(&trial, &nowhere);
    for (webhook, fault) in [(&webhook, AttemptFault::NotReached), (&nowhere, AttemptFault::NoHost)] {
        trial.until(webhook, |all| all[0].attempts == 1);
        let result = attempts(&trial, webhook)[0].result;
        // Where no name server answers, the time is over first.
        let without_network = *webhook == nowhere && result == Err(AttemptFault::Timeout);
        assert!(result == Err(fault) || without_network, "{result:?}");
    }
    let receiver = Receiver::start();
    let change = webhooks::WebhookChange {
        url: Some(receiver.url().parse().unwrap()),
        ..webhooks::WebhookChange::default()
    };
    let by = by(&trial.world.merchant);
    trial.with(|webhooks| webhooks.edit(&webhook.id, &change, &Reach::Platform, &by, trial.now()).unwrap());
    trial.world.clock.pass(Duration::from_secs(7));
    receiver.wait_for(1);
}

#[test]
fn private_networks_are_told_nothing_unless_they_are_allowed() {
    let (trial, receiver) = (Trial::new(), Receiver::start());
    let port = receiver.address.port();
    let hosts = ["http://127.0.0.1", "https://127.0.0.1", "https://localhost", "https://[::1]"];
    // Forms of 127.0.0.1 that only the system's resolver understands.
    let forms = ["https://2130706433", "https://0x7f.1", "https://127.1", "https://0177.0.0.1"];
    let settings = Settings { networks: Networks::PublicOnly, ..Trial::settings() };
    let _dispatcher = trial.dispatcher(&settings, 3);
    for host in hosts.into_iter().chain(forms) {
        let (webhook, _) = trial.webhook(&format!("{host}:{port}/"));
        ping(&trial, &webhook);
        trial.until(&webhook, |all| all[0].attempts == 1);
        let result = attempts(&trial, &webhook)[0].result;
        let is_unknown = result == Err(AttemptFault::NoHost) && forms.contains(&host);
        assert!(result == Err(AttemptFault::NotAllowed) || is_unknown, "{host}: {result:?}");
    }
    assert!(receiver.requests().is_empty());
}
