//! Tax groups as dated data that is replaced while the ledger runs (P7).

mod fault;
mod follows;
mod form;
mod names;
#[cfg(test)]
mod tests;

pub use fault::ManifestFault;

use std::sync::{Arc, LazyLock};

use fiscal::{DEFAULT_MANIFEST, Manifest, ManifestGroup};

/// All tax groups that there were, are and will be, in one version.
#[derive(Debug)]
pub struct ManifestBook {
    version: u32,
    groups: Vec<ManifestGroup<'static>>,
}

impl ManifestBook {
    /// The version of [`ManifestBook::default_book`]; what is imported first has the next.
    pub const DEFAULT_VERSION: u32 = 0;
    /// The most entries that a book has. A device takes 48 (`TaxManifest`).
    pub const MAX_ENTRIES: usize = 1_024;
    /// The longest name of a group, in bytes, as on a device.
    pub const MAX_NAME: usize = 64;

    /// The groups that everyone starts with: [`fiscal::DEFAULT_MANIFEST`]. Always the same one.
    pub fn default_book() -> Arc<Self> {
        static DEFAULT: LazyLock<Arc<ManifestBook>> = LazyLock::new(|| {
            let groups = DEFAULT_MANIFEST.groups.to_vec();
            Arc::new(ManifestBook { version: ManifestBook::DEFAULT_VERSION, groups })
        });
        Arc::clone(&DEFAULT)
    }

    /// Reads a JSON list of tax groups, at least one: `{"code", "letter", "french", "english", "rate": "0.16",
    /// "valid_from": "2026-01-01"}` and, where not all are allowed, `"invoice_types"` and `"classifications"`. An entry
    /// that allows none ends its group.
    pub fn read(text: &str, version: u32) -> Result<Self, ManifestFault> {
        Ok(Self { version, groups: form::read(text)? })
    }

    /// The same list, written so that it is read back as this book.
    pub fn to_json(&self) -> String {
        form::write(&self.groups)
    }

    /// Which version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The entries, in their order.
    pub fn groups(&self) -> &[ManifestGroup<'_>] {
        &self.groups
    }

    /// As the rules take it.
    pub fn as_manifest(&self) -> Manifest<'_> {
        Manifest { groups: &self.groups }
    }
}
