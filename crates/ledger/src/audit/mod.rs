//! Everything that a database of ledgers holds, believed by nobody: the referee's verdict on each outlet's chain, and
//! what stands beside the records against the records.
//!
//! What it cannot see: that an end was cut off and the head put back, without heads that were kept elsewhere (L7); that
//! two idempotency keys of one second were exchanged, for nothing that is sealed names them.

mod chain;
mod finding;
mod others;
mod own;
mod raw;
mod unreported;

pub use self::finding::{LedgerFinding, LedgerRule, StoredRule};

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    num::NonZeroUsize,
};

use fiscal::{DeviceId, KeyId, OutletId, PublicKey, UtcOffset};
use verify::{
    Audit, AuditFault, ExportVerdict, HeadAt, JournalVerdict, OutletAudit, ScratchFile, SignatureCheck, Trust,
};

use self::{
    chain::{Beside, Chain, PAGE, place_of, text},
    finding::Findings,
    others::{Other, announced_key},
    own::{OutletRow, Own},
    raw::Raw,
    unreported::Unreported,
};
use crate::{Cell, Cells, StoreFault, Table, Tables};

/// How a database is examined.
pub struct LedgerAudit<'a> {
    /// The tables at one moment. Heads that were kept elsewhere are read before that moment.
    pub tables: &'a mut dyn Tables,
    /// Who checks signatures.
    pub check: &'a dyn SignatureCheck,
    /// On so many threads.
    pub threads: NonZeroUsize,
    /// Heads that were kept elsewhere, by outlet.
    pub heads: BTreeMap<OutletId, Vec<HeadAt>>,
    /// The keys that whoever asks holds from elsewhere. Who can write the database can publish a key of his own and seal
    /// with it: without these, a verdict rests on what the database says of itself.
    pub held: Option<&'a [PublicKey]>,
    /// Gives files for what the memory has no room for.
    pub scratch: &'a dyn Fn() -> io::Result<Box<dyn ScratchFile>>,
    /// Hears of rows that were read.
    pub progress: &'a mut dyn FnMut(u64),
}

/// What a database is found to be.
#[derive(Clone, Debug, Default)]
pub struct LedgerVerdict {
    /// What is false; nothing when all is well.
    pub findings: Vec<LedgerFinding>,
    /// How many more there are.
    pub more_findings: u64,
    /// How many outlets there are.
    pub outlets: u64,
    /// How many records of the ledger's own chains.
    pub records: u64,
    /// How many of them are invoices.
    pub invoices: u64,
    /// How many records of other signers.
    pub foreign: u64,
    /// How many of them are invoices.
    pub foreign_invoices: u64,
    /// How many heads that were kept elsewhere were met.
    pub heads_met: u64,
    /// How many were of records that a restored backup did not hold, as the ledger itself says (L2): their invoices were
    /// answered and are not here.
    pub heads_unreported: u64,
    /// The keys on which the verdict rests: those that the database publishes.
    pub keys: Vec<KeyId>,
}

