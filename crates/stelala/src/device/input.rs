//! Texts that come as arguments, from files or from standard input.

use std::{fs, io::Read, path::Path};

use anyhow::Context;
use fiscal::PublicKey;

/// More than any request or payload has, in bytes: what is longer is another file than was meant.
const LONGEST: u64 = 1 << 20;

/// A text as it stands, `-` for standard input, `@FILE` for a file's; without white space around it.
pub(super) fn text(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        _ if argument == "-" => standard_input()?,
        Some(path) => file(Path::new(path))?,
        None => argument.to_owned(),
    };
    Ok(text.trim().to_owned())
}

/// A file's text; `-` for standard input.
pub(super) fn file_or_input(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") { standard_input() } else { file(path) }
}

/// A public key in PEM.
pub(super) fn public_key(path: &Path) -> anyhow::Result<PublicKey> {
    PublicKey::from_pem(&file(path)?)
        .with_context(|| format!("{}: name a file with a public key in PEM", path.display()))
}

fn file(path: &Path) -> anyhow::Result<String> {
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    read(file).with_context(|| path.display().to_string())
}

fn standard_input() -> anyhow::Result<String> {
    read(std::io::stdin().lock()).context("standard input")
}

fn read(from: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    let length = from.take(LONGEST + 1).read_to_string(&mut text)?;
    anyhow::ensure!(length as u64 <= LONGEST, "longer than 1 MiB: this is not what you meant");
    Ok(text)
}
