use fiscal::Timestamp;
use ledger::{Cell, LedgerStore, StoreFault};

use super::rows::{cell, corrupt, count, parsed};
use crate::{WebhookId, WebhookUrl};

/// Where a webhook's events are sent now, and by which secrets they are signed.
pub(crate) struct Receiver {
    pub(crate) url: WebhookUrl,
    /// As the vault sealed them: the new one first.
    pub(crate) sealed: Vec<String>,
}

/// None when the webhook was stopped.
pub(crate) fn receiver(
    store: &mut dyn LedgerStore,
    webhook: &WebhookId,
    now: Timestamp,
) -> Result<Option<Receiver>, StoreFault> {
    let sql = "SELECT url, secret, old_secret, old_until FROM webhooks WHERE id = $1 AND stopped IS NULL";
    let mut found = None;
    store.look(&mut |statements| {
        found = statements.query(sql, &[cell(webhook)])?.pop();
        Ok(())
    })?;
    let read = |row: &[Cell]| {
        let [url, secret, old, until] = row else { return None };
        let old = old.text().filter(|_| count(until).is_some_and(|until| now.unix() < until));
        let sealed = [Some(secret.text()?), old].into_iter().flatten().map(str::to_owned).collect();
        Some(Receiver { url: parsed(url)?, sealed })
    };
    found.map(|row| read(&row).ok_or_else(|| corrupt("webhooks"))).transpose()
}
