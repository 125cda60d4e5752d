//! A ledger for one command, beside the clouds that run on the same database.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    sync::Arc,
};

use ::cloud::{Config, NotedHeads, PublishedSigner, SystemClock};
use ::ledger::{By, Clock, HeadFile, Ledger, Limits, Parts, Report};
use anyhow::Context;
use clap::Args;
use fiscal::OutletId;
use registry::Registry;
use signing::{Attester, Signer};

use super::export::PATIENCE;
use crate::{
    cloud::{ConfigArgs, existing},
    random,
};

/// Of which outlet a report is.
#[derive(Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The outlet.
    #[arg(long)]
    pub(super) outlet: OutletId,
}

/// How a report is printed.
#[derive(Args)]
pub(super) struct SignedArgs {
    /// Print it as the attesting key signed it, a compact JWS.
    #[arg(long)]
    signed: bool,
}

impl ReportArgs {
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        self.config.read()
    }

    /// For questions.
    pub(super) fn open(&self) -> anyhow::Result<Ledger> {
        open(&self.config.read()?)
    }

    /// For what is appended: not to a database that went back.
    pub(super) fn open_to_append(&self) -> anyhow::Result<Ledger> {
        let config = self.config.read()?;
        let (heads, database) = (&config.ledger.heads, existing(&config)?);
        NotedHeads::read(heads)?.check(&*database, heads)?;
        open(&config)
    }
}

impl SignedArgs {
    pub(super) fn print<T>(&self, report: Report<T>) -> anyhow::Result<()> {
        let text = match report.jws {
            Some(jws) if self.signed => jws,
            _ => report.json,
        };
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }
}

/// How the log of acts names who has the machine, in the log of the outlet's merchant.
pub(super) fn machine(ledger: &Ledger, outlet: OutletId) -> anyhow::Result<By> {
    let place = ledger.ask(|store| Ok(Registry::over(store).place_of(outlet)))??;
    let tenant = place.map(|place| place.merchant.as_str().parse()).transpose()?;
    Ok(By { actor: "machine".parse()?, tenant, request: "cli".parse()? })
}

pub(super) fn open(config: &Config) -> anyhow::Result<Ledger> {
    let database = existing(config)?;
    let heads = &config.ledger.heads;
    let witness = HeadFile::open(heads).with_context(|| heads.display().to_string())?;
    let ring = Arc::new(::cloud::open_signer(config, random::fill)?);
    ring.wait_until_ready(PATIENCE)?;
    // The sealing key proves itself first; this waits for the others.
    ring.refresh()?;
    let attester = ring.attester(ring.attesting_key()?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let signer = PublishedSigner::new(Arc::clone(&ring), Arc::clone(&database), Arc::clone(&clock));
    // A key that a cloud made and that seals now is taken before anything is sealed.
    signer.follow();
    let mut process = [0; 8];
    random::fill(&mut process);
    let parts = Parts {
        database,
        signer: Arc::new(signer) as Arc<dyn Signer>,
        clock,
        witness: Arc::new(witness),
        process: u64::from_le_bytes(process),
        vouchers: None,
        attester: Some(Arc::new(attester) as Arc<dyn Attester>),
    };
    let limits = Limits { writers: NonZeroUsize::MIN, queue: NonZeroUsize::MIN, readers: 1 };
    Ok(Ledger::start(parts, limits)?)
}