impl LedgerVerdict {
    /// Whether nothing is false.
    pub fn is_true(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum LedgerAuditFault {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A file cannot be written.
    #[error(transparent)]
    Audit(AuditFault),
}

impl LedgerAudit<'_> {
    /// Examines everything.
    pub fn run(mut self) -> Result<LedgerVerdict, LedgerAuditFault> {
        let (mut verdict, mut findings) = (LedgerVerdict::default(), Findings::default());
        let keys = self.keys(&mut findings)?;
        verdict.keys = keys.iter().map(|(_, key)| key.id()).collect();
        let mut after = None;
        loop {
            let page = self.tables.rows(Table::Outlets, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last[..1].to_vec());
            for row in &page {
                verdict.outlets += 1;
                self.outlet(row, &keys, &mut verdict, &mut findings)?;
            }
        }
        self.orphans(&mut findings)?;
        self.rows_that_name_records(Table::Sales, &mut findings)?;
        self.rows_that_name_records(Table::Idempotency, &mut findings)?;
        for (outlet, heads) in std::mem::take(&mut self.heads) {
            if let Some(head) = heads.last() {
                findings.stored(StoredRule::HeadMissing, format!("{outlet} position {}", head.position));
            }
        }
        (verdict.findings, verdict.more_findings) = (findings.kept, findings.more);
        Ok(verdict)
    }

    /// The published keys, each with its signer.
    fn keys(&mut self, findings: &mut Findings) -> Result<Vec<(DeviceId, PublicKey)>, StoreFault> {
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = self.tables.rows(Table::SealingKeys, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(keys) };
            after = Some(last[..1].to_vec());
            for row in &page {
                let id = row[0].bytes().unwrap_or_default();
                let key = row[1].bytes().and_then(|point| PublicKey::from_sec1(point).ok());
                let key = key.filter(|key| key.id().0 == id);
                let signer = row[2].text().and_then(|signer| signer.parse().ok());
                if let (Some(key), Some(held)) = (key, self.held)
                    && !held.contains(&key)
                {
                    findings.stored(StoredRule::KeyNotHeld, format!("key {}", key.id()));
                }
                match (key, signer) {
                    (Some(key), Some(signer)) => keys.push((signer, key)),
                    _ => {
                        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
                        findings.stored(StoredRule::KeyId, format!("key {id}"));
                    }
                }
            }
        }
    }

    fn outlet(
        &mut self,
        row: &Cells,
        published: &[(DeviceId, PublicKey)],
        verdict: &mut LedgerVerdict,
        findings: &mut Findings,
    ) -> Result<(), LedgerAuditFault> {
        let Some(outlet) = read_outlet(row) else {
            findings.stored(StoredRule::Outlet, row[0].text().unwrap_or_default());
            return Ok(());
        };
        let id = outlet.id;
        let head = self.tables.find(Table::Heads, &[vec![text(id.as_str())]])?.pop().flatten();
        let chains = self.chains(id, findings)?;
        let is_published = |signer: &str| published.iter().any(|(known, _)| known.as_str() == signer);
        let own = self.own_signer(id, head.as_ref(), &chains, &is_published)?;
        if !chains.is_empty() && !is_published(&own) {
            findings.stored(StoredRule::KeySigner, format!("{id} {own}"));
        }
        if head.is_none() {
            findings.stored(StoredRule::HeadRowMissing, id.to_string());
        }
        let epochs = chains.iter().filter(|(_, signer)| *signer == own).map(|(epoch, _)| *epoch);
        let unreported = Unreported::read(self.tables, id, &own, epochs)?;
        if let Some(heads) = self.heads.get_mut(&id) {
            let all = heads.len();
            heads.retain(|head| !unreported.covers(head));
            verdict.heads_unreported += (all - heads.len()) as u64;
        }
        let mut keys = published.to_vec();
        for (epoch, signer) in chains.iter().filter(|(_, signer)| *signer != own) {
            let announced = announced_key(self.tables, id, *epoch, signer)?;
            keys.extend(signer.parse().ok().zip(announced));
        }
        let others = chains.iter().map(|(_, signer)| signer).filter(|signer| **signer != own).collect();
        self.chains_together(outlet, own, others, head.as_ref(), &Trust::Signers(keys), verdict, findings)
    }

    /// Which signer is the ledger's own: the one that the head names, or else one that begins a chain as a cloud does, or
    /// whose key is published.
    fn own_signer(
        &mut self,
        outlet: OutletId,
        head: Option<&Cells>,
        chains: &[(i64, String)],
        is_published: &dyn Fn(&str) -> bool,
    ) -> Result<String, StoreFault> {
        let of_head = head.and_then(|head| head[2].text()).unwrap_or_default();
        let first = |(epoch, signer): &(i64, String)| {
            vec![text(outlet.as_str()), Cell::Integer(*epoch), text(signer), Cell::Integer(1)]
        };
        let firsts: Vec<Cells> = chains.iter().map(first).collect();
        let found = self.tables.find(Table::Records, &firsts)?;
        let begins = |row: &Option<Cells>| {
            row.as_ref().and_then(|row| Raw(row).body()).is_some_and(|body| body.starts_with(OF_A_CLOUD))
        };
        let mut clouds =
            chains.iter().zip(&found).filter(|(_, row)| begins(row)).map(|((_, signer), _)| signer);
        let of_records = || chains.iter().map(|(_, signer)| signer).find(|signer| is_published(signer));
        let own = if is_published(of_head) { None } else { clouds.next().or_else(of_records) };
        Ok(own.map_or(of_head, String::as_str).to_owned())
    }

