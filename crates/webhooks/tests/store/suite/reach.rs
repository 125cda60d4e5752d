use registry::Reach;
use webhooks::{NewWebhook, WebhookChange, WebhookFault};

use super::{TestVault, Trial};
use crate::world::{by, entropy};

fn is_not_found<T: std::fmt::Debug>(answer: &Result<T, WebhookFault>) -> bool {
    matches!(answer, Err(WebhookFault::NotFound(_)))
}

/// Tries everything with a reach that is not enough.
fn reaches_nothing(trial: &Trial, webhook: &webhooks::Webhook, reach: &Reach) {
    let (by, now, id) = (by(&trial.world.merchant), trial.now(), &webhook.id);
    let mut random = entropy(trial.number + 8);
    let ping = trial.with(|webhooks| webhooks.ping(id, &trial.own(), &mut random, &by, now).unwrap());
    let (acts, change) = (trial.acts().len(), WebhookChange::default());
    trial.with(|webhooks| {
        assert_eq!(webhooks.list(reach, None, 9).unwrap(), []);
        assert!(is_not_found(&webhooks.show(id, reach)));
        assert!(is_not_found(&webhooks.edit(id, &change, reach, &by, now)));
        assert!(is_not_found(&webhooks.rotate(id, reach, &TestVault, &mut random, &by, now)));
        assert!(is_not_found(&webhooks.ping(id, reach, &mut random, &by, now)));
        assert!(is_not_found(&webhooks.deliveries(id, None, None, 9, reach)));
        assert!(is_not_found(&webhooks.delivery(&ping.id, reach)));
        assert!(is_not_found(&webhooks.resend(&ping.id, reach, &by, now)));
        assert!(is_not_found(&webhooks.stop(id, reach, &by, now)));
    });
    assert!(is_not_found(&trial.create(&trial.order(webhook.outlet), reach, 90)));
    assert_eq!(trial.acts().len(), acts);
    assert_eq!(trial.with(|webhooks| webhooks.show(id, &trial.own()).unwrap()), *webhook);
}

pub(crate) fn nobody_reaches_what_is_told_to_another_merchant(trial: &Trial) {
    let (webhook, _) = trial.create(&trial.order(None), &trial.own(), 1).unwrap();
    reaches_nothing(trial, &webhook, &Reach::Merchant(trial.other()));
    reaches_nothing(trial, &webhook, &Reach::Outlet(trial.other(), trial.world.outlets[0]));
    assert_eq!(trial.with(|webhooks| webhooks.list(&trial.own(), None, 9).unwrap()), [webhook]);
}

pub(crate) fn who_reaches_one_outlet_reaches_what_is_told_of_it_alone(trial: &Trial) {
    let [here, there] = [trial.world.outlets[0], trial.world.outlets[1]];
    let reach = Reach::Outlet(trial.world.merchant.clone(), here);
    let (all, _) = trial.create(&trial.order(None), &trial.own(), 1).unwrap();
    let (other, _) = trial.create(&trial.order(Some(there)), &trial.own(), 2).unwrap();
    reaches_nothing(trial, &all, &reach);
    reaches_nothing(trial, &other, &reach);
    let (own, _) = trial.create(&trial.order(Some(here)), &reach, 3).unwrap();
    assert_eq!(trial.with(|webhooks| webhooks.list(&reach, None, 9).unwrap()), [own]);
}

pub(crate) fn a_webhook_of_an_outlet_that_the_merchant_has_not_is_refused(trial: &Trial) {
    let stranger = NewWebhook { outlet: Some("ELSEWHERE".parse().unwrap()), ..trial.order(None) };
    assert!(is_not_found(&trial.create(&stranger, &trial.own(), 1)));
    let thief = NewWebhook { merchant: trial.other(), ..trial.order(Some(trial.world.outlets[0])) };
    assert!(is_not_found(&trial.create(&thief, &Reach::Merchant(trial.other()), 2)));
    assert!(trial.acts().is_empty());
}
