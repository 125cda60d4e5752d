use fiscal::{OutletId, Position, Timestamp};
use ledger::{By, Cell, ChainId, Statements, StoreFault, write_act};
use registry::Reach;

use super::{
    Webhooks, act,
    often::may_be_made,
    rows::{cell, count, number, seconds},
};
use crate::{NewWebhook, Random, Vault, Webhook, WebhookFault, WebhookId, WebhookSecret};

impl Webhooks<'_> {
    /// Makes a webhook, which is told of what is sealed from now on. The secret is shown this once.
    ///
    /// `outlets` are the merchant's, as the registry knows them.
    #[allow(clippy::too_many_arguments, reason = "who, when and chance are arguments of every change")]
    pub fn create(
        &mut self,
        order: &NewWebhook,
        outlets: &[OutletId],
        reach: &Reach,
        vault: &dyn Vault,
        random: Random<'_>,
        by: &By,
        now: Timestamp,
    ) -> Result<(Webhook, WebhookSecret), WebhookFault> {
        let (mut id, mut secret) = ([0; 20], [0; WebhookSecret::LENGTH]);
        random(&mut id);
        random(&mut secret);
        let NewWebhook { merchant, outlet, url, events } = order.clone();
        let id = WebhookId::new(id);
        let webhook = Webhook { id, merchant, outlet, url, events, created: now, stopped: None };
        let is_known = outlet.is_none_or(|outlet| outlets.contains(&outlet));
        if !webhook.is_within(reach) || !is_known {
            return Err(WebhookFault::NotFound(if outlet.is_some() { "outlet" } else { "merchant" }));
        }
        let sealed = vault.seal(webhook.id.as_str(), &secret, random);
        // What is sealed between this question and the transaction is told, too.
        let mut chains = Vec::new();
        for outlet in outlets.iter().filter(|known| outlet.is_none_or(|outlet| outlet == **known)) {
            chains.extend(self.0.chains(*outlet)?);
        }
        self.change(|statements| {
            if live_count(statements, &webhook)? >= Webhook::MOST {
                return Err(WebhookFault::Limit);
            }
            may_be_made(statements, &webhook)?;
            insert(statements, &webhook, &sealed, &chains)?;
            write_act(statements, &act(by, now, "webhook.create", &webhook, webhook.id.to_string()))?;
            Ok(())
        })?;
        Ok((webhook, WebhookSecret::new(secret)))
    }
}

fn live_count(statements: &mut dyn Statements, webhook: &Webhook) -> Result<u64, StoreFault> {
    let sql = "SELECT count(*) FROM webhooks WHERE merchant = $1 AND stopped IS NULL";
    let rows = statements.query(sql, &[cell(&webhook.merchant)])?;
    Ok(rows.first().and_then(|row| count(row.first()?)).unwrap_or(0))
}

fn insert(
    statements: &mut dyn Statements,
    webhook: &Webhook,
    sealed: &str,
    chains: &[(ChainId, Position)],
) -> Result<(), StoreFault> {
    statements.execute(
        "INSERT INTO webhooks (id, merchant, outlet, url, events, created, secret, written) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
        &[
            cell(&webhook.id),
            cell(&webhook.merchant),
            webhook.outlet.as_ref().map_or(Cell::Null, cell),
            cell(&webhook.url),
            cell(&webhook.events),
            seconds(webhook.created),
            Cell::Text(sealed.to_owned()),
        ],
    )?;
    for (chain, newest) in chains {
        statements.execute(
            "INSERT INTO webhook_cursors (webhook, outlet, epoch, signer, position) VALUES ($1, $2, $3, $4, $5)",
            &[
                cell(&webhook.id),
                cell(&chain.outlet),
                number(chain.epoch.0.into()),
                cell(&chain.signer),
                number(newest.value()),
            ],
        )?;
    }
    Ok(())
}
