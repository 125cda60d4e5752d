use std::path::{Path, PathBuf};

use def_protocol::token::{Policy, Realm};
use fiscal::Amount;
use serde::Deserialize;

use super::ConfigFault;

/// Fiscal memories that seal for outlets, beside the cloud's own signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicesConfig {
    /// Real business, or trials: a device obeys its own only.
    pub realm: Realm,
    /// Where `root.pem` and `issuing.pem` are, which `stelala cloud ca` makes.
    pub certificates: PathBuf,
    /// The tax authority's public key, in PEM: devices obey it when it orders a reset.
    pub dgi_key: PathBuf,
    /// How much a device that is activated here seals before the ledger has acknowledged it (D10).
    pub policy: Policy,
}

/// Ten days, and as many invoices as a shop has in them.
const OFFLINE_DAYS: u16 = 10;
const OFFLINE_INVOICES: u32 = 20_000;
/// A year: who wants to hear nothing for longer has no network.
const MOST_DAYS: u16 = 366;

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DevicesSection {
    realm: Option<String>,
    certificates: Option<PathBuf>,
    dgi_key: Option<PathBuf>,
    offline_days: Option<u16>,
    offline_invoices: Option<u32>,
}

impl DevicesSection {
    /// None when nothing is said of devices.
    pub(crate) fn check(self, folder: &Path) -> Result<Option<DevicesConfig>, ConfigFault> {
        let Self { realm, certificates, dgi_key, offline_days, offline_invoices } = self;
        let is_bounded = offline_days.is_some() || offline_invoices.is_some();
        if realm.is_none() && certificates.is_none() && dgi_key.is_none() && !is_bounded {
            return Ok(None);
        }
        let needed = |member: &str, what: &str| ConfigFault::member(format!("devices.{member}"), what);
        let which = "\"production\" or \"development\" is expected: a device obeys its own realm only";
        let realm = match realm.as_deref() {
            Some("production") => Realm::Production,
            Some("development") => Realm::Development,
            _ => return Err(needed("realm", which)),
        };
        let certificates = certificates.unwrap_or_else(|| "certificates".into());
        let dgi_key = dgi_key
            .ok_or_else(|| needed("dgi_key", "name the file with the tax authority's public key, in PEM"))?;
        let days = offline_days.unwrap_or(OFFLINE_DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            let what = "a number of days from 1 to 366 is expected: so long a device seals without its cloud";
            return Err(needed("offline_days", what));
        }
        let invoices = offline_invoices.unwrap_or(OFFLINE_INVOICES);
        if invoices == 0 {
            let what = "a number of invoices from 1 on is expected: so many a device seals without its cloud";
            return Err(needed("offline_invoices", what));
        }
        Ok(Some(DevicesConfig {
            realm,
            policy: Policy { days, invoices, cdf: Amount::ZERO },
            certificates: folder.join(certificates),
            dgi_key: folder.join(dgi_key),
        }))
    }
}
