use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{configured::ConfigArgs, desk::Desk};

#[derive(Subcommand)]
pub(crate) enum ManifestCommand {
    /// Takes a list of tax groups as the next version.
    Import(ImportCommand),
    /// Prints a version of the list, as a file that can be imported.
    Show(ShowCommand),
}

/// The list.
#[derive(Args)]
pub(crate) struct ImportCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// A JSON list of tax groups: {"code", "letter", "french", "english", "rate": "0.16", "valid_from": "2026-01-01"}
    /// and, where not all are allowed, "invoice_types" and "classifications".
    #[arg(value_name = "FILE.json")]
    file: PathBuf,
}

/// Which version.
#[derive(Args)]
pub(crate) struct ShowCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The version; the newest unless said.
    #[arg(long, value_name = "N")]
    version: Option<u32>,
}

impl ManifestCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Import(command) => command.run(),
            Self::Show(command) => command.run(),
        }
    }
}

impl ImportCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let name = || self.file.display().to_string();
        let document = fs::read_to_string(&self.file).with_context(name)?;
        let config = self.config.read()?;
        let version = Desk::of(&config, |desk| desk.import_manifest(&document).with_context(name))?;
        writeln!(
            io::stdout().lock(),
            "{} is version {version} of the tax manifest; clouds that run take it within seconds",
            self.file.display()
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ShowCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let document = Desk::of_existing(&self.config.read()?, |desk| {
            let version = match self.version {
                Some(version) => version,
                None => desk.registry.newest_manifest()?.version(),
            };
            Ok(desk.registry.manifest_document(version)?)
        })?;
        writeln!(io::stdout().lock(), "{}", document.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
