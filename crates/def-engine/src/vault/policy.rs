//! Whether the device may seal at all: what does not depend on the sale.

use def_protocol::ErrorCode;
use fiscal::{CivilDate, Timestamp};

use super::Vault;
use crate::{
    board::Board,
    refusal::{Detail, Refusal},
    state::Ended,
};

/// Seconds of a day, for offline bounds.
const DAY: u64 = 86_400;

/// What the ledger does not hold yet, against the policy's bounds (D10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offline {
    pub(crate) invoices: u64,
    pub(crate) days: u64,
    /// In centimes.
    pub(crate) cdf: u128,
}

impl<B: Board> Vault<'_, B> {
    /// The order of the checks is the order of their urgency for whoever reads the answer.
    pub(crate) fn may_seal(&mut self) -> Result<Timestamp, Refusal> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.refusal());
        }
        self.binding()?;
        if let Some(ended) = self.state.ended {
            let what = match ended {
                Ended::Revoked => {
                    "the device was revoked: sell through another signer and have this one replaced"
                }
                Ended::Decommissioned => "the device was decommissioned: sell through another signer",
            };
            return Err(Refusal::new(ErrorCode::DeviceRevoked, what));
        }
        if self.state.handed_over {
            return Err(Refusal::new(
                ErrorCode::HandedOver,
                "another signer holds the outlet's line of numbers: sell through that one",
            ));
        }
        let now = self.trusted_time()?;
        self.check_offline(now)?;
        Ok(now)
    }

    /// What the ledger does not hold yet.
    pub(crate) fn offline(&self, now: Timestamp) -> Offline {
        let (invoices, cdf) = self.state.unacknowledged();
        // From the first sale that the ledger lacked, or from its last word since then.
        let since = self
            .state
            .acknowledged
            .map_or(self.state.behind_since, |held| held.time.max(self.state.behind_since));
        let days = if invoices == 0 { 0 } else { now.seconds_after(since) / DAY };
        Offline { invoices, days, cdf }
    }

    fn check_offline(&self, now: Timestamp) -> Result<(), Refusal> {
        let policy = self.binding()?.activation.policy;
        let Offline { invoices, days, cdf } = self.offline(now);
        let limit = u128::from(policy.cdf.centimes().unsigned_abs());
        let past = |limit: u64, value: u64| limit > 0 && value >= limit;
        if past(policy.invoices.into(), invoices)
            || past(policy.days.into(), days)
            || limit > 0 && cdf >= limit
        {
            return Err(Refusal::new(ErrorCode::SyncRequired, Detail::Unacknowledged { invoices, days }));
        }
        Ok(())
    }

    /// Today, in the outlet's zone.
    pub(crate) fn business_day(&self, now: Timestamp) -> CivilDate {
        now.date_at(self.state.zone())
    }
}
