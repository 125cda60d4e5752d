use fiscal::{DeviceId, OutletId, Timestamp};
use ledger::Cell;
use registry::MerchantId;

use super::{
    Webhooks,
    cursors::{insert_delivery, next_ordinals},
    rows::{self, about_cells, cell, webhook},
};
use crate::{DeliveryId, EventKind, Random, WebhookFault};

impl Webhooks<'_> {
    /// Tells of a device what no record says: one delivery for each webhook that asks for it; how many they are. Anything
    /// else is told of by its record only.
    pub fn announce(
        &mut self,
        kind: EventKind,
        merchant: &MerchantId,
        (outlet, device): (OutletId, DeviceId),
        random: Random<'_>,
        now: Timestamp,
    ) -> Result<usize, WebhookFault> {
        if !kind.is_of_device() {
            return Ok(0);
        }
        let mut seed = [0; 16];
        random(&mut seed);
        self.change(|statements| {
            let sql = concat!(
                "SELECT ",
                rows::webhook_columns!(),
                " FROM webhooks WHERE merchant = $1 AND stopped IS NULL ORDER BY id"
            );
            let found = statements.query(sql, &[cell(merchant)])?;
            let mut told = 0;
            for row in &found {
                let webhook = webhook(row)?;
                let asks = webhook.events.has(kind) && webhook.outlet.is_none_or(|only| only == outlet);
                if !asks {
                    continue;
                }
                let ordinal = next_ordinals(statements, &webhook.id, 1)?;
                let id = DeliveryId::of_random(&webhook.id, &seed);
                let about: [Cell; 4] = about_cells(outlet, device);
                insert_delivery(statements, (&id, &webhook.id, ordinal), kind, about, now)?;
                told += 1;
            }
            Ok(told)
        })
    }
}
