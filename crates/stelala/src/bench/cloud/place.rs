//! A folder with a cloud that is ready to be served.

use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use ::cloud::{Config, SystemClock};
use anyhow::Context;
use fiscal::{OutletId, Timestamp, UtcOffset};
use registry::{ApiKey, MerchantId, NewKey, NewPlace, Rate, Reach, Role};
use signing::Cost;

use super::arguments::{SignerChoice, StoreChoice};
use crate::{
    cloud::{Desk, now, opened},
    random,
};

pub(super) struct Place {
    folder: PathBuf,
    config: Config,
    key: ApiKey,
    outlets: Vec<OutletId>,
}

/// Opening the keys is not measured.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
/// A limit for each key would be measured instead of the cloud: the benchmark's key has one that no cloud reaches, and
/// the report says so.
pub(in crate::bench) const ALLOWED: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();
/// In seconds: longer than a run. A database for trials keeps the keys of earlier ones.
const KEY_IS_GOOD: u64 = 24 * 3_600;
const NIF: &str = "A2301457K";

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
        let text = format!("[http]\nlisten = \"127.0.0.1:0\"\n[database]\n{database}[signer]\n{signer}");
        // Nobody signs in: what would seal second factors is as good as any.
        let access = "0123456789abcdef".repeat(4);
        let secrets =
            [("STELALA_PASSPHRASE", "of a benchmark"), ("STELALA_PIN", pin), ("STELALA_SECRET", &access)];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read(&text, &folder, &secrets)?;
        ::cloud::make_key(&config, CHEAP, &*opened(&config)?, &SystemClock, random::fill)?;
        let (key, outlets) = Desk::of(&config, |desk| make(desk, &config, outlets))?;
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

/// Outlets that no run before had in the same database, and a key of them all.
fn make(desk: &mut Desk<'_>, config: &Config, outlets: usize) -> anyhow::Result<(ApiKey, Vec<OutletId>)> {
    let (merchant, _) = desk.find_or_make_merchant(NIF.parse()?, &"A benchmark".parse()?)?;
    let run = random::number()? & 0x00FF_FFFF;
    let outlets = (0..outlets).map(|number| {
        let name = format!("{run:06X}{number:04X}");
        let place = NewPlace {
            id: name.parse()?,
            merchant: merchant.id.clone(),
            name: name.parse()?,
            address: None,
            prefix: Some(name.parse()?),
            zone: UtcOffset::KINSHASA,
        };
        Ok(desk.make_outlet(&place, config.signer.id())?.outlet.id)
    });
    let outlets = outlets.collect::<anyhow::Result<_>>()?;
    Ok((make_key(desk, merchant.id)?, outlets))
}

fn make_key(desk: &mut Desk<'_>, merchant: MerchantId) -> anyhow::Result<ApiKey> {
    let new = NewKey {
        name: "stelala bench cloud".parse()?,
        reach: Reach::Merchant(merchant),
        role: Role::Manager,
        scopes: None,
        rate: Some(Rate { per_second: ALLOWED, burst: ALLOWED }),
        expires: Timestamp::from_unix(now().unix() + KEY_IS_GOOD),
    };
    Ok(desk.make_key(&new)?.0)
}
