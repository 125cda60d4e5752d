//! Which firmware is run: one that is named, or the one of the clone.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::firmware::Program;

const OURS: Program =
    Program { package: "qemu", target: "thumbv7em-none-eabihf", instead: ", or name --firmware ELF" };

/// The file to run, whole and not older than its sources.
pub(super) fn find(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(named) if named.is_file() => Ok(named.to_owned()),
        Some(named) => bail!("{}: no firmware there", named.display()),
        None => OURS.build(),
    }
}
