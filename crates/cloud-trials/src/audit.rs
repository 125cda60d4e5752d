//! The ledger against what tills heard, and the referee over all of it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, BufWriter, Seek, Write},
    num::NonZeroUsize,
    path::PathBuf,
};

use anyhow::Context;
use fiscal::{Epoch, InvoiceNumber, Position, RecordHash};
use ledger::{ChainId, Database, LedgerStore, Row};
use verify::{Audit, HeadAt, JournalLine, KnownHead, Trust};

use crate::{sale::OUTLETS, shop::Acknowledged};

/// Reads a ledger as it grows.
#[derive(Default)]
pub struct Auditor {
    outlets: [Progress; OUTLETS.len()],
}

/// How far an outlet was read.
#[derive(Clone, Default)]
struct Progress {
    position: Option<Position>,
    number: u64,
    /// The ends of the chain at each reading: an audit of all must find them.
    heads: Vec<KnownHead>,
}

impl Auditor {
    /// Compares what is new in the ledger with what tills heard since the last time, when no sale is in doubt: each
    /// acknowledged sale is there with the very same record, once, nothing else is, and no number is missing.
    pub fn compare(
        &mut self,
        database: &dyn Database,
        acknowledged: &[Acknowledged],
    ) -> anyhow::Result<Vec<String>> {
        let mut store = database.connect()?;
        let mut wrong = Vec::new();
        for (outlet, progress) in self.outlets.iter_mut().enumerate() {
            let heard: Vec<_> = acknowledged.iter().filter(|one| one.outlet == outlet).collect();
            progress.compare(store.as_mut(), outlet, &heard, &mut wrong)?;
        }
        Ok(wrong)
    }

    /// Has the referee judge each outlet's ledger from its first record to its last, against the ends of all readings
    /// before, and against the heads that processes kept. Says what is false, and how many records there are.
    pub fn judge(&self, database: &dyn Database, heads: &[PathBuf]) -> anyhow::Result<(Vec<String>, u64)> {
        let mut store = database.connect()?;
        let trust = Trust::Keys(store.keys()?.into_iter().map(|known| known.key).collect());
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let (mut wrong, mut records) = (Vec::new(), 0);
        for (outlet, progress) in self.outlets.iter().enumerate() {
            let id = OUTLETS[outlet].0;
            let mut journal = BufWriter::new(tempfile::tempfile()?);
            let mut after = None;
            loop {
                let rows = page(store.as_mut(), outlet, after)?;
                let Some(last) = rows.last() else { break };
                after = Some(last.place.position);
                for row in &rows {
                    let line = JournalLine::new(&row.read()?, row.body.as_deref());
                    writeln!(journal, "{}", line.to_json())?;
                }
            }
            let mut journal = journal.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            journal.rewind()?;
            if after.is_none() {
                continue;
            }
            let mut kept = Vec::new();
            for file in heads {
                let read = HeadAt::read_all(BufReader::new(File::open(file)?), Some(id.parse()?));
                kept.extend(read.with_context(|| file.display().to_string())?);
            }
            let audit = Audit::new(&trust).threads(threads).known_heads(progress.heads.iter().copied());
            let verdict = audit.heads(kept).journal(BufReader::new(journal))?;
            records += verdict.lines;
            wrong.extend(verdict.findings.iter().map(|finding| format!("{id}: {finding:?}")));
        }
        Ok((wrong, records))
    }
}

impl Progress {
    fn compare(
        &mut self,
        store: &mut dyn LedgerStore,
        outlet: usize,
        heard: &[&Acknowledged],
        wrong: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        let id = OUTLETS[outlet].0;
        let mut invoices = BTreeMap::new();
        loop {
            let rows = page(store, outlet, self.position)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let position = row.place.position.value();
                if position != self.position.map_or(0, Position::value) + 1 {
                    wrong.push(format!("{id}: position {position} is not the next"));
                }
                self.position = Some(row.place.position);
                let Some(number) = row.number else { continue };
                self.number += 1;
                if number.value() != self.number {
                    wrong.push(format!("{id}: number {} where {} is next", number.value(), self.number));
                    self.number = number.value();
                }
                invoices.insert(number.value(), row);
            }
        }
        for Acknowledged { seal, .. } in heard {
            // What is left over at the end was asked for by nobody, or sealed twice.
            match invoices.remove(&seal.invoice_seq) {
                Some(row) if row.record[..] == seal.record.to_bytes()[..] => {}
                Some(_) => {
                    wrong.push(format!("{}: another record than was acknowledged", seal.fiscal_number))
                }
                None => wrong.push(format!("{}: acknowledged, and not in the ledger", seal.fiscal_number)),
            }
        }
        wrong.extend(
            invoices.keys().map(|number| format!("{id}: number {number} was acknowledged to nobody")),
        );
        self.note_head(store, outlet)
    }

    fn note_head(&mut self, store: &mut dyn LedgerStore, outlet: usize) -> anyhow::Result<()> {
        let head = store.head(OUTLETS[outlet].0.parse()?)?.context("an outlet has a head")?;
        if head.state.hash != RecordHash::NONE {
            self.heads.push(KnownHead(head.state.hash));
        }
        Ok(())
    }
}

/// Whether an acknowledged sale is in a ledger with the very same record.
pub(crate) fn is_held(store: &mut dyn LedgerStore, one: &Acknowledged) -> anyhow::Result<bool> {
    let number = InvoiceNumber::new(one.seal.invoice_seq).context("a number")?;
    let row = store.by_number(OUTLETS[one.outlet].0.parse()?, one.seal.epoch, number)?;
    Ok(row.is_some_and(|row| row.record[..] == one.seal.record.to_bytes()[..]))
}

/// The next records of an outlet, at most 1,000.
pub fn page(store: &mut dyn LedgerStore, outlet: usize, after: Option<Position>) -> anyhow::Result<Vec<Row>> {
    let chain = ChainId { outlet: OUTLETS[outlet].0.parse()?, epoch: Epoch(0), signer: "CLOUD-01".parse()? };
    Ok(store.records(chain, after, 1_000)?)
}
