//! How often something is done: what is stopped or sent is kept for 30 days, and would fill the database else.

use std::time::Duration;

use fiscal::Timestamp;
use ledger::{Cell, Statements, StoreFault};

use super::rows::{cell, count, number, seconds};
use crate::{Webhook, WebhookFault};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A limit for one more webhook of the same merchant.
pub(super) fn may_be_made(statements: &mut dyn Statements, webhook: &Webhook) -> Result<(), WebhookFault> {
    let sql = "SELECT created FROM webhooks WHERE merchant = $1 AND created > $2 AND created <= $3 \
         ORDER BY created DESC LIMIT 1 OFFSET $4";
    let (whose, now) = (cell(&webhook.merchant), webhook.created);
    match wait(statements, sql, whose, now, (Webhook::MADE_IN_A_DAY, DAY))? {
        Some(wait) => Err(WebhookFault::MadeOften(wait)),
        None => Ok(()),
    }
}

/// A limit for one more ping of a webhook.
pub(super) fn may_be_pinged(
    statements: &mut dyn Statements,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<(), WebhookFault> {
    let sql = "SELECT created FROM webhook_deliveries WHERE event = 'webhook.ping' AND webhook = $1 \
         AND created > $2 AND created <= $3 ORDER BY created DESC LIMIT 1 OFFSET $4";
    match wait(statements, sql, cell(&webhook.id), now, (Webhook::PINGS_IN_AN_HOUR, HOUR))? {
        Some(wait) => Err(WebhookFault::PingedOften(wait)),
        None => Ok(()),
    }
}

/// How long it takes until one more is within the limit, if it is not now. What a clock that was wrong dated later than
/// now does not count.
fn wait(
    statements: &mut dyn Statements,
    sql: &'static str,
    whose: Cell,
    now: Timestamp,
    (most, within): (u64, u64),
) -> Result<Option<Duration>, StoreFault> {
    let since = number(now.unix().saturating_sub(within));
    let rows = statements.query(sql, &[whose, since, seconds(now), number(most - 1)])?;
    let first = rows.first().and_then(|row| count(row.first()?));
    Ok(first.map(|first| Duration::from_secs((first + within).saturating_sub(now.unix()))))
}
