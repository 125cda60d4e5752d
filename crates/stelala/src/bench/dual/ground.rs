//! A folder with a cloud, its authorities and as many outlets as devices.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ::cloud::{Config, SystemClock};
use anyhow::Context;
use fiscal::{OutletId, UtcOffset};
use registry::{ApiKey, NewKey, NewPlace, Rate, Reach, Role};
use signing::Cost;

use super::super::cloud::ALLOWED;
use crate::{
    cloud::{Desk, opened},
    random,
    up::authorities,
};

pub(super) struct Ground {
    folder: PathBuf,
    config: Config,
    outlets: Vec<OutletId>,
    /// Of the merchant.
    pub(super) key: ApiKey,
    /// Of the platform.
    pub(super) operator: ApiKey,
}

/// Opening the keys is not measured.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
/// Whose sales they are.
pub(super) const NIF: &str = "A2301457K";

impl Ground {
    pub(super) fn make(outlets: usize) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("stelala-bench-dual-{:016x}", random::number()?));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        // All devices are activated from this address, at once.
        let text = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[limits]\npublic_per_second = 10000\npublic_burst = 10000\n[signer]\n\n{}",
            authorities::SECTION
        );
        // Nobody signs in: what would seal second factors is as good as any.
        let access = "0123456789abcdef".repeat(4);
        let secrets = [("STELALA_PASSPHRASE", "of a benchmark"), ("STELALA_SECRET", &access)];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read(&text, &folder, &secrets)?;
        ::cloud::make_key(&config, CHEAP, &*opened(&config)?, &SystemClock, random::fill)?;
        authorities::make(&config, &folder, "of a benchmark")?;
        let (outlets, key, operator) = Desk::of(&config, |desk| make(desk, &config, outlets))?;
        Ok(Self { folder, config, outlets, key, operator })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// One for each device.
    pub(super) fn outlets(&self) -> &[OutletId] {
        &self.outlets
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {fault}", self.folder.display());
        }
    }
}

fn make(
    desk: &mut Desk<'_>,
    config: &Config,
    outlets: usize,
) -> anyhow::Result<(Vec<OutletId>, ApiKey, ApiKey)> {
    let (merchant, _) = desk.find_or_make_merchant(NIF.parse()?, &"A benchmark".parse()?)?;
    let outlets = (0..outlets).map(|number| {
        let name = format!("BENCH{number:04}");
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
    let mut key = |reach, role| {
        let rate = Some(Rate { per_second: ALLOWED, burst: ALLOWED });
        let name = "stelala bench dual".parse()?;
        anyhow::Ok(desk.make_key(&NewKey { name, reach, role, scopes: None, rate, expires: None })?.0)
    };
    let merchants = key(Reach::Merchant(merchant.id.clone()), Role::Manager)?;
    Ok((outlets, merchants, key(Reach::Platform, Role::Operator)?))
}
