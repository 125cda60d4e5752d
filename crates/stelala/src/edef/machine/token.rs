use std::{io::Read, path::Path};

use ::cloud::SecretSource;
use anyhow::Context;
use edef::Token;

/// More than any token is long.
const LONGEST: u64 = 64 * 1024;

/// Reads a token from a file that nobody else may read, or from the standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Token> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text).context("the standard input")?;
        text
    } else {
        SecretSource::File(path.to_owned()).read()?
    };
    // The text itself is told to nobody.
    text.trim().parse::<Token>().with_context(|| path.display().to_string())
}
