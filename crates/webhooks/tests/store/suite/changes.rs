use registry::Reach;
use webhooks::{DeliveryId, DeliveryState, EventKind, Events, WebhookChange, WebhookFault, WebhookId};

use super::{TestVault, Trial};
use crate::world::{by, entropy};

pub(crate) fn a_webhook_is_shown_as_it_was_made_and_its_secret_is_not(trial: &Trial) {
    let (webhook, secret) = trial.create(&trial.order(None), &trial.own(), 1).unwrap();
    let shown = trial.with(|webhooks| webhooks.show(&webhook.id, &trial.own()).unwrap());
    let listed = trial.with(|webhooks| webhooks.list(&trial.own(), None, 9).unwrap());
    assert_eq!((&shown, &listed[..]), (&webhook, &[webhook.clone()][..]));
    assert_eq!(shown.url.as_str(), "https://example.cd/hook");
    assert_eq!((shown.created, shown.stopped), (trial.now(), None));
    let revealed = secret.reveal();
    assert_eq!(revealed.len(), "whsec_".len() + 44);
    let said = format!("{secret:?} {shown:?} {:?}", trial.acts());
    assert!(!said.contains(&revealed[6..20]), "{said}");
}

pub(crate) fn each_change_leaves_one_act(trial: &Trial) {
    let (own, by, now) = (trial.own(), by(&trial.world.merchant), trial.now());
    let (webhook, first) = trial.create(&trial.order(None), &own, 1).unwrap();
    let id = &webhook.id;
    let change = WebhookChange { events: Some(Events::of([EventKind::ReportClosed]).unwrap()), url: None };
    let changed = trial.with(|webhooks| webhooks.edit(id, &change, &own, &by, now).unwrap());
    assert_eq!(changed.events.to_string(), "report.closed");
    let mut random = entropy(trial.number + 77);
    let second = trial.with(|webhooks| webhooks.rotate(id, &own, &TestVault, &mut random, &by, now).unwrap());
    assert_ne!(first.reveal(), second.reveal());
    let ping = trial.with(|webhooks| webhooks.ping(id, &own, &mut random, &by, now).unwrap());
    let again = trial.with(|webhooks| webhooks.resend(&ping.id, &own, &by, now).unwrap());
    assert_eq!((&again.id, again.state), (&ping.id, DeliveryState::Waiting));
    let stopped = trial.with(|webhooks| webhooks.stop(id, &own, &by, now).unwrap());
    assert_eq!(stopped.stopped, Some(now));
    let acts = trial.acts();
    let said: Vec<_> = acts.iter().rev().map(|act| (act.action.as_str(), act.subject.as_str())).collect();
    let (id, ping) = (id.as_str(), ping.id.as_str());
    let expected = [
        ("webhook.create", id),
        ("webhook.change", id),
        ("webhook.rotate", id),
        ("webhook.ping", ping),
        ("delivery.resend", ping),
        ("webhook.stop", id),
    ];
    assert_eq!(said, expected);
    assert!(acts.iter().all(|act| (act.actor.as_str(), act.request.as_str()) == ("usr_test", "request-1")));
}

pub(crate) fn what_changes_nothing_leaves_no_act(trial: &Trial) {
    let (own, by, now) = (trial.own(), by(&trial.world.merchant), trial.now());
    let (webhook, _) = trial.create(&trial.order(None), &own, 1).unwrap();
    let nothing = WebhookChange { url: Some(webhook.url.clone()), events: None };
    trial.with(|webhooks| webhooks.edit(&webhook.id, &nothing, &own, &by, now).unwrap());
    for _ in 0..2 {
        trial.with(|webhooks| webhooks.stop(&webhook.id, &own, &by, now).unwrap());
    }
    let refused = trial.with(|webhooks| webhooks.edit(&webhook.id, &nothing, &own, &by, now));
    assert!(matches!(refused, Err(WebhookFault::Stopped)), "{refused:?}");
    let nobody = WebhookId::new([3; 20]);
    let refused = trial.with(|webhooks| webhooks.stop(&nobody, &own, &by, now));
    assert!(matches!(refused, Err(WebhookFault::NotFound("webhook"))), "{refused:?}");
    assert_eq!(trial.acts().len(), 2);
}

pub(crate) fn a_merchant_has_sixteen_webhooks_and_no_more(trial: &Trial) {
    let (own, by) = (trial.own(), by(&trial.world.merchant));
    let made: Vec<_> = (0..16).map(|seed| trial.create(&trial.order(None), &own, seed).unwrap().0).collect();
    let refused = trial.create(&trial.order(None), &own, 16);
    assert!(matches!(refused, Err(WebhookFault::Limit)), "{refused:?}");
    assert_eq!(trial.acts().len(), 16);
    trial.with(|webhooks| webhooks.stop(&made[5].id, &own, &by, trial.now()).unwrap());
    trial.create(&trial.order(None), &own, 17).unwrap();
}

pub(crate) fn a_stopped_webhook_stays_stopped(trial: &Trial) {
    let (own, by, now) = (trial.own(), by(&trial.world.merchant), trial.now());
    let (webhook, _) = trial.create(&trial.order(None), &own, 1).unwrap();
    let mut random = entropy(trial.number + 5);
    let ping = trial.with(|webhooks| webhooks.ping(&webhook.id, &own, &mut random, &by, now).unwrap());
    trial.with(|webhooks| webhooks.stop(&webhook.id, &own, &by, now).unwrap());
    let (failed, attempts) = trial.with(|webhooks| webhooks.delivery(&ping.id, &own).unwrap());
    assert_eq!((failed.state, failed.next, attempts.len()), (DeliveryState::Failed, None, 0));
    let id = &webhook.id;
    let refused = [
        trial.with(|webhooks| webhooks.ping(id, &own, &mut random, &by, now)).map(|_| ()),
        trial.with(|webhooks| webhooks.resend(&ping.id, &own, &by, now)).map(|_| ()),
        trial.with(|webhooks| webhooks.rotate(id, &own, &TestVault, &mut random, &by, now)).map(|_| ()),
    ];
    assert!(refused.iter().all(|one| matches!(one, Err(WebhookFault::Stopped))), "{refused:?}");
    let shown = trial.with(|webhooks| webhooks.show(id, &own).unwrap());
    assert_eq!(shown.stopped, Some(now));
}

pub(crate) fn deliveries_come_in_pages_the_newest_first(trial: &Trial) {
    let (own, by, now) = (trial.own(), by(&trial.world.merchant), trial.now());
    let (webhook, _) = trial.create(&trial.order(None), &own, 1).unwrap();
    let mut random = entropy(trial.number + 6);
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(trial.with(|webhooks| webhooks.ping(&webhook.id, &own, &mut random, &by, now).unwrap()));
    }
    made.reverse();
    let page = |state, before: Option<&DeliveryId>, reach: &Reach| {
        trial.with(|webhooks| webhooks.deliveries(&webhook.id, state, before, 3, reach))
    };
    let mut read = Vec::new();
    loop {
        let next =
            page(Some(DeliveryState::Waiting), read.last().map(|one: &webhooks::Delivery| &one.id), &own);
        let next = next.unwrap();
        if next.is_empty() {
            break;
        }
        read.extend(next);
    }
    assert_eq!(read, made);
    assert_eq!(page(None, None, &own).unwrap(), made[..3]);
    assert_eq!(page(Some(DeliveryState::Failed), None, &own).unwrap(), []);
    let unknown = page(None, Some(&DeliveryId::new([9; 20])), &own);
    assert!(matches!(unknown, Err(WebhookFault::NotFound("delivery"))), "{unknown:?}");
}
