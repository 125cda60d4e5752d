use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use ::cloud::{Config, PublishedSigner, SystemClock};
use ::ledger::{
    Clock, Database, EpochReason, HeadFile, Ledger, Limits, Parts, Table, Tables, check_backup,
    restore_backup,
};
use anyhow::{Context, bail};
use clap::Args;
use fiscal::OutletId;
use signing::{KeyRing, Signer};
use verify_cli::Lang;

use super::{backup::in_words, examine::examine, export::PATIENCE, progress::Progress, verify};
use crate::{cloud::ConfigArgs, random};

/// From which file, and where to.
#[derive(Args)]
pub(crate) struct RestoreCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

impl RestoreCommand {
    /// 1 when the backup is not true; then, and after any fault, the database is as empty as it was.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let name = || self.from.display().to_string();
        let open = || File::open(&self.from).map(io::BufReader::new).with_context(name);
        // Before anything else is touched.
        let figures = check_backup(open()?).with_context(name)?;
        // The new epochs are sealed right after: without a signer nothing is begun.
        let ring = Arc::new(::cloud::open_signer(&config, random::fill)?);
        ring.wait_until_ready(PATIENCE)?;
        let database = ::cloud::database(&config.database)?;
        let mut tables = database.fill()?;
        let mut progress = Progress::new(figures.rows(Table::Records));
        restore_backup(open()?, &mut *tables, &mut |rows| progress.add(rows)).with_context(name)?;
        drop(progress);
        let outlets = outlets_of(&mut *tables, &config)?;
        let verdict = examine(&mut *tables, BTreeMap::new(), None)?;
        let mut out = io::stdout().lock();
        if !verdict.is_true() {
            out.write_all(verify::in_words(&verdict, Lang::En).as_bytes())?;
            writeln!(out, "\nThis backup is not true: nothing was restored.")?;
            return Ok(ExitCode::FAILURE);
        }
        // Until the new epochs are there, nobody else appends.
        let process = random::number()?;
        tables.commit(process)?;
        writeln!(out, "{}: {}, all of it true", self.from.display(), in_words(&figures))?;
        let opened = open_epochs(&config, database, ring, process, &outlets, &mut out);
        opened.context("the records are restored, but not each outlet has its new epoch: empty the database and restore again")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The outlets, whose chains have to be those of the configuration's signer.
fn outlets_of(tables: &mut dyn Tables, config: &Config) -> anyhow::Result<Vec<OutletId>> {
    const PAGE: usize = 500;
    let signer = config.signer.id();
    let (mut outlets, mut after) = (Vec::new(), None::<Vec<_>>);
    loop {
        let page = tables.rows(Table::Heads, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(outlets) };
        after = Some(last[..1].to_vec());
        for head in &page {
            let of = head[2].text().unwrap_or_default();
            if of != signer.as_str() {
                bail!(
                    "these ledgers are of the signer {of}, and the configuration's is {signer}: set signer.id"
                );
            }
            outlets.push(
                head[0]
                    .text()
                    .unwrap_or_default()
                    .parse()
                    .context("the backup names an outlet that is none")?,
            );
        }
    }
}

fn open_epochs(
    config: &Config,
    database: Arc<dyn Database>,
    ring: Arc<KeyRing>,
    process: u64,
    outlets: &[OutletId],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let signer = PublishedSigner::new(ring, Arc::clone(&database), Arc::clone(&clock));
    let heads = &config.ledger.heads;
    let witness = HeadFile::open(heads).with_context(|| heads.display().to_string())?;
    let parts = Parts {
        database,
        signer: Arc::new(signer) as Arc<dyn Signer>,
        clock,
        witness: Arc::new(witness),
        process,
        vouchers: None,
        attester: None,
    };
    let ledger = Ledger::start(parts, Limits::default())?;
    let opened = outlets.iter().try_for_each(|outlet| {
        let epoch = ledger.open_epoch(*outlet, EpochReason::Restored)?.row.place.chain.epoch.0;
        writeln!(out, "{outlet}: goes on in epoch {epoch}, from number 1")?;
        Ok(())
    });
    ledger.stop();
    opened
}
