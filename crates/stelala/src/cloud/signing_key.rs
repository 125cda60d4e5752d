use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::SystemClock;
use clap::Args;
use signing::Cost;

use super::{configured::ConfigArgs, opened};
use crate::random;

/// By the configuration of the clouds that share the signer.
#[derive(Args)]
pub(crate) struct RotateKeyCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl RotateKeyCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let database = opened(&config)?;
        let key = ::cloud::make_key(&config, Cost::RECOMMENDED, &*database, &SystemClock, random::fill)?;
        writeln!(
            io::stdout().lock(),
            "{} seals with key {} from now on; clouds that run take it within seconds",
            config.signer.id(),
            key.id()
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
