use ledger::{Cell, Statements, StoreFault};
use registry::Reach;

use super::{
    PAGE, Webhooks, reached,
    rows::{self, attempt, cell, delivery, number},
};
use crate::{Attempt, Delivery, DeliveryId, DeliveryState, WebhookFault, WebhookId};

impl Webhooks<'_> {
    /// A webhook's deliveries, the newest first: those of one state, those written before another delivery, at most so
    /// many.
    pub fn deliveries(
        &mut self,
        webhook: &WebhookId,
        state: Option<DeliveryState>,
        before: Option<&DeliveryId>,
        most: usize,
        reach: &Reach,
    ) -> Result<Vec<Delivery>, WebhookFault> {
        self.look(|statements| {
            reached(statements, webhook, reach)?;
            let before = match before {
                Some(id) => {
                    Some(ordinal(statements, webhook, id)?.ok_or(WebhookFault::NotFound("delivery"))?)
                }
                None => None,
            };
            Ok(page(statements, webhook, state, before, most)?)
        })
    }

    /// One delivery of a webhook that somebody reaches, with its last attempts, the newest first.
    pub fn delivery(
        &mut self,
        id: &DeliveryId,
        reach: &Reach,
    ) -> Result<(Delivery, Vec<Attempt>), WebhookFault> {
        self.look(|statements| {
            let delivery = reached_delivery(statements, id, reach)?;
            let sql = "SELECT number, time, took, status, fault FROM webhook_attempts WHERE delivery = $1 \
                 ORDER BY number DESC";
            let rows = statements.query(sql, &[cell(id)])?;
            let attempts = rows.iter().map(|row| attempt(row)).collect::<Result<_, _>>()?;
            Ok((delivery, attempts))
        })
    }
}

/// A delivery of a webhook that somebody reaches.
pub(super) fn reached_delivery(
    statements: &mut dyn Statements,
    id: &DeliveryId,
    reach: &Reach,
) -> Result<Delivery, WebhookFault> {
    let sql = concat!("SELECT ", rows::delivery_columns!(), " FROM webhook_deliveries WHERE id = $1");
    let rows = statements.query(sql, &[cell(id)])?;
    let found = rows.iter().map(|row| delivery(row)).next().transpose()?;
    let found = found.ok_or(WebhookFault::NotFound("delivery"))?;
    match reached(statements, &found.webhook, reach) {
        Ok(_) => Ok(found),
        Err(WebhookFault::NotFound(_)) => Err(WebhookFault::NotFound("delivery")),
        Err(fault) => Err(fault),
    }
}

fn ordinal(
    statements: &mut dyn Statements,
    webhook: &WebhookId,
    id: &DeliveryId,
) -> Result<Option<i64>, StoreFault> {
    let sql = "SELECT ordinal FROM webhook_deliveries WHERE id = $1 AND webhook = $2";
    let rows = statements.query(sql, &[cell(id), cell(webhook)])?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Cell::integer))
}

fn page(
    statements: &mut dyn Statements,
    webhook: &WebhookId,
    state: Option<DeliveryState>,
    before: Option<i64>,
    most: usize,
) -> Result<Vec<Delivery>, StoreFault> {
    let before = Cell::Integer(before.unwrap_or(i64::MAX));
    let most = number(most.min(PAGE) as u64);
    let rows = match state {
        Some(state) => {
            let sql = concat!(
                "SELECT ",
                rows::delivery_columns!(),
                " FROM webhook_deliveries WHERE webhook = $1 AND state = $2 AND ordinal < $3 \
                 ORDER BY ordinal DESC LIMIT $4"
            );
            statements.query(sql, &[cell(webhook), cell(&state), before, most])?
        }
        None => {
            let sql = concat!(
                "SELECT ",
                rows::delivery_columns!(),
                " FROM webhook_deliveries WHERE webhook = $1 AND ordinal < $2 ORDER BY ordinal DESC LIMIT $3"
            );
            statements.query(sql, &[cell(webhook), before, most])?
        }
    };
    rows.iter().map(|row| delivery(row)).collect()
}
