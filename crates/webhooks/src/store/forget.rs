use fiscal::Timestamp;
use ledger::{LedgerStore, StoreFault};

use super::{
    rows::{cell, delivery_id, number, seconds},
    write,
};
/// How long a delivery that waits no more is kept, and a webhook that was stopped, in seconds: 30 days.
const KEPT_SECONDS: u64 = 30 * 86_400;

/// Forgets what is old, at most so many deliveries; says how many they were. What waits is never forgotten, so that a clock
/// that jumps ahead loses nothing but the log.
pub(crate) fn forget(store: &mut dyn LedgerStore, now: Timestamp, most: usize) -> Result<usize, StoreFault> {
    let Some(before) = now.unix().checked_sub(KEPT_SECONDS).and_then(Timestamp::from_unix) else {
        return Ok(0);
    };
    write(store, |statements| {
        let old = "SELECT id FROM webhook_deliveries WHERE created < $1 AND state <> 'waiting' \
             ORDER BY created LIMIT $2";
        let old = statements.query(old, &[seconds(before), number(most as u64)])?;
        for row in &old {
            let id = cell(&delivery_id(row)?);
            let attempts = "DELETE FROM webhook_attempts WHERE delivery = $1";
            statements.execute(attempts, std::slice::from_ref(&id))?;
            statements.execute("DELETE FROM webhook_deliveries WHERE id = $1", &[id])?;
        }
        let stopped = "DELETE FROM webhooks WHERE stopped < $1 AND NOT EXISTS \
             (SELECT 1 FROM webhook_deliveries d WHERE d.webhook = webhooks.id)";
        statements.execute(stopped, &[seconds(before)])?;
        Ok(old.len())
    })
}
