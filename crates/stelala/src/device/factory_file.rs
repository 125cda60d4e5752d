//! What a simulated device got in the factory, kept in its state directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use def_engine::{Factory, Firmware};
use def_protocol::token::Realm;
use fiscal::{DeviceId, PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};

use super::{input, put};
use crate::authority::Authority;

const NAME: &str = "factory.json";
/// The realm of every simulator: none can be taken for a product.
const REALM: &str = "development";

/// What was asked for; what was not is as the directory has it, or as usual.
pub(super) struct Wanted<'a> {
    pub(super) serial: Option<DeviceId>,
    pub(super) root: Option<&'a Path>,
    pub(super) flash_mib: Option<u32>,
}

/// A device as it left the factory.
pub(super) struct Made {
    pub(super) factory: Factory,
    pub(super) flash_bytes: u64,
    /// Keys that were made for it just now.
    pub(super) new_authority: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    serial: String,
    realm: String,
    root: String,
    flash_mib: u32,
}

/// Takes the device of a state directory, or makes one there. One that is there and another is refused.
pub(super) fn take(directory: &Path, wanted: &Wanted<'_>) -> anyhow::Result<Made> {
    let path = directory.join(NAME);
    let (written, new_authority) = match fs::read(&path) {
        Ok(bytes) => {
            let written: Written = serde_json::from_slice(&bytes)
                .with_context(|| format!("{}: damaged, restore it from a copy", path.display()))?;
            (written, None)
        }
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => make(directory, wanted)?,
        Err(fault) => return Err(fault).context(path.display().to_string()),
    };
    let made = understand(&written, new_authority).with_context(|| path.display().to_string())?;
    agree(directory, wanted, &made)?;
    Ok(made)
}

fn make(directory: &Path, wanted: &Wanted<'_>) -> anyhow::Result<(Written, Option<PathBuf>)> {
    if directory.join("flash").exists() {
        bail!(
            "{} has a flash and no {NAME}: restore that file from a copy, or begin with a new directory",
            directory.display()
        );
    }
    let (root, new_authority) = match wanted.root {
        Some(path) => (read_root(path)?, None),
        None => {
            let folder = directory.join("authority");
            // Keys are there when an earlier first start was cut off after them.
            let authority =
                if folder.exists() { Authority::open(&folder)? } else { Authority::make(&folder)? };
            (authority.root.public_key(), Some(folder))
        }
    };
    let serial = match wanted.serial {
        Some(serial) => serial.to_string(),
        None => "DEF-000001".to_owned(),
    };
    let written = Written {
        serial,
        realm: REALM.to_owned(),
        root: root.to_pem().to_string(),
        flash_mib: wanted.flash_mib.unwrap_or(64),
    };
    put::file(&directory.join(NAME), serde_json::to_string_pretty(&written)?.as_bytes())
        .with_context(|| format!("{}: cannot write {NAME} there", directory.display()))?;
    Ok((written, new_authority))
}

fn understand(written: &Written, new_authority: Option<PathBuf>) -> anyhow::Result<Made> {
    if written.realm != REALM {
        bail!("the realm {:?} is none of a simulator: it is {REALM:?}", written.realm);
    }
    let factory = Factory {
        serial: written.serial.parse().context("serial")?,
        realm: Realm::Development,
        root: PublicKey::from_pem(&written.root).context("root")?,
        firmware: Firmware { version: env!("CARGO_PKG_VERSION"), build: 1 },
    };
    Ok(Made { factory, flash_bytes: u64::from(written.flash_mib) << 20, new_authority })
}

/// A device does not become another by a word on the command line.
fn agree(directory: &Path, wanted: &Wanted<'_>, made: &Made) -> anyhow::Result<()> {
    let directory = directory.display();
    if let Some(serial) = wanted.serial.filter(|serial| *serial != made.factory.serial) {
        bail!("{directory} is the device {}, not {serial}: name another directory", made.factory.serial);
    }
    if let Some(path) = wanted.root
        && read_root(path)? != made.factory.root
    {
        bail!("{directory} obeys another root than {}: name another directory", path.display());
    }
    let flash_mib = made.flash_bytes >> 20;
    if let Some(mib) = wanted.flash_mib.filter(|mib| u64::from(*mib) != flash_mib) {
        bail!("{directory} has a flash of {flash_mib} MiB, not {mib}: name another directory");
    }
    Ok(())
}

fn read_root(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = input::small_file(path).with_context(|| path.display().to_string())?;
    PublicKey::from_pem(&pem).with_context(|| format!("{}: no public key in PEM", path.display()))
}
