//! For which outlet is imported, and what the cloud knows of it.

use std::sync::Arc;

use anyhow::{Context, bail};
use fiscal::{Nif, OutletId, Prefix, UtcOffset};
use ledger::ManifestBook;
use serde::Deserialize;
use serde_json::Value;

use super::{
    entry::SealedAs,
    http::{Answer, Client},
};

/// An outlet, as far as the key may know it.
pub(super) struct Place {
    pub(super) outlet: OutletId,
    pub(super) nif: Nif,
    /// What its fiscal numbers begin with, if the key may read it.
    pub(super) prefix: Option<Prefix>,
    /// Where its days begin.
    pub(super) zone: UtcOffset,
    pub(super) manifest: Arc<ManifestBook>,
    pub(super) may_credit: bool,
}

/// Who asks, as the cloud knows the key.
#[derive(Deserialize)]
struct Asker {
    outlet_id: Option<String>,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
struct Outlet {
    merchant_nif: String,
    prefix: String,
    zone: String,
    stopped: bool,
}

#[derive(Deserialize)]
struct Found {
    invoices: Vec<Seal>,
}

/// The members of a seal that a report names.
#[derive(Deserialize)]
pub(super) struct Seal {
    fiscal_number: String,
    auth_code: String,
}

impl Place {
    /// Asks the cloud. `outlet` and `zone` are what the command says.
    pub(super) fn find(
        client: &Client,
        outlet: Option<OutletId>,
        zone: Option<UtcOffset>,
    ) -> anyhow::Result<Self> {
        let asker = asker(client)?;
        let own = asker.as_ref().and_then(|asker| asker.outlet_id.as_deref()).map(str::parse::<OutletId>);
        let own = own.transpose().ok().context(MISUNDERSTOOD)?;
        let outlet = match (outlet, own) {
            (Some(said), Some(own)) if said != own => bail!("this key is of outlet {own}, not {said}"),
            (Some(outlet), _) | (None, Some(outlet)) => outlet,
            (None, None) => bail!("say for which outlet: --outlet"),
        };
        let may =
            |scope: &str| asker.as_ref().is_none_or(|asker| asker.scopes.iter().any(|own| own == scope));
        if !may("invoices:seal") {
            bail!("this key may not seal: import with one that has the scope invoices:seal");
        }
        let known = known(client, outlet, asker.is_some())?;
        let (nif, prefix, own_zone) = match &known {
            Some(known) => (
                known.merchant_nif.parse().ok().context(MISUNDERSTOOD)?,
                Some(known.prefix.parse().ok().context(MISUNDERSTOOD)?),
                Some(read_zone(&known.zone).context(MISUNDERSTOOD)?),
            ),
            // It stands for the real one, which the cloud puts; that all is right does not hang on it.
            None => ("A0000000A".parse().ok().context(MISUNDERSTOOD)?, None, None),
        };
        Ok(Self {
            outlet,
            nif,
            prefix,
            zone: own_zone.or(zone).unwrap_or(UtcOffset::KINSHASA),
            manifest: manifest(client)?,
            may_credit: may("invoices:credit"),
        })
    }
}

const MISUNDERSTOOD: &str = "the cloud's answer is not understood: is this program as new as the cloud?";

/// None of a cloud that does not say it.
fn asker(client: &Client) -> anyhow::Result<Option<Asker>> {
    let answer = client.read("/api/v1/sessions/current")?;
    match answer.status {
        200 => understood(&answer).map(Some),
        404 | 405 => Ok(None),
        _ => bail!(answer.said()),
    }
}

fn known(client: &Client, outlet: OutletId, says_who_asks: bool) -> anyhow::Result<Option<Outlet>> {
    let answer = client.read(&format!("/api/v1/outlets/{outlet}"))?;
    match answer.status {
        200 => {
            let known: Outlet = understood(&answer)?;
            if known.stopped {
                bail!("outlet {outlet} was stopped: nothing is sealed for it");
            }
            Ok(Some(known))
        }
        404 if says_who_asks => bail!("this key knows no outlet {outlet}: look at --outlet"),
        403..=405 => Ok(None),
        _ => bail!(answer.said()),
    }
}

fn manifest(client: &Client) -> anyhow::Result<Arc<ManifestBook>> {
    let answer = client.read("/api/v1/tax-manifests/current")?;
    match answer.status {
        200 => {
            let value: Value = understood(&answer)?;
            let version =
                value.get("version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
            let (Some(groups), Some(version)) = (value.get("groups"), version) else { bail!(MISUNDERSTOOD) };
            Ok(Arc::new(ManifestBook::read(&groups.to_string(), version).context(MISUNDERSTOOD)?))
        }
        404 | 405 => Ok(ManifestBook::default_book()),
        _ => bail!(answer.said()),
    }
}

/// The seal that an idempotency key has, if it has one.
pub(super) fn sealed_under(client: &Client, outlet: OutletId, key: &str) -> anyhow::Result<Option<SealedAs>> {
    let answer = client.read(&format!("/api/v1/invoices?outlet_id={outlet}&idempotency_key={key}"))?;
    match answer.status {
        200 => understood::<Found>(&answer)?.invoices.into_iter().next().map(Seal::read).transpose(),
        403 => bail!("this key may not read invoices: import with one that has the scope invoices:read"),
        404 => Ok(None),
        _ => bail!(answer.said()),
    }
}

impl Seal {
    /// The typed one.
    pub(super) fn read(self) -> anyhow::Result<SealedAs> {
        let fiscal_number = self.fiscal_number.parse().ok().context(MISUNDERSTOOD)?;
        let is_code = self.auth_code.parse::<fiscal::AuthCode>().is_ok();
        if is_code { Ok(SealedAs { fiscal_number, auth_code: self.auth_code }) } else { bail!(MISUNDERSTOOD) }
    }
}

/// The body, if it is what was asked for.
pub(super) fn understood<T: serde::de::DeserializeOwned>(answer: &Answer) -> anyhow::Result<T> {
    serde_json::from_str(&answer.body).context(MISUNDERSTOOD)
}

/// `Africa/Kinshasa`, `Africa/Lubumbashi`, `UTC+05:30`.
fn read_zone(name: &str) -> Option<UtcOffset> {
    match name {
        "Africa/Kinshasa" => Some(UtcOffset::KINSHASA),
        "Africa/Lubumbashi" => Some(UtcOffset::LUBUMBASHI),
        other => {
            let (sign, (hours, minutes)) = match other.strip_prefix("UTC")?.split_at_checked(1)? {
                ("-", rest) => (-1, rest.split_once(':')?),
                ("+", rest) => (1, rest.split_once(':')?),
                _ => return None,
            };
            let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
            UtcOffset::from_minutes(sign * (hours.checked_mul(60)?.checked_add(minutes)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_the_cloud_writes_them() {
        assert_eq!(read_zone("Africa/Lubumbashi"), Some(UtcOffset::LUBUMBASHI));
        assert_eq!(read_zone("UTC+05:30"), UtcOffset::from_minutes(330));
        assert_eq!(read_zone("UTC-03:00"), UtcOffset::from_minutes(-180));
        for wrong in ["", "UTC", "UTC05:30", "Europe/Paris", "UTC+99:00", "UTC+é"] {
            assert_eq!(read_zone(wrong), None, "{wrong}");
        }
    }
}
