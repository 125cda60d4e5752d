//! The folder that the demonstration leaves behind.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
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

/// Whose folder it is: in no other is anything removed.
const MARK: &str = ".stelala-demo";
/// The device, the till and the receipts.
const FOLDERS: [&str; 3] = ["def", "till", "receipts"];
const FILES: [&str; 8] = [
    "def-port",
    "def-port.lock",
    "activation.txt",
    "key.pem",
    "root.pem",
    "trust.jws",
    "journal.jsonl",
    "qr.txt",
];
/// What a file has after its name until it is whole.
const UNFINISHED: [&str; 2] = [".part", ".unfinished"];

impl Place {
    /// A folder without the things of an earlier demonstration; what else is in it stays.
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        let context = || folder.display().to_string();
        let mark = folder.join(MARK);
        // A link of this name is no mark: it may lead anywhere.
        if fs::symlink_metadata(&mark).is_ok_and(|mark| mark.is_file()) {
            remove_earlier(folder)?;
        } else {
            fs::create_dir_all(folder).with_context(context)?;
            if fs::read_dir(folder).with_context(context)?.next().is_some() {
                bail!("{} is not empty and no demo's: name another folder with --out", folder.display());
            }
            fs::write(mark, "`stelala demo` replaces what it left here when it runs again\n")
                .with_context(context)?;
        }
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

/// Removes what demonstrations write, and a link of such a name, but nothing that a link leads to.
fn remove_earlier(folder: &Path) -> anyhow::Result<()> {
    // Nobody begins to use what is about to go.
    let _locks = [take_out_of_use(&folder.join("def"))?, take_out_of_use(&folder.join("till"))?];
    for name in FOLDERS {
        let path = folder.join(name);
        absent_or(fs::remove_dir_all(&path)).with_context(|| path.display().to_string())?;
    }
    for name in FILES {
        for ending in [""].into_iter().chain(UNFINISHED) {
            let path = folder.join(format!("{name}{ending}"));
            absent_or(fs::remove_file(&path)).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Takes the lock of a device's or a till's state, if there is one; no other program may have it.
fn take_out_of_use(state: &Path) -> anyhow::Result<Option<File>> {
    // The state that a link leads to stays, whoever uses it.
    if !fs::symlink_metadata(state).is_ok_and(|state| state.is_dir()) {
        return Ok(None);
    }
    let path = state.join("lock");
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut lock = match OpenOptions::new().read(true).custom_flags(no_link).open(&path) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| path.display().to_string())?,
    };
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only to be helpful: a till's lock names nobody.
            let _ = lock.read_to_string(&mut holder);
            let holder = holder.trim().parse::<u32>();
            let holder = holder.map_or("another program".to_owned(), |id| format!("process {id}"));
            bail!(
                "{} is in use by {holder}: end that one, or name another folder with --out",
                state.display()
            );
        }
        Err(TryLockError::Error(fault)) => Err(fault).with_context(|| path.display().to_string()),
    }
}

/// What is not there need not be removed.
fn absent_or(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
