use std::{collections::BTreeSet, num::NonZeroUsize, sync::Arc, time::Duration};

use registry::Reach;
use webhooks::{
    About, AlertCause, Delivery, DeliveryState, DeviceNews, Dispatcher, DispatcherParts, EventKind, Events,
    Networks, NewWebhook, News, Settings, SubmissionNews, Webhook, WebhookFault,
};

use super::{TestVault, Trial};
use crate::world::{Behaviour, Receiver, by, entropy};

fn dispatcher(trial: &Trial, seed: u64) -> Dispatcher {
    let (merchant, outlets) = (trial.world.merchant.clone(), trial.world.outlets.clone());
    let parts = DispatcherParts {
        ledger: trial.world.ledger.clone(),
        outlets: Arc::new(move |_, of| Ok(if *of == merchant { outlets.clone() } else { Vec::new() })),
        vault: Arc::new(TestVault),
        clock: trial.world.clock.since_epoch(),
        entropy: Box::new(entropy(trial.number + seed)),
    };
    let settings = Settings {
        workers: NonZeroUsize::new(2).unwrap(),
        poll: Duration::from_millis(10),
        timeout: Duration::from_secs(30),
        networks: Networks::PrivateToo,
        roots: Vec::new(),
    };
    Dispatcher::start(parts, &settings).unwrap()
}

