//! Which firmware is run: one that is named, or the one of the clone, built when it has to be.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Context, bail};

const TARGET: &str = "thumbv7em-none-eabihf";
/// In a clone: the firmware itself, and what it is made of.
const MANIFEST: &str = "firmware/qemu/Cargo.toml";
const SOURCES: [&str; 8] = [
    "firmware/Cargo.toml",
    "firmware/Cargo.lock",
    "firmware/qemu",
    "firmware/w25q",
    "crates/def-engine",
    "crates/def-protocol",
    "crates/fiscal",
    "Cargo.toml",
];

/// The file to run, whole and not older than its sources.
pub(super) fn find(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(named) = named {
        return match named.is_file() {
            true => Ok(named.to_owned()),
            false => bail!("{}: no firmware there", named.display()),
        };
    }
    let clone = clone_here()?;
    // A place that does not depend on how this machine's cargo is set up.
    let target = clone.join("firmware/target");
    let elf = target.join(TARGET).join("release/qemu");
    if !is_fresh(&elf, &clone)? {
        eprintln!("building the firmware…");
        build(&clone, &target)?;
        // Cargo leaves a file that came out the same as it was.
        let touched = fs::File::options().append(true).open(&elf).and_then(|file| file.set_modified(now()));
        touched.with_context(|| elf.display().to_string())?;
    }
    Ok(elf)
}

fn clone_here() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("the current folder")?;
    let clone = here.ancestors().find(|folder| folder.join(MANIFEST).is_file());
    clone.map(Path::to_owned).with_context(|| {
        format!(
            "no {MANIFEST} in {} or above it: run this in a clone of the repository, or name --firmware ELF",
            here.display()
        )
    })
}

fn is_fresh(elf: &Path, clone: &Path) -> anyhow::Result<bool> {
    let Ok(built) = elf.metadata().and_then(|elf| elf.modified()) else { return Ok(false) };
    for source in SOURCES {
        let path = clone.join(source);
        if newest(&path).with_context(|| path.display().to_string())? > built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When something in a folder was last changed; what cargo makes there is not looked at.
fn newest(path: &Path) -> std::io::Result<SystemTime> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        // The lock file is made by the first build.
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(SystemTime::UNIX_EPOCH),
        Err(fault) => return Err(fault),
    };
    let mut latest = metadata.modified()?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if !["target", "tests"].contains(&&*entry.file_name().to_string_lossy()) {
                latest = latest.max(newest(&entry.path())?);
            }
        }
    }
    Ok(latest)
}

fn build(clone: &Path, target: &Path) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--package", "qemu", "--target", TARGET, "--target-dir"]);
    cargo.arg(target).current_dir(clone.join("firmware")).stdout(Stdio::null());
    let ended = cargo.status().context("cargo cannot be started: install Rust, or name --firmware ELF")?;
    if !ended.success() {
        bail!(
            "the firmware was not built, for the reason above; if it is the target that is missing: rustup target add {TARGET}"
        );
    }
    Ok(())
}

#[allow(
    clippy::disallowed_methods,
    reason = "the age of a file is told by the clock that files are dated by"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
