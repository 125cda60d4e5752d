use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context, bail, ensure};

use super::{Ground, play, words};
use crate::place::{Keys, PIN, Store, temporary};

/// Where distributions have SoftHSM.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// The token is gone under load, and returns.
pub(super) fn gone(ground: &Ground) -> anyhow::Result<String> {
    let folder = temporary("stelala-token-")?;
    let tokens = folder.path().join("tokens");
    let keys = token(folder.path(), &tokens)?;
    play(ground, Store::Sqlite, keys, 1, |scene, crew| {
        let away = folder.path().join("away");
        let (mut refusals, mut longest) = (BTreeMap::<String, u64>::new(), Duration::ZERO);
        for lasts in [300, 1_000, 3_000] {
            thread::sleep(Duration::from_millis(300));
            scene.shop.take_refusals();
            fs::rename(&tokens, &away)?;
            thread::sleep(Duration::from_millis(lasts));
            // The shortest absence is over before what was on its way has arrived.
            if lasts > 300 {
                let sealed = scene.until_still()?;
                thread::sleep(Duration::from_millis(500));
                ensure!(scene.sealed() == sealed, "sales were sealed without a token");
            }
            for (code, count) in scene.shop.take_refusals() {
                *refusals.entry(code).or_default() += count;
            }
            fs::rename(&away, &tokens)?;
            longest = longest.max(scene.until_sells()?);
            crew.settle()?;
        }
        let only = refusals.keys().all(|code| code == "SIGNER_UNAVAILABLE");
        ensure!(only && !refusals.is_empty(), "{}", words(&refusals));
        Ok(format!(
            "token gone: three times, at last for 3 s, in which tills heard {}; at most {} ms after it returned sales went \
             on without a restart",
            words(&refusals),
            longest.as_millis()
        ))
    })
}

/// A new token of SoftHSM.
fn token(folder: &Path, tokens: &Path) -> anyhow::Result<Keys> {
    let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    let module = module.context("libsofthsm2.so is missing: install softhsm2")?;
    fs::create_dir_all(tokens)?;
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
