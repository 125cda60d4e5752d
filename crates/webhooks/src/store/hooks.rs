use fiscal::Timestamp;
use ledger::{By, Cell, Statements, StoreFault, write_act};
use registry::Reach;

use super::{
    PAGE, Webhooks, act, live, reached,
    rows::{self, cell, number, seconds, webhook},
};
use crate::{Random, Vault, Webhook, WebhookChange, WebhookFault, WebhookId, WebhookSecret};

/// So long the secret before signs along, in seconds.
pub(super) const OLD_SECRET_SECONDS: u64 = 86_400;

macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", rows::webhook_columns!(), " FROM webhooks ", $which)
    };
}

impl Webhooks<'_> {
    /// The webhooks that somebody reaches, in the order of their ids: those behind another, at most so many. Those that
    /// were stopped are shown for 30 days.
    pub fn list(
        &mut self,
        reach: &Reach,
        after: Option<&WebhookId>,
        most: usize,
    ) -> Result<Vec<Webhook>, WebhookFault> {
        let after = Cell::Text(after.map_or("", WebhookId::as_str).to_owned());
        let most = number(most.min(PAGE) as u64);
        self.look(|statements| {
            let (after, most) = (after.clone(), most.clone());
            let rows = match reach {
                Reach::Platform => {
                    statements.query(select!("WHERE id > $1 ORDER BY id LIMIT $2"), &[after, most])?
                }
                Reach::Merchant(merchant) => statements.query(
                    select!("WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3"),
                    &[cell(merchant), after, most],
                )?,
                Reach::Outlet(merchant, outlet) => statements.query(
                    select!("WHERE merchant = $1 AND outlet = $2 AND id > $3 ORDER BY id LIMIT $4"),
                    &[cell(merchant), cell(outlet), after, most],
                )?,
            };
            Ok(rows.iter().map(|row| webhook(row)).collect::<Result<_, _>>()?)
        })
    }

    /// One webhook.
    pub fn show(&mut self, id: &WebhookId, reach: &Reach) -> Result<Webhook, WebhookFault> {
        self.look(|statements| reached(statements, id, reach))
    }

    /// Changes where events are sent, or which.
    pub fn edit(
        &mut self,
        id: &WebhookId,
        change: &WebhookChange,
        reach: &Reach,
        by: &By,
        now: Timestamp,
    ) -> Result<Webhook, WebhookFault> {
        self.change(|statements| {
            let before = live(statements, id, reach)?;
            let mut after = before.clone();
            after.url = change.url.clone().unwrap_or(after.url);
            after.events = change.events.unwrap_or(after.events);
            if after != before {
                statements.execute(
                    "UPDATE webhooks SET url = $1, events = $2 WHERE id = $3",
                    &[cell(&after.url), cell(&after.events), cell(id)],
                )?;
                write_act(statements, &act(by, now, "webhook.change", &after, id.to_string()))?;
            }
            Ok(after)
        })
    }

    /// Stops a webhook for ever: what waits is not sent any more. A second time changes nothing.
    pub fn stop(
        &mut self,
        id: &WebhookId,
        reach: &Reach,
        by: &By,
        now: Timestamp,
    ) -> Result<Webhook, WebhookFault> {
        self.change(|statements| {
            let webhook = reached(statements, id, reach)?;
            if webhook.stopped.is_some() {
                return Ok(webhook);
            }
            stop_for_ever(statements, &webhook, by, now)?;
            Ok(Webhook { stopped: Some(now), ..webhook })
        })
    }

    /// Gives a webhook another secret, which is shown this once. The one before signs along for 24 hours.
    pub fn rotate(
        &mut self,
        id: &WebhookId,
        reach: &Reach,
        vault: &dyn Vault,
        random: Random<'_>,
        by: &By,
        now: Timestamp,
    ) -> Result<WebhookSecret, WebhookFault> {
        let mut secret = [0; WebhookSecret::LENGTH];
        random(&mut secret);
        let secret = WebhookSecret::new(secret);
        let sealed = vault.seal(id.as_str(), secret.bytes(), random);
        self.change(|statements| {
            let webhook = live(statements, id, reach)?;
            statements.execute(
                "UPDATE webhooks SET old_secret = secret, old_until = $1, secret = $2 WHERE id = $3",
                &[number(now.unix() + OLD_SECRET_SECONDS), Cell::Text(sealed.clone()), cell(id)],
            )?;
            write_act(statements, &act(by, now, "webhook.rotate", &webhook, id.to_string()))?;
            Ok(())
        })?;
        Ok(secret)
    }
}

/// Also forgets the secrets, and up to where it was told.
pub(super) fn stop_for_ever(
    statements: &mut dyn Statements,
    webhook: &Webhook,
    by: &By,
    now: Timestamp,
) -> Result<(), StoreFault> {
    let id = cell(&webhook.id);
    statements.execute(
        "UPDATE webhooks SET stopped = $1, secret = '', old_secret = NULL, old_until = NULL WHERE id = $2",
        &[seconds(now), id.clone()],
    )?;
    let waiting = "UPDATE webhook_deliveries SET state = 'failed' WHERE webhook = $1 AND state = 'waiting'";
    statements.execute(waiting, std::slice::from_ref(&id))?;
    statements.execute("DELETE FROM webhook_cursors WHERE webhook = $1", &[id])?;
    write_act(statements, &act(by, now, "webhook.stop", webhook, webhook.id.to_string()))
}
