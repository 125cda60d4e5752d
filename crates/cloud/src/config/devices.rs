use std::path::{Path, PathBuf};

use def_protocol::token::Realm;
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
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DevicesSection {
    realm: Option<String>,
    certificates: Option<PathBuf>,
    dgi_key: Option<PathBuf>,
}

impl DevicesSection {
    /// None when nothing is said of devices.
    pub(crate) fn check(self, folder: &Path) -> Result<Option<DevicesConfig>, ConfigFault> {
        let Self { realm, certificates, dgi_key } = self;
        if realm.is_none() && certificates.is_none() && dgi_key.is_none() {
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
        Ok(Some(DevicesConfig {
            realm,
            certificates: folder.join(certificates),
            dgi_key: folder.join(dgi_key),
        }))
    }
}
