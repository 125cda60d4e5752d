use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use ::cloud::SystemClock;
use ::ledger::{Clock, Export, ExportDays};
use anyhow::Context;
use clap::Args;
use fiscal::{CivilDate, OutletId};
use signing::Attester;

use super::progress::Progress;
use crate::{
    cloud::{ConfigArgs, existing},
    random,
};

/// How long a command waits for a token.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Of which outlet and days, and where to.
#[derive(Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The outlet.
    #[arg(long)]
    outlet: OutletId,
    /// The first business day; all before it are left out.
    #[arg(long, value_name = "DATE")]
    since: Option<CivilDate>,
    /// The last business day.
    #[arg(long, value_name = "DATE")]
    until: Option<CivilDate>,
    /// The folder: a new one, or that of the same export to go on with.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl ExportCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let database = existing(&config)?;
        let ring = ::cloud::open_signer(&config, random::fill)?;
        ring.wait_until_ready(PATIENCE)?;
        // The sealing key proves itself first; this waits for the others.
        ring.refresh()?;
        let attester = ring.attester(ring.attesting_key()?);
        let mut store = database.connect()?;
        let mut progress = Progress::new(0);
        let export = Export {
            store: &mut *store,
            outlet: self.outlet,
            days: ExportDays { since: self.since, until: self.until },
            attester: &attester,
            now: SystemClock.now(),
            progress: &mut |records| progress.add(records),
        };
        let done = export.write(&self.out)?;
        drop(progress);
        let name = self.out.display();
        let keys: String = store.keys()?.iter().map(|key| format!("{}\n", key.key.to_pem())).collect();
        for (file, text) in [("keys.pem", keys), ("attester.pem", attester.public_key().to_pem().to_string())]
        {
            fs::write(self.out.join(file), text)
                .with_context(|| self.out.join(file).display().to_string())?;
        }
        let (records, parts, kept) = (done.records, done.parts, done.kept);
        let mut out = io::stdout().lock();
        writeln!(out, "{name}: {records} records in {parts} parts, {kept} of them from before")?;
        writeln!(out, "stelala verify export {name} --trust {name}/keys.pem --attester {name}/attester.pem")?;
        Ok(ExitCode::SUCCESS)
    }
}