    /// The ledger's own chain, then each of the others, and all of them together.
    #[allow(clippy::too_many_arguments, reason = "all that is known of one outlet")]
    fn chains_together(
        &mut self,
        outlet: OutletRow,
        own: String,
        others: BTreeSet<&String>,
        head: Option<&Cells>,
        trust: &Trust,
        verdict: &mut LedgerVerdict,
        findings: &mut Findings,
    ) -> Result<(), LedgerAuditFault> {
        let id = outlet.id;
        let heads = self.heads.remove(&id).unwrap_or_default();
        let make_scratch = self.scratch;
        let scratch = move || make_scratch();
        let audit = Audit::new(trust).check(self.check).threads(self.threads).scratch(scratch);
        let mut audit = audit.heads(heads.iter().copied()).outlet();
        let chain = Chain::new(self.tables, findings, self.progress, id, own, Own::new(outlet));
        let (own, records) = read(&mut audit, "", chain)?;
        if let Some(head) = head {
            own.check_head(head, findings);
        }
        verdict.records += records;
        verdict.invoices += own.invoices;
        let mut foreign = 0;
        for signer in others {
            let beside = Other::new(&own.says);
            let chain = Chain::new(self.tables, findings, self.progress, id, signer.clone(), beside);
            let (other, records) = read(&mut audit, signer, chain)?;
            other.conclude(id, signer, findings);
            foreign += records;
            verdict.foreign_invoices += other.invoices;
        }
        verdict.foreign += foreign;
        if records + foreign > 0 {
            let ExportVerdict { journal, .. } = audit.conclude().map_err(LedgerAuditFault::Audit)?;
            keep_judged(id, journal, verdict, findings);
        } else if let Some(head) = heads.last() {
            // Before the first sale there is nothing to judge.
            findings.stored(StoredRule::HeadMissing, format!("{id} position {}", head.position));
        }
        Ok(())
    }

    /// The chains of an outlet, as their rows say.
    fn chains(
        &mut self,
        outlet: OutletId,
        findings: &mut Findings,
    ) -> Result<Vec<(i64, String)>, StoreFault> {
        let mut chains = Vec::new();
        let mut after =
            vec![text(outlet.as_str()), Cell::Integer(i64::MIN), text(""), Cell::Integer(i64::MIN)];
        loop {
            let row = self.tables.rows(Table::Records, Some(&after), 1)?.pop();
            let Some(row) = row.filter(|row| row[0] == after[0]) else { return Ok(chains) };
            let raw = Raw(&row);
            if raw.key() <= after {
                findings.stored(StoredRule::Unreadable, raw.place());
                return Ok(chains);
            }
            chains.push((raw.epoch(), raw.signer().to_owned()));
            after = raw.key();
            after[3] = Cell::Integer(i64::MAX);
        }
    }

    /// Outlets that have records and are in no table of outlets.
    fn orphans(&mut self, findings: &mut Findings) -> Result<(), StoreFault> {
        let mut after: Option<Cells> = None;
        loop {
            let row = self.tables.rows(Table::Records, after.as_deref(), 1)?.pop();
            let Some(row) = row else { break };
            let raw = Raw(&row);
            let is_new = after.as_ref().is_none_or(|after| after[0] != row[0]);
            if is_new && self.tables.find(Table::Outlets, &[vec![row[0].clone()]])?.pop().flatten().is_none()
            {
                findings.stored(StoredRule::OutletMissing, raw.outlet());
            }
            let past = vec![row[0].clone(), Cell::Integer(i64::MAX), text(""), Cell::Integer(i64::MAX)];
            let past = past.max(raw.key());
            if after.as_ref().is_some_and(|after| *after >= past) {
                findings.stored(StoredRule::Unreadable, raw.place());
                break;
            }
            after = Some(past);
        }
        let mut after = None;
        loop {
            let page = self.tables.rows(Table::Heads, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last[..1].to_vec());
            let keys: Vec<Cells> = page.iter().map(|head| head[..1].to_vec()).collect();
            for (head, outlet) in page.iter().zip(self.tables.find(Table::Outlets, &keys)?) {
                if outlet.is_none() {
                    findings.stored(StoredRule::OutletMissing, head[0].text().unwrap_or_default());
                }
            }
        }
    }

