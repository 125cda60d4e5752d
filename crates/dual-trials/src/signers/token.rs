//! A new token of SoftHSM.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::{Keys, place::PIN};

/// Where distributions have SoftHSM.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

pub(super) fn make(folder: &Path) -> anyhow::Result<Keys> {
    let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    let module = module.context("libsofthsm2.so is missing: install softhsm2")?;
    let tokens = folder.join("tokens");
    fs::create_dir_all(&tokens)?;
    let config = folder.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&config, text)?;
    let mut command = Command::new("softhsm2-util");
    command.args(["--init-token", "--free", "--label", "stelala", "--pin", PIN, "--so-pin", "3141592653"]);
    let made = command
        .env("SOFTHSM2_CONF", &config)
        .output()
        .context("softhsm2-util is missing: install softhsm2")?;
    if !made.status.success() {
        bail!("softhsm2-util: {}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(Keys::SoftHsm { module, config })
}
