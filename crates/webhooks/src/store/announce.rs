use fiscal::Timestamp;
use ledger::{Cell, Statements, StoreFault};
use registry::MerchantId;

use super::{
    Webhooks,
    cursors::{insert_delivery, next_ordinals},
    rows::{self, cell, news_cells, webhook},
};
use crate::{DeliveryId, News, WebhookFault};

impl Webhooks<'_> {
    /// Tells what no record says: one delivery for each webhook that asks for it; how many they are. The occasion is what
    /// makes it once: the same one told again, by whichever process, tells nobody again.
    pub fn announce(
        &mut self,
        news: &News,
        merchant: &MerchantId,
        occasion: &[u8; 16],
        now: Timestamp,
    ) -> Result<usize, WebhookFault> {
        let (kind, outlet) = (news.kind(), news.outlet());
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
                let reaches = webhook.outlet.is_none_or(|only| Some(only) == outlet);
                let id = DeliveryId::of_occasion(&webhook.id, occasion);
                if !reaches || !webhook.events.has(kind) || is_there(statements, &id)? {
                    continue;
                }
                let ordinal = next_ordinals(statements, &webhook.id, 1)?;
                let about: [Cell; 4] = news_cells(news);
                insert_delivery(statements, (&id, &webhook.id, ordinal), kind, about, now)?;
                told += 1;
            }
            Ok(told)
        })
    }
}

fn is_there(statements: &mut dyn Statements, id: &DeliveryId) -> Result<bool, StoreFault> {
    let found = statements.query("SELECT 1 FROM webhook_deliveries WHERE id = $1", &[cell(id)])?;
    Ok(!found.is_empty())
}
