use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::cloud::{Config, EXAMPLE};
use anyhow::Context;
use clap::Args;

/// Where the configuration is.
#[derive(Args)]
pub(crate) struct ConfigArgs {
    /// The configuration; variables STELALA_… win over it.
    #[arg(long, value_name = "FILE", default_value = "cloud.toml")]
    config: PathBuf,
}

impl ConfigArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Config> {
        let name = self.config.display();
        let advice = || format!("{name}: `stelala cloud config > {name}` makes one");
        let text = fs::read_to_string(&self.config).with_context(advice)?;
        let folder = self.config.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Config::read(&text, folder, &environment()).with_context(|| name.to_string())
    }
}

/// The variables that may set members of the configuration.
fn environment() -> Vec<(String, String)> {
    // This is the one place that looks at the environment; a variable of other bytes than text is none of ours.
    let ours = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ours.filter(|(name, _)| name.starts_with("STELALA_")).collect()
}

/// It needs nothing.
#[derive(Args)]
pub(crate) struct PrintCommand {}

impl PrintCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        io::stdout().lock().write_all(EXAMPLE.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
