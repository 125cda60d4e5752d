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
use ::verify::HeadAt;
use anyhow::{Context, bail};
use clap::Args;
use fiscal::{Epoch, OutletId};
use registry::Registry;
use signing::{KeyRing, Signer};
use verify_cli::Lang;

use super::{
    backup::in_words, examine::examine, export::PATIENCE, kept_heads::KeptHeads, opened::machine,
    progress::Progress, verify,
};
use crate::{
    cloud::{ConfigArgs, opened, tables_beside},
    random,
};

/// From which file, and where to.
#[derive(Args)]
pub(crate) struct RestoreCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Further files of heads that were kept outside the database, beside the configuration's: an epoch that one of them
    /// names was begun, and its numbers are not given again. May be given several times.
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// Restores though no file of heads is left. Only when this backup was never restored before: else its next epoch gives
    /// numbers that were given already.
    #[arg(long)]
    without_heads: bool,
}

impl RestoreCommand {
    /// 1 when the backup is not true; then, and after any fault, the database is as empty as it was.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let name = || self.from.display().to_string();
        let open = || File::open(&self.from).map(io::BufReader::new).with_context(name);
        // Before anything else is touched.
        let figures = check_backup(open()?, &tables_beside()).with_context(name)?;
        let epochs = self.known_epochs(&config)?;
        // The new epochs are sealed right after: without a signer nothing is begun.
        let ring = Arc::new(::cloud::open_signer(&config, random::fill)?);
        ring.wait_until_ready(PATIENCE)?;
        let database = opened(&config)?;
        let mut tables = database.fill()?;
        let mut progress = Progress::new(figures.rows(Table::Records));
        restore_backup(open()?, &tables_beside(), &mut *tables, &mut |rows| progress.add(rows))
            .with_context(name)?;
        drop(progress);
        let outlets = outlets_of(&mut *tables, &config)?;
        let verdict = examine(&mut *tables, BTreeMap::new(), None, None)?;
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
        tell_of_keys(&*database, &mut out)?;
        let begun = open_epochs(&config, database, ring, process, &outlets, &epochs, &mut out);
        begun.context("the records are restored, but not each outlet has its new epoch: empty the database and restore again")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl RestoreCommand {
    /// The newest epoch of each outlet that a head outside of the database names.
    fn known_epochs(&self, config: &Config) -> anyhow::Result<BTreeMap<OutletId, Epoch>> {
        let own = &config.ledger.heads;
        let files = self.heads.iter().chain(own.exists().then_some(own));
        let (mut kept, mut count) = (KeptHeads::default(), 0);
        for file in files {
            kept.read(file)?;
            count += 1;
        }
        if count == 0 && !self.without_heads {
            bail!(
                "{} is not there: give the heads that were kept with --heads, or say --without-heads when this backup was never \
                 restored before",
                own.display()
            );
        }
        let newest = |heads: Vec<HeadAt>| heads.into_iter().map(|head| head.epoch).max();
        let epochs =
            kept.into_inner().into_iter().filter_map(|(outlet, heads)| Some((outlet, newest(heads)?)));
        Ok(epochs.collect())
    }
}

/// What was revoked since the backup is not in it.
fn tell_of_keys(database: &dyn Database, out: &mut impl Write) -> anyhow::Result<()> {
    let keys = Registry::over(&mut *database.connect()?).count_keys(SystemClock.now())?;
    if keys > 0 {
        writeln!(
            out,
            "API keys that work again: {keys}. Revoke again those that were revoked after the backup, and stop again whoever \
             was stopped since"
        )?;
    }
    Ok(())
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
    epochs: &BTreeMap<OutletId, Epoch>,
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
        let by = machine(&ledger, *outlet)?;
        let known = epochs.get(outlet).copied();
        let opened = ledger.open_epoch(*outlet, EpochReason::Restored, known, Some(by))?;
        let epoch = opened.row.place.chain.epoch.0;
        writeln!(out, "{outlet}: goes on in epoch {epoch}, from number 1")?;
        Ok(())
    });
    ledger.stop();
    opened
}
