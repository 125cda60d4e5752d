//! Where the key comes from: a file of its owner's, or the environment; never the command line, which others see.

use std::{fs::File, io::Read, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, bail};

/// What is shown to the cloud. It is never printed.
pub(super) struct Key(String);

const VARIABLE: &str = "STELALA_API_KEY";
/// Longer than every key.
const MOST_BYTES: u64 = 512;

impl Key {
    /// From a file that nobody else may read, else from the environment.
    pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = file else { return Self::of_environment() };
        let name = path.display();
        let file = File::open(path).with_context(|| name.to_string())?;
        if file.metadata().with_context(|| name.to_string())?.permissions().mode() & 0o077 != 0 {
            bail!("{name} may be read by others: chmod 600 {name}");
        }
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).with_context(|| name.to_string())?;
        Self::new(&text).with_context(|| name.to_string())
    }

    fn of_environment() -> anyhow::Result<Self> {
        // Beside the configuration's, the one variable that is read: a secret is passed in no other way.
        let found = std::env::vars_os().find(|(name, _)| name == VARIABLE);
        let (_, text) = found.with_context(|| {
            format!("an API key is needed: name its file with --key-file, or set {VARIABLE}")
        })?;
        Self::new(text.to_str().unwrap_or_default()).context(VARIABLE)
    }

    fn new(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("this is no API key: it is one line, as stk_…");
        }
        Ok(Self(text.to_owned()))
    }

    /// As the header has it.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_key_that_others_may_read_is_refused_with_what_to_type() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("till.key");
        fs::write(&path, "stk_abc\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let fault = Key::read(Some(&path)).map(|_| ()).unwrap_err().to_string();
        assert!(fault.contains("chmod 600") && !fault.contains("stk_"), "{fault}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Key::read(Some(&path)).unwrap().bearer(), "Bearer stk_abc");
        for wrong in ["", "\n", "two words", "stk_é", "a\nb"] {
            assert!(Key::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