    /// Whether each row of sales, or of idempotency keys, names a record that is what the row says.
    fn rows_that_name_records(&mut self, table: Table, findings: &mut Findings) -> Result<(), StoreFault> {
        let mut after: Option<Cells> = None;
        loop {
            let page = self.tables.rows(table, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            let next = last[..table.key_columns()].to_vec();
            let epoch = if table == Table::Sales { 3 } else { 2 };
            let places: Vec<Cells> = page.iter().map(|row| place_of(row, epoch)).collect();
            let found = self.tables.find(Table::Records, &places)?;
            for (row, record) in page.iter().zip(found) {
                let record = record.as_ref().map(Raw);
                let said = record.is_some_and(|raw| match table {
                    Table::Sales => raw.number().is_some() && raw.sale() == row[..3],
                    _ => raw.number().is_some() && raw.time() == row[5].integer(),
                });
                if !said {
                    let stored =
                        if table == Table::Sales { StoredRule::SaleFalse } else { StoredRule::KeyFalse };
                    findings.stored(stored, named(row, epoch));
                }
            }
            if after.as_ref().is_some_and(|after| *after >= next) {
                findings.stored(StoredRule::Unreadable, named(last, epoch));
                return Ok(());
            }
            after = Some(next);
        }
    }
}

/// How the first record of a cloud signer's chain begins, and none of a device's.
const OF_A_CLOUD: &str = r#"{"signer":"cloud","#;

/// Has the referee read a chain.
fn read<B: Beside>(
    audit: &mut OutletAudit<'_>,
    name: &str,
    mut chain: Chain<'_, B>,
) -> Result<(B, u64), LedgerAuditFault> {
    let judged = audit.chain(name, &mut chain);
    if let Some(fault) = chain.fault.take() {
        return Err(fault.into());
    }
    judged.map_err(LedgerAuditFault::Audit)?;
    Ok(chain.finish())
}

fn keep_judged(
    outlet: OutletId,
    judged: JournalVerdict,
    verdict: &mut LedgerVerdict,
    findings: &mut Findings,
) {
    verdict.heads_met += judged.heads_met;
    if judged.heads_before > 0 {
        findings.stored(StoredRule::HeadsBefore, outlet.to_string());
    }
    findings.more += judged.more_findings;
    for finding in judged.findings {
        findings.keep(LedgerFinding { rule: LedgerRule::Record(finding), place: outlet.to_string() });
    }
}

fn read_outlet(row: &Cells) -> Option<OutletRow> {
    let minutes = row[3].integer().and_then(|minutes| i16::try_from(minutes).ok());
    Some(OutletRow {
        id: row[0].text()?.parse().ok()?,
        nif: row[1].text().and_then(|nif| nif.parse().ok()),
        prefix: row[2].text().and_then(|prefix| prefix.parse().ok()),
        zone: minutes.and_then(UtcOffset::from_minutes),
    })
}

/// A row by the record that it names.
fn named(row: &Cells, epoch: usize) -> String {
    let outlet = row[0].text().unwrap_or_default();
    let what = row[1].text().unwrap_or("sale");
    let signer = row[epoch + 1].text().unwrap_or_default();
    let (epoch, position) = (row[epoch].integer(), row[epoch + 2].integer());
    format!(
        "{outlet} {what} ({signer} epoch {} position {})",
        epoch.unwrap_or_default(),
        position.unwrap_or_default()
    )
}