fn until(trial: &Trial, webhook: &Webhook, is_so: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
    for _ in 0..12_000 {
        let all =
            trial.with(|webhooks| webhooks.deliveries(&webhook.id, None, None, 500, &trial.own()).unwrap());
        if is_so(&all) {
            return all;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come to that");
}

fn order(trial: &Trial, receiver: &Receiver) -> NewWebhook {
    NewWebhook { url: receiver.url().parse().unwrap(), ..trial.order(None) }
}

pub(crate) fn two_dispatchers_tell_each_record_once(trial: &Trial) {
    let receiver = Receiver::start();
    let (webhook, _) = trial.create(&order(trial, &receiver), &trial.own(), 1).unwrap();
    let _dispatchers = [dispatcher(trial, 11), dispatcher(trial, 12)];
    let hashes: Vec<_> = (0..40)
        .map(|index| trial.world.sell(trial.world.outlets[index % 2]).sealed.record().hash().to_string())
        .collect();
    receiver.wait_for(40);
    let is_told = |all: &[Delivery]| {
        all.len() == 40 && all.iter().all(|one| one.state == DeliveryState::Delivered && one.attempts == 1)
    };
    until(trial, &webhook, is_told);
    let requests = receiver.requests();
    let ids: BTreeSet<_> = requests.iter().map(|request| request.id().to_owned()).collect();
    assert_eq!((requests.len(), ids.len()), (40, 40));
    for hash in hashes {
        assert_eq!(requests.iter().filter(|request| request.body.contains(&hash)).count(), 1, "{hash}");
    }
}

pub(crate) fn a_webhook_is_told_of_its_own_outlet_and_events_from_its_beginning(trial: &Trial) {
    let receiver = Receiver::start();
    let [here, there] = [trial.world.outlets[0], trial.world.outlets[1]];
    trial.world.sell(here);
    let events = Events::of([EventKind::InvoiceSealed]).unwrap();
    let order = NewWebhook { outlet: Some(here), events, ..order(trial, &receiver) };
    let (webhook, _) = trial.create(&order, &trial.own(), 1).unwrap();
    trial.world.sell(there);
    let told = trial.world.sell(here).sealed.record().hash().to_string();
    trial.world.close(here);
    let _dispatcher = dispatcher(trial, 13);
    receiver.wait_for(1);
    let last = trial.world.sell(here).sealed.record().hash().to_string();
    let requests = receiver.wait_for(2);
    until(trial, &webhook, |all| all.len() == 2);
    assert!(requests[0].body.contains(&told) && requests[1].body.contains(&last), "{requests:?}");
}

pub(crate) fn what_is_old_is_forgotten_and_what_waits_is_not(trial: &Trial) {
    let receiver = Receiver::start();
    let (by, own) = (by(&trial.world.merchant), trial.own());
    let (webhook, _) = trial.create(&order(trial, &receiver), &own, 1).unwrap();
    let mut random = entropy(trial.number + 9);
    receiver.first([Behaviour::Status(200), Behaviour::Status(200)]);
    receiver.always(Behaviour::Status(500));
    let mut ping = || {
        trial.with(|webhooks| webhooks.ping(&webhook.id, &own, &mut random, &by, trial.now()).unwrap());
    };
    ping();
    let running = dispatcher(trial, 14);
    until(trial, &webhook, |all| all[0].state == DeliveryState::Delivered);
    running.stop();
    trial.world.clock.pass(Duration::from_secs(86_400));
    ping();
    let running = dispatcher(trial, 15);
    until(trial, &webhook, |all| all[0].state == DeliveryState::Delivered);
    ping();
    until(trial, &webhook, |all| all[0].attempts == 1);
    running.stop();
    // The first is older than 30 days, the second not.
    trial.world.clock.pass(Duration::from_secs(29 * 86_400 + 1));
    let _running = dispatcher(trial, 16);
    let all = until(trial, &webhook, |all| all.len() == 2);
    assert_eq!(all.iter().filter(|one| one.state == DeliveryState::Delivered).count(), 1);
    trial.world.clock.pass(Duration::from_secs(3 * 86_400));
    // What was forgotten may be so before the other was sent again.
    let all = until(trial, &webhook, |all| all.len() == 1 && all[0].attempts > 1);
    assert_eq!(all[0].state, DeliveryState::Waiting);
    let (id, gone) =
        (&all[0].id, trial.with(|webhooks| webhooks.stop(&webhook.id, &Reach::Platform, &by, trial.now())));
    assert!(gone.is_ok() && trial.with(|webhooks| webhooks.delivery(id, &own)).is_ok());
    trial.world.clock.pass(Duration::from_secs(31 * 86_400));
    for _ in 0..12_000 {
        let shown = trial.with(|webhooks| webhooks.show(&webhook.id, &own));
        if matches!(shown, Err(WebhookFault::NotFound(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("a webhook that was stopped 31 days ago is still there");
}

fn announce(trial: &Trial, news: &News, occasion: u8) -> usize {
    let (merchant, now) = (trial.world.merchant.clone(), trial.now());
    trial.with(|webhooks| webhooks.announce(news, &merchant, &[occasion; 16], now).unwrap())
}

pub(crate) fn what_no_record_says_is_told_once_to_whom_it_concerns(trial: &Trial) {
    let [here, there] = [trial.world.outlets[0], trial.world.outlets[1]];
    let (all, _) = trial.create(&trial.order(None), &trial.own(), 1).unwrap();
    let (local, _) = trial.create(&trial.order(Some(here)), &trial.own(), 2).unwrap();
    let cause: AlertCause = "token_expires".parse().unwrap();
    let of_all = News::Alert(cause.clone(), None);
    assert_eq!((announce(trial, &of_all, 1), announce(trial, &of_all, 1)), (1, 0));
    let of_here = News::Alert(cause.clone(), Some(here));
    assert_eq!(announce(trial, &of_here, 2), 2);
    let device = "DEF-1".parse().unwrap();
    assert_eq!(announce(trial, &News::Device(DeviceNews::Offline, there, device), 3), 1);
    let told = |webhook: &Webhook| {
        let found = trial.with(|webhooks| webhooks.deliveries(&webhook.id, None, None, 9, &trial.own()));
        found.unwrap().into_iter().map(|one| (one.event, one.about.unwrap())).collect::<Vec<_>>()
    };
    let alert = |outlet| (EventKind::AuthorityAlert, About::Alert(outlet, cause.clone()));
    assert_eq!(told(&local), [alert(Some(here))]);
    let offline = (EventKind::DeviceOffline, About::Device(there, device));
    assert_eq!(told(&all), [offline, alert(Some(here)), alert(None)]);
    for wrong in ["", "Token", "token-expires", &"x".repeat(41)] {
        assert!(wrong.parse::<AlertCause>().is_err(), "{wrong}");
    }
}

pub(crate) fn what_becomes_of_an_invoice_at_the_authority_is_told_by_its_number_without_who_bought(
    trial: &Trial,
) {
    let receiver = Receiver::start();
    let outlet = trial.world.outlets[0];
    let events = Events::of([EventKind::AuthorityFailed, EventKind::AuthorityAlert]).unwrap();
    trial.create(&NewWebhook { events, ..order(trial, &receiver) }, &trial.own(), 1).unwrap();
    let sealed = trial.world.sell(outlet).sealed;
    let header = sealed.record().header;
    let chain = ledger::ChainId { outlet, epoch: header.epoch, signer: header.device };
    let place = ledger::Place { chain, position: sealed.record().link.position };
    assert_eq!(
        announce(trial, &News::Submission(SubmissionNews::Ambiguous, place), 1),
        0,
        "nobody asks for it"
    );
    assert_eq!(announce(trial, &News::Submission(SubmissionNews::Failed, place), 2), 1);
    assert_eq!(announce(trial, &News::Alert("no_machine".parse().unwrap(), Some(outlet)), 3), 1);
    let _dispatcher = dispatcher(trial, 17);
    let requests = receiver.wait_for(2);
    let hash = sealed.record().hash().to_string();
    assert!(requests[0].body.contains("\"type\":\"authority.failed\"") && requests[0].body.contains(&hash));
    assert!(requests[0].body.contains("\"fiscal_number\"") && !requests[0].body.contains("client"));
    let about = format!("{{\"outlet_id\":\"{outlet}\",\"cause\":\"no_machine\"}}");
    assert!(requests[1].body.contains(&about), "{:?}", requests[1]);
}

pub(crate) fn the_authoritys_elements_are_told_when_the_ledger_has_them(trial: &Trial) {
    let receiver = Receiver::start();
    let outlet = trial.world.outlets[0];
    let events = Events::of([EventKind::AuthoritySynced]).unwrap();
    trial.create(&NewWebhook { events, ..order(trial, &receiver) }, &trial.own(), 1).unwrap();
    let sealed = trial.world.sell(outlet).sealed;
    let header = sealed.record().header;
    let chain = ledger::ChainId { outlet, epoch: header.epoch, signer: header.device };
    let note = ledger::AuthorityNote {
        invoice: ledger::Place { chain, position: sealed.record().link.position },
        record_hash: sealed.record().hash(),
        elements: ledger::AuthorityElements {
            nim: "CD01002345-1".parse().unwrap(),
            uid: None,
            code: "TESTFEW73TJMEJCGFOCXPDOX".parse().unwrap(),
            date_time: None,
            qr: None,
            counters: None,
            total: None,
            vtotal: None,
            source: ledger::AuthoritySource::Api,
            host: "edef.example.cd".parse().unwrap(),
            is_test: true,
        },
    };
    trial.world.ledger.note_authority(outlet, note, None).unwrap();
    let _dispatcher = dispatcher(trial, 18);
    let told = receiver.wait_for(1).remove(0).body;
    let number = sealed.record().header.invoice().unwrap().number.value();
    for said in [
        "\"type\":\"authority.synced\"",
        &format!("-{}-{number:08}\"", header.epoch),
        "\"code\":\"TESTFEW73TJMEJCGFOCXPDOX\"",
        "\"nim\":\"CD01002345-1\"",
        "\"source\":\"api\",\"test\":true",
    ] {
        assert!(told.contains(said), "{said} is not in {told}");
    }
}
