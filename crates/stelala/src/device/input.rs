//! Texts that come as arguments, from files or from standard input.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use fiscal::PublicKey;
use rustix::fs::OFlags;

/// The most that a payload's file may have, in bytes: a payload has 24 KiB, and a file some white space.
const PAYLOAD: u64 = 25 * 1024;
/// The most that a key, a code or a request may have, in bytes.
const OTHER: u64 = 64 * 1024;
/// The most that a firmware may have, in bytes: more than any device has room for.
const IMAGE: u64 = 4 << 20;

/// A text as it stands, `-` for standard input, `@FILE` for a file's; without white space around it.
pub(super) fn text(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        _ if argument == "-" => standard_input(OTHER)?,
        Some(path) => file(Path::new(path), OTHER)?,
        None => argument.to_owned(),
    };
    Ok(text.trim().to_owned())
}

/// The text of a payload's file; `-` for standard input.
pub(super) fn payload(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") { standard_input(PAYLOAD) } else { file(path, PAYLOAD) }
}

/// A firmware's image.
pub(super) fn image(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = regular(path, OpenOptions::new().read(true), OFlags::empty());
    let read = file.and_then(|file| file.take(IMAGE + 1).read_to_end(&mut bytes));
    read.with_context(|| path.display().to_string())?;
    if bytes.is_empty() || bytes.len() as u64 > IMAGE {
        let megabytes = IMAGE >> 20;
        anyhow::bail!("{}: a firmware's image has 1 byte to {megabytes} MiB", path.display());
    }
    Ok(bytes)
}

/// A public key in PEM.
pub(super) fn public_key(path: &Path) -> anyhow::Result<PublicKey> {
    PublicKey::from_pem(&file(path, OTHER)?)
        .with_context(|| format!("{}: name a file with a public key in PEM", path.display()))
}

/// The text of a small file that is one: no pipe, which would be waited for, and nothing without an end.
pub(super) fn small_file(path: &Path) -> io::Result<String> {
    read(regular(path, OpenOptions::new().read(true), OFlags::empty())?, OTHER)
}

/// Opens what is a regular file, or will be.
pub(super) fn regular(path: &Path, how: &mut OpenOptions, more: OFlags) -> io::Result<File> {
    // A pipe without another end is opened too, and then refused; a terminal does not become this process's.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | more;
    let file = how.custom_flags(flags.bits() as i32).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file: name one"))
}

fn file(path: &Path, most: u64) -> anyhow::Result<String> {
    let file = regular(path, OpenOptions::new().read(true), OFlags::empty());
    file.and_then(|file| read(file, most)).with_context(|| path.display().to_string())
}

fn standard_input(most: u64) -> anyhow::Result<String> {
    read(io::stdin().lock(), most).context("standard input")
}

fn read(from: impl Read, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let kibibytes = most / 1024;
        let fault = format!("longer than {kibibytes} KiB: this is not what you meant");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, fault));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "this is no text in UTF-8"))
}
