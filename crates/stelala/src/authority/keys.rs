//! The keys that command devices, in a folder.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use fiscal::PrivateKey;
use p256::{
    ecdsa::SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};

use crate::random;

/// The folder's content: `NAME.pem`, the public half, and `NAME.key`, PKCS#8 in PEM for its owner only.
const NAMES: [&str; 3] = ["root", "dgi", "operator"];

/// Who commands devices of the development realm.
pub(crate) struct Authority {
    /// Signs activation codes.
    pub(crate) root: SigningKey,
    /// The tax authority.
    pub(crate) dgi: SigningKey,
    /// Who runs the service.
    pub(crate) operator: SigningKey,
}

impl Authority {
    /// Makes new keys in a new folder, all of them or nothing.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        if folder.symlink_metadata().is_ok() {
            bail!("{} is there already: keys are never overwritten, name another folder", folder.display());
        }
        let made = Self {
            root: random::bare_software_key()?,
            dgi: random::bare_software_key()?,
            operator: random::bare_software_key()?,
        };
        let unfinished = beside(folder);
        made.write(&unfinished)
            .and_then(|()| Ok(fs::rename(&unfinished, folder)?))
            .with_context(|| format!("{}: cannot put keys there", folder.display()))?;
        Ok(made)
    }

    /// Reads the keys of a folder.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let [root, dgi, operator] = NAMES.map(|name| read_key(&folder.join(format!("{name}.key"))));
        Ok(Self { root: root?, dgi: dgi?, operator: operator? })
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        // What an attempt that was interrupted left is nobody's.
        let _ = fs::remove_dir_all(folder);
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        DirBuilder::new().mode(0o700).create(folder)?;
        for (name, key) in NAMES.into_iter().zip([&self.root, &self.dgi, &self.operator]) {
            let private = key.to_pkcs8_pem(LineEnding::LF).map_err(|fault| anyhow!("PKCS#8: {fault}"))?;
            write_new(&folder.join(format!("{name}.key")), 0o600, private.as_bytes())?;
            write_new(&folder.join(format!("{name}.pem")), 0o644, key.public_key().to_pem().as_bytes())?;
        }
        Ok(())
    }
}

fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".unfinished");
    PathBuf::from(name)
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

fn read_key(path: &Path) -> anyhow::Result<SigningKey> {
    let pem = fs::read_to_string(path)
        .with_context(|| format!("{}: name a folder that `authority new` made", path.display()))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|fault| {
        anyhow!("{}: no P-256 key in PKCS#8 PEM ({fault}): restore it from a copy", path.display())
    })
}
