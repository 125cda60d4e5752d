//! The tables of a database, examined.

use std::{collections::BTreeMap, io, num::NonZeroUsize, thread};

use ::ledger::{LedgerAudit, LedgerVerdict, StoreFault, Table, Tables};
use ::verify::{HeadAt, ScratchFile};
use fiscal::{OutletId, PublicKey};
use verify_cli::AwsLcCheck;

use super::progress::Progress;

pub(super) fn examine(
    tables: &mut dyn Tables,
    heads: BTreeMap<OutletId, Vec<HeadAt>>,
    held: Option<&[PublicKey]>,
    threads: Option<NonZeroUsize>,
) -> anyhow::Result<LedgerVerdict> {
    let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut progress = Progress::new(records(tables)?);
    let audit = LedgerAudit {
        tables,
        check: &AwsLcCheck::default(),
        threads: threads.unwrap_or_else(cores),
        heads,
        held,
        scratch: &temporary_file,
        progress: &mut |rows| progress.add(rows),
    };
    Ok(audit.run()?)
}

/// A file without a name, in the folder for such files, which is gone when the process is.
fn temporary_file() -> io::Result<Box<dyn ScratchFile>> {
    Ok(Box::new(tempfile::tempfile()?))
}

/// How many records there are, as heads say: those of earlier epochs and of other signers are not among them.
fn records(tables: &mut dyn Tables) -> Result<u64, StoreFault> {
    const PAGE: usize = 500;
    let (mut records, mut after) = (0_u64, None::<Vec<_>>);
    loop {
        let page = tables.rows(Table::Heads, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(records) };
        after = Some(last[..1].to_vec());
        let positions = page.iter().filter_map(|head| u64::try_from(head[3].integer()?).ok());
        records = positions.fold(records, u64::saturating_add);
    }
}
