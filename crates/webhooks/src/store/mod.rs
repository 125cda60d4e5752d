//! Webhooks in the ledger's database. Each file changes them in one way.

mod announce;
mod create;
mod cursors;
mod deliveries;
mod forget;
mod hooks;
mod often;
mod outcome;
mod receiver;
mod resend;
mod rows;
mod turns;

pub(crate) use self::{
    cursors::{Cursors, Followed, live_webhooks},
    forget::forget,
    outcome::Outcome,
    receiver::{Receiver, receiver},
    rows::Due,
    turns::{Turn, waiting, with_work},
};

use ledger::{Act, By, Cell, LedgerStore, Statements, StoreFault};
use registry::Reach;

use self::rows::{cell, webhook};
use crate::{Webhook, WebhookFault, WebhookId};

const SCHEMA: &str = include_str!("../schema.sql");
const VERSION: i64 = 1;
/// The most that a page has.
const PAGE: usize = 500;

/// Webhooks and their deliveries, over one connection to the ledger's database.
///
/// Each change is one transaction that also writes its act. A [`Reach`] says whose webhooks a call may touch: what is
/// beyond it is not found, whether it is there or not.
pub struct Webhooks<'a>(&'a mut dyn LedgerStore);

impl<'a> Webhooks<'a> {
    /// Over a connection whose database was prepared.
    pub fn over(store: &'a mut dyn LedgerStore) -> Self {
        Self(store)
    }

    /// Makes the tables that are not there yet. A database of another version is refused and left as it is.
    pub fn prepare(store: &'a mut dyn LedgerStore) -> Result<(), WebhookFault> {
        let mut made = || {
            ledger::change(store, |statements| {
                statements.script(SCHEMA)?;
                if statements.query("SELECT version FROM webhook_meta", &[])?.is_empty() {
                    statements.execute(
                        "INSERT INTO webhook_meta (version) VALUES ($1)",
                        &[Cell::Integer(VERSION)],
                    )?;
                }
                let found = statements.query("SELECT version FROM webhook_meta", &[])?;
                match found.first().and_then(|row| row.first()).and_then(Cell::integer) {
                    Some(VERSION) => Ok(()),
                    found => {
                        let found = found.unwrap_or_default();
                        Err(StoreFault::Version { found, known: VERSION }.into())
                    }
                }
            })
        };
        // Two processes that make the same tables at once may disturb each other: the second finds them at its next try.
        made().or_else(|_| made())
    }

    /// Reads, all at one moment.
    fn look<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, WebhookFault>,
    ) -> Result<T, WebhookFault> {
        ledger::look(self.0, work)
    }

    /// Changes in one transaction; whatever is refused undoes it.
    fn change<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, WebhookFault>,
    ) -> Result<T, WebhookFault> {
        ledger::change(self.0, work)
    }
}

/// Changes in one transaction, without an act: what the dispatcher notes of its own work.
fn write<T>(
    store: &mut dyn LedgerStore,
    work: impl FnMut(&mut dyn Statements) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    ledger::change(store, work)
}

/// A webhook that somebody reaches.
fn reached(statements: &mut dyn Statements, id: &WebhookId, reach: &Reach) -> Result<Webhook, WebhookFault> {
    let sql = concat!("SELECT ", rows::webhook_columns!(), " FROM webhooks WHERE id = $1");
    let found = statements.query(sql, &[cell(id)])?;
    let found = found.iter().map(|row| webhook(row)).next().transpose()?;
    found.filter(|webhook| webhook.is_within(reach)).ok_or(WebhookFault::NotFound("webhook"))
}

/// One that is not stopped.
fn live(statements: &mut dyn Statements, id: &WebhookId, reach: &Reach) -> Result<Webhook, WebhookFault> {
    let webhook = reached(statements, id, reach)?;
    if webhook.stopped.is_none() { Ok(webhook) } else { Err(WebhookFault::Stopped) }
}

fn act(by: &By, now: fiscal::Timestamp, action: &'static str, webhook: &Webhook, subject: String) -> Act {
    // The merchant's, also when the platform or a receiver brought it about. An id of a merchant is always such a name.
    let tenant = webhook.merchant.as_str().parse().ok().or_else(|| by.tenant.clone());
    let by = By { tenant, ..by.clone() };
    Act { time: now, by, action, outlet: webhook.outlet, subject }
}
