//! A folder with a cloud that is ready to be served.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ::cloud::{ApiKey, Config, SystemClock};
use anyhow::Context;
use fiscal::{OutletId, UtcOffset};
use ledger::Outlet;
use signing::Cost;

use super::arguments::{SignerChoice, StoreChoice};
use crate::{cloud::api_key, random};

pub(super) struct Place {
    folder: PathBuf,
    config: Config,
    key: ApiKey,
    outlets: Vec<OutletId>,
}

/// Opening the keys is not measured.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

impl Place {
    /// Makes a new folder in another one, a key, and outlets.
    pub(super) fn make(
        folder: Option<&Path>,
        store: &StoreChoice,
        signer: &SignerChoice,
        outlets: usize,
    ) -> anyhow::Result<Self> {
        let name = format!("stelala-bench-{:016x}", random::number()?);
        let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned).join(name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let (key, lines) = api_key(None);
        let database = match store {
            StoreChoice::Sqlite => String::new(),
            StoreChoice::Postgres(url) => {
                format!("postgres = {url:?}\nallow_single_server = true\ninsecure_network = true\n")
            }
        };
        let (signer, pin) = match signer {
            SignerChoice::Software => (String::new(), "none"),
            SignerChoice::SoftHsm { module, token, pin } => {
                (format!("kind = \"pkcs11\"\nmodule = {module:?}\ntoken = {token:?}\n"), pin.as_str())
            }
        };
        let text =
            format!("[http]\nlisten = \"127.0.0.1:0\"\n[database]\n{database}[signer]\n{signer}{lines}");
        let secrets = [("STELALA_PASSPHRASE", "of a benchmark"), ("STELALA_PIN", pin)];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read(&text, &folder, &secrets)?;
        let outlets = make(&config, outlets)?;
        Ok(Self { folder, config, key, outlets })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) const fn api_key(&self) -> &ApiKey {
        &self.key
    }

    pub(super) fn outlets(&self) -> &[OutletId] {
        &self.outlets
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {fault}", self.folder.display());
        }
    }
}

/// Outlets that no run before had in the same database.
fn make(config: &Config, outlets: usize) -> anyhow::Result<Vec<OutletId>> {
    let database = ::cloud::database(&config.database)?;
    ::cloud::make_key(config, CHEAP, &*database, &SystemClock, random::fill)?;
    let run = random::number()? & 0x00FF_FFFF;
    let outlets = (0..outlets).map(|number| {
        let name = format!("{run:06X}{number:04X}");
        let outlet = Outlet {
            id: name.parse()?,
            nif: "A2301457K".parse()?,
            prefix: name.parse()?,
            zone: UtcOffset::KINSHASA,
        };
        ::cloud::register_outlet(&*database, &outlet, config.signer.id())?;
        Ok(outlet.id)
    });
    outlets.collect()
}
