//! Who signs for fiscal memories, as an operator's commands would make them: a root of certificates in a folder apart, an
//! authority below it in the cloud's store of keys, and a tax authority for trials.

use std::{fs, path::Path};

use ::cloud::Config;
use anyhow::Context;
use signing::Passphrase;

use crate::{authority::Authority, cloud::ca};

/// What the cloud's configuration says of them.
pub(crate) const SECTION: &str = "[devices]\nrealm = \"development\"\ncertificates = \"certificates\"\ndgi_key = \"tax-authority/dgi.pem\"\n";
/// The root of certificates, which is needed again only for another authority below it.
const ROOT: &str = "authority";
const TAX_AUTHORITY: &str = "tax-authority";
/// The key that simulated devices obey.
pub(crate) const DEVICE_ROOT: &str = "device-root.pem";

/// Makes them in a folder that has none yet. The passphrase is the root's.
pub(crate) fn make(config: &Config, folder: &Path, passphrase: &str) -> anyhow::Result<()> {
    let passphrase = Passphrase::new(passphrase.to_owned()).context("an empty passphrase")?;
    Authority::make(&folder.join(TAX_AUTHORITY))?;
    ca::prepare(config, &folder.join(ROOT), &passphrase)?;
    let path = folder.join(DEVICE_ROOT);
    fs::write(&path, ca::device_root(config)?.to_pem().as_str()).with_context(|| path.display().to_string())
}
