//! The two flashes as files: what QEMU reads and writes.

use std::{
    fs::{File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::FileExt,
    path::Path,
};

use anyhow::{Context, bail};
use def_engine::FactoryPage;

use super::super::{factory_file::Made, put};

/// The flash of the journal, and the one that stands for the secure element and has the factory page.
pub(super) const NAMES: [&str; 2] = ["flash", "secure-element"];
/// A W25Q64, in bytes.
const LENGTH: usize = 8 << 20;
/// The unit in which the journal takes its part, in KiB.
const SECTOR_KIB: u32 = 4;

/// Whole sectors of the part.
pub(super) fn flash_kib(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(kib @ 4..=8192) if kib % SECTOR_KIB == 0 => Ok(kib),
        _ => Err("write a multiple of 4, at most 8192"),
    }
}

/// Makes the images that are not there, and sees to it that the factory page is.
pub(super) fn prepare(state: &Path, made: &Made) -> anyhow::Result<()> {
    for name in NAMES {
        let path = state.join(name);
        make(&path).with_context(|| path.display().to_string())?;
    }
    let path = state.join(NAMES[1]);
    burn(&path, &page(made)).with_context(|| path.display().to_string())
}

fn page(made: &Made) -> FactoryPage {
    let sectors = (made.flash_bytes >> 10) as u32 / SECTOR_KIB;
    let factory = &made.factory;
    FactoryPage { serial: factory.serial, realm: factory.realm, root: factory.root, sectors }
}

fn make(path: &Path) -> anyhow::Result<()> {
    match path.metadata() {
        Ok(there) if there.len() == LENGTH as u64 => Ok(()),
        Ok(there) => {
            bail!("{} bytes, not the {LENGTH} of a W25Q64: restore it from a copy", there.len())
        }
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(put::file(path, &vec![0xFF; LENGTH])?),
        Err(fault) => Err(fault.into()),
    }
}

fn burn(path: &Path, page: &FactoryPage) -> anyhow::Result<()> {
    let (wanted, mut there) = (page.to_bytes(), [0; FactoryPage::LENGTH]);
    File::open(path)?.read_exact_at(&mut there, 0)?;
    if there != wanted {
        OpenOptions::new().write(true).open(path)?.write_all_at(&wanted, 0)?;
    }
    Ok(())
}
