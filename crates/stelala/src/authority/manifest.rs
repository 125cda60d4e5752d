use std::{fs, path::PathBuf};

use ::ledger::ManifestBook;
use anyhow::Context;
use clap::Args;
use def_protocol::token::TaxManifest;
use fiscal::{DEFAULT_MANIFEST, ManifestGroup};

use super::issue::{IssuerArgs, ValidityArgs};

/// A list of tax groups.
#[derive(Args)]
#[group(id = "groups", required = true, multiple = false, args = ["file", "default"])]
pub(crate) struct ManifestCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// A JSON list of tax groups: {"code", "letter", "french", "english", "rate": "0.16", "valid_from": "2026-01-01"}
    /// and, where not all are allowed, "invoice_types" and "classifications".
    #[arg(long, value_name = "FILE.json")]
    file: Option<PathBuf>,
    /// The groups that a new device has.
    #[arg(long)]
    default: bool,
    /// The manifest's version.
    #[arg(long, default_value_t = 1)]
    version: u32,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl ManifestCommand {
    /// The manifest as a token.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let Some(file) = &self.file else { return self.sign(DEFAULT_MANIFEST.groups) };
        let name = || file.display().to_string();
        let text = fs::read_to_string(file).with_context(name)?;
        let book = ManifestBook::read(&text, self.version).with_context(name)?;
        self.sign(book.groups())
    }

    fn sign(&self, groups: &[ManifestGroup<'_>]) -> anyhow::Result<String> {
        let operator = self.issuer.authority()?.operator;
        self.issuer.token(&operator, &self.validity, 1, &TaxManifest::new(self.version, groups))
    }
}
