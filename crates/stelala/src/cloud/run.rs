use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::start_log;
use clap::Args;

use super::{Serving, configured::ConfigArgs};

/// By its configuration.
#[derive(Args)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl RunCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        start_log(&config.log)?;
        let serving = Serving::start(&config)?;
        let scheme = if config.http.tls.is_some() { "https" } else { "http" };
        // Who started it may wait for this line, and may have gone after it.
        let _ = writeln!(io::stdout().lock(), "listening at {scheme}://{}", serving.address());
        serving.until_interrupted()?;
        Ok(ExitCode::SUCCESS)
    }
}
