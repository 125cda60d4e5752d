//! From records to deliveries. The records are the truth: a sale writes nothing for webhooks, and who follows the chains
//! finds each of its records once.

use std::collections::BTreeMap;

use fiscal::{Epoch, Position, Timestamp};
use ledger::{Cell, Cells, ChainId, LedgerStore, Place, Row, Statements, StoreFault};

use super::{
    rows::{self, cell, corrupt, count, cursor, number, place_cells, seconds, webhook},
    write,
};
use crate::{DeliveryId, EventKind, Webhook, WebhookId};

/// So many records of a chain become deliveries in one transaction.
pub(crate) const AT_ONCE: usize = 200;

/// Up to where each webhook was told of each chain, as it was read last. Another process may have come further: moving a
/// cursor says so.
#[derive(Debug, Default)]
pub(crate) struct Cursors(BTreeMap<WebhookId, BTreeMap<ChainId, u64>>);

/// Up to which position it goes, and the deliveries of it.
type Step = (u64, Vec<(EventKind, Place)>);

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// So many deliveries were written, and whether there may be more records.
    Written(usize, bool),
    /// Another process came first, or the webhook was stopped: nothing was changed.
    Overtaken,
}

/// The webhooks that are told something, each as far as it can be read.
pub(crate) fn live_webhooks(
    store: &mut dyn LedgerStore,
) -> Result<Vec<Result<Webhook, StoreFault>>, StoreFault> {
    let sql =
        concat!("SELECT ", rows::webhook_columns!(), " FROM webhooks WHERE stopped IS NULL ORDER BY id");
    let mut all = Vec::new();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[])?;
        let named = |row: &Cells| {
            let id = row.first().and_then(Cell::text).unwrap_or_default();
            webhook(row).map_err(|_| StoreFault::Corrupt(format!("the webhook {id}")))
        };
        all = rows.iter().map(named).collect();
        Ok(())
    })?;
    Ok(all)
}

impl Cursors {
    /// Forgets those of other webhooks than these.
    pub(crate) fn keep(&mut self, webhooks: &[Webhook]) {
        self.0.retain(|id, _| webhooks.iter().any(|webhook| webhook.id == *id));
    }

    /// Whether a chain whose newest record is known has more than the webhook was told of.
    pub(crate) fn is_behind(
        &mut self,
        store: &mut dyn LedgerStore,
        webhook: &WebhookId,
        chain: ChainId,
        newest: Position,
    ) -> Result<bool, StoreFault> {
        if !self.0.contains_key(webhook) {
            self.0.insert(webhook.clone(), read(store, webhook)?);
        }
        Ok(self.after(webhook, chain) < newest.value())
    }

    /// Writes deliveries of the next records of a chain, and moves the cursor behind them, in one transaction.
    pub(crate) fn follow(
        &mut self,
        store: &mut dyn LedgerStore,
        webhook: &Webhook,
        (chain, newest): (ChainId, Position),
        now: Timestamp,
    ) -> Result<Followed, StoreFault> {
        let after = self.after(&webhook.id, chain);
        let Some((to, found)) = events(webhook, &next_records(store, chain, after)?)? else {
            return Ok(Followed::Written(0, false));
        };
        let moved = write(store, |statements| {
            let is_first =
                locked(statements, &webhook.id)? && move_cursor(statements, &webhook.id, chain, (after, to))?;
            if is_first {
                insert(statements, &webhook.id, &found, now)?;
            }
            Ok(is_first)
        });
        if matches!(moved, Ok(true)) {
            self.0.entry(webhook.id.clone()).or_default().insert(chain, to);
            return Ok(Followed::Written(found.len(), to < newest.value()));
        }
        // Whatever happened is read before the next step.
        self.0.remove(&webhook.id);
        moved.map(|_| Followed::Overtaken)
    }

    fn after(&self, webhook: &WebhookId, chain: ChainId) -> u64 {
        self.0.get(webhook).and_then(|cursors| cursors.get(&chain)).copied().unwrap_or(0)
    }
}

fn read(store: &mut dyn LedgerStore, webhook: &WebhookId) -> Result<BTreeMap<ChainId, u64>, StoreFault> {
    let sql = "SELECT outlet, epoch, signer, position FROM webhook_cursors WHERE webhook = $1";
    let mut cursors = BTreeMap::new();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[cell(webhook)])?;
        cursors = rows.iter().map(|row| cursor(row)).collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(cursors)
}

