use fiscal::Timestamp;
use ledger::{By, write_act};
use registry::Reach;

use super::{
    Webhooks, act,
    cursors::{insert_delivery, next_ordinals},
    deliveries::reached_delivery,
    live,
    often::may_be_pinged,
    rows::{cell, number, place_cells},
};
use crate::{Delivery, DeliveryId, DeliveryState, EventKind, Random, WebhookFault, WebhookId};

impl Webhooks<'_> {
    /// Sends a delivery again, now, whatever became of it; then again as often as a new one if it fails.
    pub fn resend(
        &mut self,
        id: &DeliveryId,
        reach: &Reach,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery, WebhookFault> {
        self.change(|statements| {
            let delivery = reached_delivery(statements, id, reach)?;
            let webhook = live(statements, &delivery.webhook, reach)?;
            statements.execute(
                "UPDATE webhook_deliveries SET state = 'waiting', due = $1, failures = 0 WHERE id = $2",
                &[number(now.unix() * 1_000), cell(id)],
            )?;
            write_act(statements, &act(by, now, "delivery.resend", &webhook, id.to_string()))?;
            Ok(Delivery { state: DeliveryState::Waiting, next: Some(now), ..delivery })
        })
    }

    /// Sends an event that says nothing, for who tries his receiver.
    pub fn ping(
        &mut self,
        webhook: &WebhookId,
        reach: &Reach,
        random: Random<'_>,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery, WebhookFault> {
        let mut id = [0; 20];
        random(&mut id);
        let id = DeliveryId::new(id);
        self.change(|statements| {
            let webhook = live(statements, webhook, reach)?;
            may_be_pinged(statements, &webhook, now)?;
            let ordinal = next_ordinals(statements, &webhook.id, 1)?;
            insert_delivery(
                statements,
                (&id, &webhook.id, ordinal),
                EventKind::Ping,
                place_cells(None),
                now,
            )?;
            write_act(statements, &act(by, now, "webhook.ping", &webhook, id.to_string()))?;
            Ok(Delivery {
                id: id.clone(),
                webhook: webhook.id,
                event: EventKind::Ping,
                place: None,
                about: None,
                created: now,
                state: DeliveryState::Waiting,
                next: Some(now),
                attempts: 0,
            })
        })
    }
}
