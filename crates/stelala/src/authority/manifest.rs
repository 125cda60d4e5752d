use std::{fs, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use def_protocol::token::TaxManifest;
use fiscal::{Classification, DEFAULT_MANIFEST, DgiLetter, InvoiceType, ManifestGroup};
use serde::Deserialize;

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
        let no_list = || format!("{}: no list of tax groups", file.display());
        let text = fs::read_to_string(file).with_context(no_list)?;
        let written: Vec<Written> = serde_json::from_str(&text).with_context(no_list)?;
        let entries = written.iter().map(Entry::read).collect::<anyhow::Result<Vec<_>>>();
        let entries = entries.with_context(no_list)?;
        let groups: Vec<_> = entries.iter().map(Entry::group).collect();
        self.sign(&groups)
    }

    fn sign(&self, groups: &[ManifestGroup<'_>]) -> anyhow::Result<String> {
        let operator = self.issuer.authority()?.operator;
        self.issuer.token(&operator, &self.validity, 1, &TaxManifest::new(self.version, groups))
    }
}

/// A tax group as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    letter: String,
    french: String,
    english: String,
    rate: String,
    valid_from: String,
    invoice_types: Option<Vec<String>>,
    classifications: Option<Vec<String>>,
}

/// The same, understood.
struct Entry<'w> {
    group: ManifestGroup<'w>,
    invoice_types: Vec<InvoiceType>,
    classifications: Vec<Classification>,
}

impl<'w> Entry<'w> {
    fn read(written: &'w Written) -> anyhow::Result<Self> {
        let [letter] = *written.letter.as_bytes() else { bail!("a letter is one of A to P") };
        let group = ManifestGroup {
            code: written.code.parse().context("code")?,
            letter: DgiLetter::new(letter).context("a letter is one of A to P")?,
            french: &written.french,
            english: &written.english,
            rate: written.rate.parse().context("rate")?,
            valid_from: written.valid_from.parse().context("valid_from")?,
            invoice_types: &[],
            classifications: &[],
        };
        Ok(Self {
            group,
            invoice_types: named(written.invoice_types.as_deref(), InvoiceType::ALL)
                .context("invoice_types")?,
            classifications: named(written.classifications.as_deref(), Classification::ALL)
                .context("classifications")?,
        })
    }

    fn group(&self) -> ManifestGroup<'_> {
        let Self { group, invoice_types, classifications } = self;
        ManifestGroup { invoice_types, classifications, ..*group }
    }
}

/// Those that are named, or all.
fn named<T>(names: Option<&[String]>, all: &[T]) -> Result<Vec<T>, T::Err>
where
    T: std::str::FromStr + Copy,
{
    names.map_or_else(|| Ok(all.to_vec()), |names| names.iter().map(|name| name.parse()).collect())
}
