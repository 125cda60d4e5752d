use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::cloud::{Config, EXAMPLE, SecretSource};
use anyhow::Context;
use clap::Args;
use signing::Passphrase;

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

/// Where the passphrase of a key file is, for commands that have no configuration.
#[derive(Args)]
pub(crate) struct PassphraseArgs {
    /// A file with the passphrase, which nobody else may read; STELALA_PASSPHRASE otherwise.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Passphrase> {
        if let Some(path) = &self.passphrase_file {
            return Ok(SecretSource::File(path.clone()).passphrase()?);
        }
        let given = environment().into_iter().find(|(name, _)| name == "STELALA_PASSPHRASE");
        let given = given.and_then(|(_, text)| Passphrase::new(text));
        given.context("the keys are encrypted: set STELALA_PASSPHRASE, or name a --passphrase-file")
    }
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
