use std::path::{Path, PathBuf};

use fiscal::DeviceId;
use serde::Deserialize;

use super::ConfigFault;

/// Who seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerConfig {
    /// Keys in an encrypted file.
    Software {
        /// The signer's id: `device_id` of each seal.
        id: DeviceId,
        /// The file.
        store: PathBuf,
        /// Where its passphrase stands, unless the environment has it.
        passphrase_file: Option<PathBuf>,
        /// How many threads sign; as many as there are processors, if none is said.
        workers: Option<usize>,
    },
    /// Keys in a token.
    Pkcs11 {
        /// The signer's id.
        id: DeviceId,
        /// The library of the token's maker.
        module: PathBuf,
        /// The token's label.
        token: String,
        /// Where its PIN stands, unless the environment has it.
        pin_file: Option<PathBuf>,
        /// How many sessions sign.
        workers: Option<usize>,
    },
}

impl SignerConfig {
    /// The signer's id.
    pub const fn id(&self) -> DeviceId {
        match self {
            Self::Software { id, .. } | Self::Pkcs11 { id, .. } => *id,
        }
    }
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignerSection {
    kind: String,
    id: String,
    store: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    module: Option<PathBuf>,
    token: Option<String>,
    pin_file: Option<PathBuf>,
    workers: Option<usize>,
}

impl Default for SignerSection {
    fn default() -> Self {
        Self {
            kind: "software".to_owned(),
            id: "CLOUD-01".to_owned(),
            store: None,
            passphrase_file: None,
            module: None,
            token: None,
            pin_file: None,
            workers: None,
        }
    }
}

/// More threads than a token has ever served well.
const MOST_WORKERS: usize = 64;

impl SignerSection {
    pub(crate) fn check(self, folder: &Path) -> Result<SignerConfig, ConfigFault> {
        let id = self.id.parse().map_err(|fault| ConfigFault::member("signer.id", format!("{fault}")))?;
        if self.workers.is_some_and(|workers| !(1..=MOST_WORKERS).contains(&workers)) {
            return Err(ConfigFault::member("signer.workers", format!("1 to {MOST_WORKERS} are expected")));
        }
        let foreign = |member: &str, kind: &str| {
            Err(ConfigFault::member(
                format!("signer.{member}"),
                format!("it belongs to kind = \"{kind}\": leave it out"),
            ))
        };
        let of_folder = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        match self.kind.as_str() {
            "software" => {
                if self.module.is_some() {
                    return foreign("module", "pkcs11");
                }
                if self.token.is_some() {
                    return foreign("token", "pkcs11");
                }
                if self.pin_file.is_some() {
                    return foreign("pin_file", "pkcs11");
                }
                let store = folder.join(self.store.unwrap_or_else(|| "keys.json".into()));
                let passphrase_file = of_folder(self.passphrase_file);
                Ok(SignerConfig::Software { id, store, passphrase_file, workers: self.workers })
            }
            "pkcs11" => {
                if self.store.is_some() {
                    return foreign("store", "software");
                }
                if self.passphrase_file.is_some() {
                    return foreign("passphrase_file", "software");
                }
                let needed = |member: &str, what: &str| ConfigFault::member(format!("signer.{member}"), what);
                let module =
                    self.module.ok_or_else(|| needed("module", "name the library of your token's maker"))?;
                let token = self.token.ok_or_else(|| needed("token", "name the label of the token"))?;
                let pin_file = of_folder(self.pin_file);
                Ok(SignerConfig::Pkcs11 {
                    id,
                    module: folder.join(module),
                    token,
                    pin_file,
                    workers: self.workers,
                })
            }
            _ => Err(ConfigFault::member("signer.kind", "software or pkcs11 is expected")),
        }
    }
}
