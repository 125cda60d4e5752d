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

/// Leaves public keys, journal and QR texts, for the commands that the demonstration suggests.
pub(super) fn write(folder: &Path, shop: &Shop, receipts: &[Receipt]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot make this folder", folder.display()))?;
    let journal: String = receipts.iter().map(|receipt| receipt.journal_line.to_json() + "\n").collect();
    let texts: String = receipts.iter().map(|receipt| format!("{}\n", receipt.elements.qr)).collect();
    for (name, content) in [
        ("key.pem", shop.key().to_pem().to_string()),
        ("root.pem", shop.root().to_pem().to_string()),
        ("trust.jws", format!("{}\n", shop.bundle()?)),
        ("journal.jsonl", journal),
        ("qr.txt", texts),
    ] {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("{}: cannot write this file", path.display()))?;
    }
    Ok(())
}
