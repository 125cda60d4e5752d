//! What the demonstration reads and leaves behind.

use std::{fs, path::Path, path::PathBuf};

use super::shop::{Receipt, Shop};
use anyhow::{Context, bail};

/// The invoices of a day, by name, in the order of their names.
pub(super) fn read_day(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!("{}: run this in the repository's folder, or name a day with --day", folder.display())
    })?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        bail!("{}: there are no invoices here: name another folder with --day", folder.display());
    }
    let read = |path: &PathBuf| {
        let payload = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok((path.display().to_string(), payload))
    };
    paths.iter().map(read).collect()
}

/// Keys, journal and QR texts, for the commands that the demonstration suggests.
pub(super) struct Folder<'a> {
    path: &'a Path,
}

impl<'a> Folder<'a> {
    pub(super) fn create(path: &'a Path, shop: &Shop) -> anyhow::Result<Self> {
        fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        let folder = Self { path };
        folder.write("key.pem", &shop.key().to_pem())?;
        folder.write("root.pem", &shop.root().to_pem())?;
        folder.write("trust.jws", &format!("{}\n", shop.bundle()?))?;
        Ok(folder)
    }

    pub(super) fn write_receipts(&self, receipts: &[Receipt]) -> anyhow::Result<()> {
        let journal = receipts.iter().map(|receipt| receipt.journal_line.to_json() + "\n");
        self.write("journal.jsonl", &journal.collect::<String>())?;
        let texts = receipts.iter().map(|receipt| format!("{}\n", receipt.elements.qr));
        self.write("qr.txt", &texts.collect::<String>())
    }

    fn write(&self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        fs::write(&path, content).with_context(|| path.display().to_string())
    }
}
