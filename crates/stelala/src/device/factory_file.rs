//! What a simulated or emulated device got in the factory, kept in its state directory.

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
    pub(super) board: Board,
    pub(super) flash_kib: Option<u32>,
}

/// What the device is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Board {
    /// This program.
    Simulator,
    /// A machine that QEMU emulates.
    Qemu,
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
    /// Of a simulator; that of QEMU's board is counted in KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flash_mib: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flash_kib: Option<u32>,
}

impl Written {
    /// The board, and the size of its flash in bytes.
    fn board(&self) -> anyhow::Result<(Board, u64)> {
        match (self.flash_mib, self.flash_kib) {
            (Some(mib), None) => Ok((Board::Simulator, u64::from(mib) << 20)),
            (None, Some(kib)) => Ok((Board::Qemu, u64::from(kib) << 10)),
            _ => bail!("damaged, restore it from a copy: it has flash_mib or flash_kib"),
        }
    }
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
    let (board, flash_bytes) = written.board().with_context(|| path.display().to_string())?;
    if board != wanted.board {
        bail!("{}: {}", directory.display(), other_board(board));
    }
    let factory = understand(&written).with_context(|| path.display().to_string())?;
    let made = Made { factory, flash_bytes, new_authority };
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
        flash_mib: (wanted.board == Board::Simulator).then_some(wanted.flash_kib.unwrap_or(64 << 10) >> 10),
        flash_kib: (wanted.board == Board::Qemu).then_some(wanted.flash_kib.unwrap_or(8 << 10)),
    };
    put::file(&directory.join(NAME), serde_json::to_string_pretty(&written)?.as_bytes())
        .with_context(|| format!("{}: cannot write {NAME} there", directory.display()))?;
    Ok((written, new_authority))
}

const fn other_board(board: Board) -> &'static str {
    match board {
        Board::Simulator => "the device there is one of `stelala device simulate`: start it so",
        Board::Qemu => "the device there is one of `stelala device qemu`: start it so",
    }
}

fn understand(written: &Written) -> anyhow::Result<Factory> {
    if written.realm != REALM {
        bail!("the realm {:?} is none of a simulator: it is {REALM:?}", written.realm);
    }
    Ok(Factory {
        serial: written.serial.parse().context("serial")?,
        realm: Realm::Development,
        root: PublicKey::from_pem(&written.root).context("root")?,
        firmware: Firmware { version: env!("CARGO_PKG_VERSION"), build: 1 },
    })
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
    if let Some(kib) = wanted.flash_kib.filter(|kib| u64::from(*kib) << 10 != made.flash_bytes) {
        let (has, asked) = (size(made.flash_bytes >> 10), size(u64::from(kib)));
        bail!("{directory} has a flash of {has}, not {asked}: name another directory");
    }
    Ok(())
}

fn size(kib: u64) -> String {
    if kib.is_multiple_of(1024) { format!("{} MiB", kib >> 10) } else { format!("{kib} KiB") }
}

fn read_root(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = input::small_file(path).with_context(|| path.display().to_string())?;
    PublicKey::from_pem(&pem).with_context(|| format!("{}: no public key in PEM", path.display()))
}
