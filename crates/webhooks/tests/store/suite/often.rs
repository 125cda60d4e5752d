use std::time::Duration;

use registry::Reach;
use webhooks::{NewWebhook, Webhook, WebhookFault, WebhookId};

use super::Trial;
use crate::world::{by, entropy};

pub(crate) fn a_hundred_webhooks_are_made_for_a_merchant_in_a_day_and_no_more(trial: &Trial) {
    assert_eq!((Webhook::MOST, Webhook::MADE_IN_A_DAY), (16, 100));
    let (own, by) = (trial.own(), by(&trial.world.merchant));
    let make = |seed| {
        let (made, _) = trial.create(&trial.order(None), &own, seed)?;
        trial.with(|webhooks| webhooks.stop(&made.id, &own, &by, trial.now()))
    };
    make(0).unwrap();
    trial.world.clock.pass(Duration::from_secs(3_600));
    for seed in 1..100 {
        make(seed).unwrap();
    }
    let acts = trial.acts().len();
    let waits = |seed| match make(seed) {
        Err(WebhookFault::MadeOften(wait)) => wait.as_secs(),
        made => panic!("{made:?}"),
    };
    assert_eq!(waits(100), 23 * 3_600);
    assert_eq!(trial.acts().len(), acts);
    // Another merchant is not in the way.
    let another = NewWebhook { merchant: trial.other(), ..trial.order(None) };
    trial.create(&another, &Reach::Platform, 101).unwrap();
    trial.world.clock.pass(Duration::from_secs(23 * 3_600 - 1));
    assert_eq!(waits(102), 1);
    trial.world.clock.pass(Duration::from_secs(1));
    make(103).unwrap();
    assert_eq!(waits(104), 3_600);
}

pub(crate) fn a_webhook_is_pinged_sixty_times_in_an_hour_and_no_more(trial: &Trial) {
    assert_eq!(Webhook::PINGS_IN_AN_HOUR, 60);
    let (own, by) = (trial.own(), by(&trial.world.merchant));
    let [one, other] = [1, 2].map(|seed| trial.create(&trial.order(None), &own, seed).unwrap().0.id);
    let mut random = entropy(trial.number + 31);
    let mut ping = |id: &WebhookId| {
        trial.with(|webhooks| webhooks.ping(id, &own, &mut random, &by, trial.now())).map(|_| ())
    };
    for _ in 0..60 {
        ping(&one).unwrap();
        trial.world.clock.pass(Duration::from_secs(10));
    }
    let acts = trial.acts().len();
    let mut waits = |id: &WebhookId| match ping(id) {
        Err(WebhookFault::PingedOften(wait)) => Some(wait.as_secs()),
        Ok(()) => None,
        Err(fault) => panic!("{fault}"),
    };
    assert_eq!((waits(&one), trial.acts().len()), (Some(3_000), acts));
    assert_eq!(waits(&other), None);
    trial.world.clock.pass(Duration::from_secs(2_999));
    assert_eq!(waits(&one), Some(1));
    trial.world.clock.pass(Duration::from_secs(1));
    assert_eq!((waits(&one), waits(&one)), (None, Some(10)));
}

pub(crate) fn webhooks_come_in_pages_in_the_order_of_their_ids(trial: &Trial) {
    let (own, here) = (trial.own(), trial.world.outlets[0]);
    let mut all: Vec<_> = (0..7)
        .map(|seed| trial.create(&trial.order((seed < 3).then_some(here)), &own, seed).unwrap().0)
        .collect();
    all.sort_by(|one, next| one.id.cmp(&next.id));
    let another = NewWebhook { merchant: trial.other(), ..trial.order(None) };
    let (another, _) = trial.create(&another, &Reach::Platform, 50).unwrap();
    let read = |reach: &Reach, most| {
        let mut read: Vec<Webhook> = Vec::new();
        loop {
            let after = read.last().map(|last| last.id.clone());
            let page = trial.with(|webhooks| webhooks.list(reach, after.as_ref(), most).unwrap());
            assert!(page.len() <= most && page.iter().all(|one| Some(&one.id) > after.as_ref()), "{page:?}");
            if page.is_empty() {
                return read;
            }
            read.extend(page);
        }
    };
    for most in [1, 3, 7, 8] {
        assert_eq!(read(&own, most), all, "{most}");
    }
    all.push(another);
    all.sort_by(|one, next| one.id.cmp(&next.id));
    // Those of other trials are in the same database.
    let seen = read(&Reach::Platform, 4);
    assert!(seen.is_sorted_by(|one, next| one.id < next.id), "{seen:?}");
    let ours: Vec<_> = seen.into_iter().filter(|one| all.contains(one)).collect();
    assert_eq!(ours, all);
    all.retain(|one| one.outlet == Some(here));
    assert_eq!((read(&Reach::Outlet(trial.world.merchant.clone(), here), 2), all.len()), (all.clone(), 3));
}
