//! Everything that a database of ledgers holds, believed by nobody: the referee's verdict on each outlet's chain, and
//! what stands beside the records against the records.
//!
//! What it cannot see: that an end was cut off and the head put back, without heads that were kept elsewhere (L7); that
//! two idempotency keys of one second were exchanged, for nothing that is sealed names them.

mod anchors;
mod finding;
mod own;
mod raw;
mod unreported;

pub use self::finding::{LedgerFinding, LedgerRule, StoredRule};

use std::{collections::BTreeMap, io, num::NonZeroUsize};

use fiscal::{DeviceId, KeyId, OutletId, PublicKey, UtcOffset};
use verify::{Audit, AuditFault, HeadAt, JournalVerdict, ScratchFile, SignatureCheck, Trust};

use self::{
    anchors::Anchors,
    finding::Findings,
    own::{OutletRow, OwnChain, PAGE, place_of, text},
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
        verdict.keys = keys.iter().map(|(key, _)| key.id()).collect();
        let signers: Vec<String> = keys.iter().map(|(_, signer)| signer.clone()).collect();
        let trust = Trust::Keys(keys.into_iter().map(|(key, _)| key).collect());
        let mut after = None;
        loop {
            let page = self.tables.rows(Table::Outlets, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last[..1].to_vec());
            for row in &page {
                verdict.outlets += 1;
                self.outlet(row, &signers, &trust, &mut verdict, &mut findings)?;
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
    fn keys(&mut self, findings: &mut Findings) -> Result<Vec<(PublicKey, String)>, StoreFault> {
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = self.tables.rows(Table::SealingKeys, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { return Ok(keys) };
            after = Some(last[..1].to_vec());
            for row in &page {
                let id = row[0].bytes().unwrap_or_default();
                let key = row[1].bytes().and_then(|point| PublicKey::from_sec1(point).ok());
                let key = key.filter(|key| key.id().0 == id);
                let signer = row[2].text().filter(|signer| signer.parse::<DeviceId>().is_ok());
                if let (Some(key), Some(held)) = (key, self.held)
                    && !held.contains(&key)
                {
                    findings.stored(StoredRule::KeyNotHeld, format!("key {}", key.id()));
                }
                match (key, signer) {
                    (Some(key), Some(signer)) => keys.push((key, signer.to_owned())),
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
        signers: &[String],
        trust: &Trust,
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
        let of_head = head.as_ref().and_then(|head| head[2].text());
        let is_own = |signer: &&str| signers.iter().any(|own| own == signer);
        let of_records = || chains.iter().map(|(_, signer)| signer.as_str()).find(is_own);
        let own = of_head.filter(is_own).or_else(of_records).or(of_head).unwrap_or_default().to_owned();
        if !chains.is_empty() && !is_own(&own.as_str()) {
            findings.stored(StoredRule::KeySigner, format!("{id} {own}"));
        }
        if head.is_none() {
            findings.stored(StoredRule::HeadRowMissing, id.to_string());
        }
        let epochs = chains.iter().filter(|(_, signer)| *signer == own).map(|(epoch, _)| *epoch);
        let unreported = Unreported::read(self.tables, id, &own, epochs)?;
        if let Some(heads) = self.heads.get_mut(&id) {
            let all = heads.len();
            heads.retain(|head| !unreported.covers(&own, head));
            verdict.heads_unreported += (all - heads.len()) as u64;
        }
        let mut anchors = self.own_chain(outlet, own.clone(), head.as_ref(), trust, verdict, findings)?;
        let mut keys: BTreeMap<&str, Vec<PublicKey>> = BTreeMap::new();
        for (epoch, signer) in chains.iter().filter(|(_, signer)| *signer != own) {
            let keys = keys.entry(signer).or_default();
            let chain = (*epoch, signer.as_str());
            verdict.foreign += anchors.check(self.tables, id, chain, keys, findings, self.progress)?;
        }
        anchors.conclude(id, findings);
        Ok(())
    }

    fn own_chain(
        &mut self,
        outlet: OutletRow,
        signer: String,
        head: Option<&Cells>,
        trust: &Trust,
        verdict: &mut LedgerVerdict,
        findings: &mut Findings,
    ) -> Result<Anchors, LedgerAuditFault> {
        let id = outlet.id;
        let heads = self.heads.remove(&id).unwrap_or_default();
        let mut chain = OwnChain::new(self.tables, findings, self.progress, outlet, signer);
        let scratch = || (self.scratch)();
        let audit = Audit::new(trust).check(self.check).threads(self.threads).scratch(scratch);
        let judged = audit.heads(heads.iter().copied()).journal(&mut chain);
        let judged = match (judged, chain.fault.take()) {
            (_, Some(fault)) => return Err(fault.into()),
            (Err(fault), None) => return Err(LedgerAuditFault::Audit(fault)),
            (Ok(judged), None) => judged,
        };
        if let Some(head) = head {
            chain.check_head(head);
        }
        verdict.records += chain.records;
        let (anchors, is_empty) = (chain.anchors, chain.records == 0);
        if is_empty {
            // Before the first sale there is nothing to judge.
            if let Some(head) = heads.last() {
                findings.stored(StoredRule::HeadMissing, format!("{id} position {}", head.position));
            }
        } else {
            keep_judged(id, judged, verdict, findings);
        }
        Ok(anchors)
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

fn keep_judged(
    outlet: OutletId,
    judged: JournalVerdict,
    verdict: &mut LedgerVerdict,
    findings: &mut Findings,
) {
    verdict.invoices += judged.invoices;
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