/// The records behind a position. Those before one that cannot be read are read one by one.
fn next_records(store: &mut dyn LedgerStore, chain: ChainId, after: u64) -> Result<Vec<Row>, StoreFault> {
    match store.records(chain, Position::new(after), AT_ONCE) {
        Err(StoreFault::Corrupt(_)) => store.records(chain, Position::new(after), 1),
        read => read,
    }
}

/// Up to where the records can be read, and those of them that the webhook asks for; none without records.
fn events(webhook: &Webhook, records: &[Row]) -> Result<Option<Step>, StoreFault> {
    let (mut to, mut found) = (None, Vec::new());
    for row in records {
        let record = match row.read() {
            Ok(record) => record,
            // The next step begins with it.
            Err(_) if to.is_some() => break,
            Err(fault) => return Err(StoreFault::Corrupt(format!("{:?}: {fault}", row.place))),
        };
        let kind = EventKind::of_record(&record.header.subject, row.body.as_deref());
        let kind = kind.filter(|kind| webhook.events.has(*kind));
        found.extend(kind.map(|kind| (kind, row.place)));
        to = Some(row.place.position.value());
    }
    Ok(to.map(|to| (to, found)))
}

/// Whether the webhook is told anything; its row is this transaction's from now on.
fn locked(statements: &mut dyn Statements, webhook: &WebhookId) -> Result<bool, StoreFault> {
    let sql = "UPDATE webhooks SET written = written WHERE id = $1 AND stopped IS NULL";
    Ok(statements.execute(sql, &[cell(webhook)])? == 1)
}

/// False when it is not where it was.
fn move_cursor(
    statements: &mut dyn Statements,
    webhook: &WebhookId,
    chain: ChainId,
    (from, to): (u64, u64),
) -> Result<bool, StoreFault> {
    let Epoch(epoch) = chain.epoch;
    let key = [cell(webhook), cell(&chain.outlet), number(epoch.into()), cell(&chain.signer)];
    let moved = if from == 0 {
        let sql = "INSERT INTO webhook_cursors (webhook, outlet, epoch, signer, position) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        statements.execute(sql, &[&key[..], &[number(to)]].concat())?
    } else {
        let sql = "UPDATE webhook_cursors SET position = $1 WHERE webhook = $2 AND outlet = $3 AND epoch = $4 \
             AND signer = $5 AND position = $6";
        statements.execute(sql, &[&[number(to)], &key[..], &[number(from)]].concat())?
    };
    Ok(moved == 1)
}

fn insert(
    statements: &mut dyn Statements,
    webhook: &WebhookId,
    found: &[(EventKind, Place)],
    now: Timestamp,
) -> Result<(), StoreFault> {
    let first = next_ordinals(statements, webhook, found.len() as u64)?;
    for (ordinal, (kind, place)) in (first..).zip(found) {
        let id = DeliveryId::of(webhook, place);
        insert_delivery(statements, (&id, webhook, ordinal), *kind, place_cells(Some(place)), now)?;
    }
    Ok(())
}

/// Takes so many numbers of a webhook, and says the first of them. Its row is this transaction's.
pub(super) fn next_ordinals(
    statements: &mut dyn Statements,
    webhook: &WebhookId,
    many: u64,
) -> Result<u64, StoreFault> {
    let sql = "UPDATE webhooks SET written = written + $1 WHERE id = $2";
    statements.execute(sql, &[number(many), cell(webhook)])?;
    let rows = statements.query("SELECT written FROM webhooks WHERE id = $1", &[cell(webhook)])?;
    let written = rows.first().and_then(|row| count(row.first()?)).ok_or_else(|| corrupt("webhooks"))?;
    Ok(written - many + 1)
}

/// After a backup was restored, a delivery may be there already, and stays as it is.
pub(super) fn insert_delivery(
    statements: &mut dyn Statements,
    (id, webhook, ordinal): (&DeliveryId, &WebhookId, u64),
    kind: EventKind,
    [outlet, epoch, signer, position]: [Cell; 4],
    now: Timestamp,
) -> Result<(), StoreFault> {
    let values = [
        cell(id),
        cell(webhook),
        number(ordinal),
        cell(&kind.name()),
        outlet,
        epoch,
        signer,
        position,
        seconds(now),
        number(now.unix() * 1_000),
    ];
    let sql = "INSERT INTO webhook_deliveries (id, webhook, ordinal, event, outlet, epoch, signer, position, created, \
         state, due, attempts, failures) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, 0, 0) \
         ON CONFLICT DO NOTHING";
    statements.execute(sql, &values).map(|_| ())
}
