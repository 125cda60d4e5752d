//! The day's invoices, as a till offers them.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use anyhow::{Context, bail};
use def_protocol::reply::Seal;
use fiscal::{AuthCode, Epoch, Invoice, InvoiceNumber, Reference, Timestamp};

/// An invoice that someone wants to make.
pub(super) struct Wish {
    /// Its file.
    pub(super) name: String,
    text: String,
}

/// The invoices of a day, in the order of their names.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<Wish>> {
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
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(Wish { name: path.display().to_string(), text })
    };
    paths.iter().map(read).collect()
}

/// What a till knows of what it sold today: a credit note names its original by the seal that it really got.
#[derive(Default)]
pub(super) struct Sold(BTreeMap<InvoiceNumber, (Epoch, AuthCode)>);

impl Sold {
    /// An invoice was sealed.
    pub(super) fn add(&mut self, seal: &Seal) {
        self.0.insert(seal.fiscal_number.number, (seal.epoch, seal.auth_code));
    }

    /// The payload of a wish, stamped now.
    pub(super) fn payload(&self, wish: &Wish, now: Timestamp) -> anyhow::Result<String> {
        let mut invoice = Invoice::read(wish.text.as_bytes()).with_context(|| wish.name.clone())?;
        invoice.timestamp = now;
        if let Some(Reference::Original(reference)) = &mut invoice.reference {
            let Some((epoch, auth_code)) = self.0.get(&reference.invoice_seq) else {
                bail!("{}: its original {} was not sold today", wish.name, reference.invoice_seq);
            };
            (reference.epoch, reference.auth_code) = (*epoch, *auth_code);
        }
        let mut payload = String::new();
        invoice.write(&mut payload)?;
        Ok(payload)
    }
}
