//! Whose turn it is: one webhook is served by one thread of one process at a time.

use std::time::Duration;

use ledger::{Cell, LedgerStore, StoreFault};

use super::{
    rows::{self, Due, cell, corrupt, count, due, number, parsed},
    write,
};
use crate::WebhookId;

/// A turn to serve a webhook. Who crashes in it lets it lapse, and what he may have sent is sent again.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(super) webhook: WebhookId,
    pub(super) holder: String,
    pub(super) lasts: Duration,
}

/// The webhooks for which something is due and that nobody serves, those first that waited longest for their turn.
pub(crate) fn with_work(
    store: &mut dyn LedgerStore,
    now: Duration,
    most: usize,
) -> Result<Vec<WebhookId>, StoreFault> {
    let sql = "SELECT w.id FROM webhooks w WHERE w.stopped IS NULL AND w.lease_until <= $1 AND EXISTS \
         (SELECT 1 FROM webhook_deliveries d WHERE d.webhook = w.id AND d.state = 'waiting' AND d.due <= $1) \
         ORDER BY w.served, w.id LIMIT $2";
    let mut found = Vec::new();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[milliseconds(now), number(most as u64)])?;
        let ids = rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("webhooks")));
        found = ids.collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(found)
}

/// How many deliveries wait, of all webhooks.
pub(crate) fn waiting(store: &mut dyn LedgerStore) -> Result<u64, StoreFault> {
    let sql = "SELECT count(*) FROM webhooks w JOIN webhook_deliveries d ON d.webhook = w.id AND d.state = 'waiting'";
    let mut found = 0;
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[])?;
        found = rows.first().and_then(|row| count(row.first()?)).ok_or_else(|| corrupt("webhooks"))?;
        Ok(())
    })?;
    Ok(found)
}

impl Turn {
    /// Takes the turn, unless somebody has it.
    pub(crate) fn take(
        store: &mut dyn LedgerStore,
        webhook: &WebhookId,
        holder: &str,
        now: Duration,
        lasts: Duration,
    ) -> Result<Option<Self>, StoreFault> {
        let sql = "UPDATE webhooks SET lease_holder = $1, lease_until = $2, served = $3 \
             WHERE id = $4 AND stopped IS NULL AND lease_until <= $3";
        let values =
            [Cell::Text(holder.to_owned()), milliseconds(now + lasts), milliseconds(now), cell(webhook)];
        let taken = write(store, |statements| statements.execute(sql, &values))?;
        let turn = || Self { webhook: webhook.clone(), holder: holder.to_owned(), lasts };
        Ok((taken == 1).then(turn))
    }

    /// Whose turn it is.
    pub(crate) const fn webhook(&self) -> &WebhookId {
        &self.webhook
    }

    /// What is to be sent next, in the order of records as far as nothing failed.
    pub(crate) fn next(&self, store: &mut dyn LedgerStore, now: Duration) -> Result<Option<Due>, StoreFault> {
        let sql = concat!(
            "SELECT ",
            rows::delivery_columns!(),
            ", failures FROM webhook_deliveries WHERE webhook = $1 AND state = 'waiting' AND due <= $2 \
             ORDER BY due, ordinal LIMIT 1"
        );
        let mut found = None;
        store.look(&mut |statements| {
            let rows = statements.query(sql, &[cell(&self.webhook), milliseconds(now)])?;
            found = rows.iter().map(|row| due(row)).next().transpose()?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives the turn back.
    pub(crate) fn end(self, store: &mut dyn LedgerStore) -> Result<(), StoreFault> {
        let sql = "UPDATE webhooks SET lease_until = 0 WHERE id = $1 AND lease_holder = $2";
        let values = [cell(&self.webhook), Cell::Text(self.holder)];
        write(store, |statements| statements.execute(sql, &values)).map(|_| ())
    }
}

pub(super) fn milliseconds(time: Duration) -> Cell {
    number(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
