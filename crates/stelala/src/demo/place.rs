//! The folder that the demonstration leaves behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use fiscal::{Listing, PublicKey};
use verify::{KeyList, KeyUse, Last, Serial, TrustedKey};

use super::shop::{DeviceFacts, Sale};
use crate::random;

/// The folder, by names that its commands take.
pub(super) struct Place {
    folder: PathBuf,
    port: String,
}

/// Whose folder it is: nothing else is ever removed.
const MARK: &str = ".stelala-demo";

impl Place {
    /// An empty folder, in place of an earlier demonstration's.
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        let context = || folder.display().to_string();
        if folder.join(MARK).exists() {
            fs::remove_dir_all(folder).with_context(context)?;
        }
        let mut there = fs::read_dir(folder).into_iter().flatten();
        if there.next().is_some() {
            bail!("{} is not empty and no demo's: name another folder with --out", folder.display());
        }
        fs::create_dir_all(folder).with_context(context)?;
        fs::write(folder.join(MARK), "`stelala demo` removes this folder when it runs again\n")
            .with_context(context)?;
        let port = folder.join("def-port").display().to_string();
        Ok(Self { folder: folder.to_owned(), port })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The device's port.
    pub(super) fn port(&self) -> &str {
        &self.port
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub(super) fn read(&self, name: &str) -> anyhow::Result<String> {
        let text = fs::read_to_string(self.folder.join(name)).with_context(|| self.file(name))?;
        Ok(text.trim_end().to_owned())
    }

    /// Leaves the QR texts and the list of keys that an inspector would carry, signed by a root that is made for it.
    pub(super) fn leave(&self, sales: &[Sale], device: DeviceFacts) -> anyhow::Result<PublicKey> {
        let root = random::software_key::<Listing>()?;
        let DeviceFacts { key, device, outlet, nif, epoch, first, opened } = device;
        let first = Serial { epoch, number: Some(first) };
        let purpose = KeyUse::Seal { device, outlet, nif, first, last: None::<Last> };
        let list = KeyList { issued: opened, keys: vec![TrustedKey { key, purpose }] };
        let bundle = list.sign(&root).context("the demo's root key did not sign")?;
        let texts: String = sales.iter().map(|sale| format!("{}\n", sale.seal.qr_payload)).collect();
        let root = *root.public_key();
        for (name, content) in
            [("root.pem", root.to_pem().to_string()), ("trust.jws", format!("{bundle}\n")), ("qr.txt", texts)]
        {
            fs::write(self.folder.join(name), content).with_context(|| self.file(name))?;
        }
        Ok(root)
    }
}
