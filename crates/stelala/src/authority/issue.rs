//! Who signs what for which device, and how long it holds.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use def_protocol::token::{Body, Kind, Realm, Scope, sign};
use fiscal::{DeviceId, Timestamp};
use p256::ecdsa::SigningKey;

use super::{clock, keys::Authority};

/// A token may be a little older than the clock of its device.
const EARLIER: u64 = 5 * 60;
const DAY: u64 = 24 * 60 * 60;

/// Which keys sign, and for which device.
#[derive(Args)]
pub(super) struct IssuerArgs {
    /// The folder that `authority new` made.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// The device's serial number.
    #[arg(long, value_name = "SERIAL")]
    pub(super) device: DeviceId,
}

/// When a token holds, by the device's clock.
#[derive(Args)]
pub(super) struct ValidityArgs {
    /// The first second in which it holds, in UTC, like 2026-03-14T08:00:00; else five minutes ago; for an order to
    /// leave or to enter, now.
    #[arg(long, value_name = "TIMESTAMP")]
    from: Option<Timestamp>,
    /// The last second in which it holds; else a day from now, for an activation code 30 days.
    #[arg(long, value_name = "TIMESTAMP")]
    until: Option<Timestamp>,
}

impl IssuerArgs {
    /// The keys.
    pub(super) fn authority(&self) -> anyhow::Result<Authority> {
        Authority::open(&self.keys)
    }

    /// Signs a token. There is no way to have one of the production realm.
    pub(super) fn token<'b, B: Body<'b>>(
        &self,
        key: &SigningKey,
        validity: &ValidityArgs,
        days: u64,
        body: &B,
    ) -> anyhow::Result<String> {
        // An order to leave or to enter has to be from after the last one.
        let earlier = if B::KIND == Kind::HandOver { 0 } else { EARLIER };
        let (not_before, not_after) = validity.bounds(days, earlier)?;
        let scope = Scope { realm: Realm::Development, device: self.device, not_before, not_after };
        let mut buffer = vec![0; B::MAX_BYTES];
        let signed = sign(&scope, body, key, &mut buffer).context("this cannot be signed")?;
        Ok(signed.to_string())
    }
}

impl ValidityArgs {
    fn bounds(&self, days: u64, earlier: u64) -> anyhow::Result<(Timestamp, Timestamp)> {
        let from = match self.from {
            Some(from) => from,
            None => moved(clock::now()?.unix().saturating_sub(earlier))?,
        };
        let until = match self.until {
            Some(until) => until,
            None => moved(clock::now()?.unix() + days * DAY)?,
        };
        if until < from {
            bail!("--until {until} is before --from {from}: a token needs a time in which it holds");
        }
        Ok((from, until))
    }
}

fn moved(seconds: u64) -> anyhow::Result<Timestamp> {
    Timestamp::from_unix(seconds)
        .context("this machine's clock is past the year 9999: name --from and --until")
}
