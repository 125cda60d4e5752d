use std::time::Duration;

use fiscal::Timestamp;
use ledger::{By, Cell, LedgerStore, Statements, StoreFault};

use super::{
    hooks::stop_for_ever,
    rows::{self, Due, cell, number, seconds, webhook},
    turns::{Turn, milliseconds},
    write,
};
use crate::{Attempt, AttemptFault, DeliveryState, retry_after};

/// Gone: the receiver wants nothing more, for ever.
const GONE: u16 = 410;

/// What came of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) began: Timestamp,
    pub(crate) took: Duration,
    pub(crate) result: Result<u16, AttemptFault>,
}

impl Outcome {
    /// What becomes of a delivery that had failed so often before, and when it is sent again.
    fn verdict(&self, failures: u64, now: Duration, random: u32) -> (DeliveryState, u64, Duration) {
        match self.result {
            Ok(200..=299) => (DeliveryState::Delivered, 0, now),
            // There will be none later.
            Err(AttemptFault::NoRecord) => (DeliveryState::Failed, failures + 1, now),
            _ => match retry_after(failures + 1, random) {
                Some(delay) => (DeliveryState::Waiting, failures + 1, now + delay),
                None => (DeliveryState::Failed, failures + 1, now),
            },
        }
    }
}

impl Turn {
    /// Notes an attempt and what becomes of its delivery, in one transaction; says what that is, and whether the turn
    /// goes on.
    pub(crate) fn note(
        &self,
        store: &mut dyn LedgerStore,
        due: &Due,
        outcome: &Outcome,
        now: Duration,
        random: u32,
        by: &By,
    ) -> Result<(DeliveryState, bool), StoreFault> {
        let id = &due.delivery.id;
        let (state, failures, next) = outcome.verdict(due.failures, now, random);
        write(store, |statements| {
            let is_held = self.renew(statements, now)?;
            let attempt = due.delivery.attempts + 1;
            // Who has the turn by now may have sent it, too: what is delivered stays so.
            statements.execute(
                "UPDATE webhook_deliveries SET state = $1, failures = $2, due = $3, attempts = $4 \
                 WHERE id = $5 AND state = 'waiting' AND attempts < $4",
                &[cell(&state), number(failures), milliseconds(next), number(attempt), cell(id)],
            )?;
            insert_attempt(statements, due, outcome, attempt)?;
            if outcome.result != Ok(GONE) {
                return Ok((state, is_held));
            }
            self.stop_gone(statements, by, outcome.began)?;
            Ok((DeliveryState::Failed, false))
        })
    }

    /// False when somebody else has it, or nobody.
    fn renew(&self, statements: &mut dyn Statements, now: Duration) -> Result<bool, StoreFault> {
        let sql =
            "UPDATE webhooks SET lease_until = $1 WHERE id = $2 AND lease_holder = $3 AND stopped IS NULL";
        let values = [milliseconds(now + self.lasts), cell(&self.webhook), Cell::Text(self.holder.clone())];
        Ok(statements.execute(sql, &values)? == 1)
    }

    fn stop_gone(&self, statements: &mut dyn Statements, by: &By, now: Timestamp) -> Result<(), StoreFault> {
        let sql =
            concat!("SELECT ", rows::webhook_columns!(), " FROM webhooks WHERE id = $1 AND stopped IS NULL");
        let rows = statements.query(sql, &[cell(&self.webhook)])?;
        let Some(found) = rows.first().map(|row| webhook(row)).transpose()? else { return Ok(()) };
        let tenant = found.merchant.as_str().parse().ok();
        stop_for_ever(statements, &found, &By { tenant, ..by.clone() }, now)
    }
}

fn insert_attempt(
    statements: &mut dyn Statements,
    due: &Due,
    outcome: &Outcome,
    number_of_it: u64,
) -> Result<(), StoreFault> {
    let delivery = cell(&due.delivery.id);
    let (status, fault) = match &outcome.result {
        Ok(status) => (number((*status).into()), Cell::Null),
        Err(fault) => (Cell::Null, cell(fault)),
    };
    statements.execute(
        "INSERT INTO webhook_attempts (delivery, number, time, took, status, fault) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
        &[
            delivery.clone(),
            number(number_of_it),
            seconds(outcome.began),
            milliseconds(outcome.took),
            status,
            fault,
        ],
    )?;
    let sql = "DELETE FROM webhook_attempts WHERE delivery = $1 AND number <= $2";
    statements.execute(sql, &[delivery, number(number_of_it.saturating_sub(Attempt::KEPT))]).map(|_| ())
}
