use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use crate::{
    Exact, Group,
    message::Item,
    profile::{GROUPS, Profile},
};

/// What the service computes from an invoice's items, group by group.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct Totals {
    pub(crate) groups: [OfGroup; GROUPS],
    pub(crate) specific: Exact,
    pub(crate) aib: Option<Exact>,
    pub(crate) total: Exact,
    pub(crate) vtotal: Exact,
    pub(crate) cur_total: Option<Exact>,
}

/// One group's share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OfGroup {
    pub(crate) rate: Exact,
    pub(crate) gross: Exact,
    pub(crate) net: Exact,
    pub(crate) vat: Exact,
}

/// Whether prices hold the tax.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    TaxInclusive,
    TaxExclusive,
}

impl Totals {
    /// Lines are rounded, then summed per group; the tax is of the sum. None when amounts are too large to be any.
    pub(crate) fn of(
        items: &[(Group, &Item)],
        rates: &[Exact; GROUPS],
        mode: Mode,
        profile: Profile,
    ) -> Option<Self> {
        let decimals = profile.decimals();
        let mut sums = [Exact::ZERO; GROUPS];
        let mut specific = Exact::ZERO;
        for (group, item) in items {
            let line = item.price.times(item.quantity, decimals)?;
            let sum = sums.get_mut(group.index())?;
            *sum = sum.plus(line)?;
            specific = specific.plus(item.tax_specific_amount.unwrap_or_default())?;
        }
        let mut groups = [OfGroup::default(); GROUPS];
        let (mut total, mut vtotal) = (Exact::ZERO, Exact::ZERO);
        for ((of, sum), rate) in groups.iter_mut().zip(sums).zip(rates) {
            *of = OfGroup::of(sum, *rate, mode, decimals)?;
            total = total.plus(of.gross)?;
            vtotal = vtotal.plus(of.vat)?;
        }
        Some(Self { groups, specific, aib: None, total, vtotal, cur_total: None })
    }

    /// What a fault makes of them: so much more in the first group that holds anything, and in the sums.
    pub(crate) fn shifted(mut self, by: Exact) -> Option<Self> {
        let of = self.groups.iter_mut().find(|of| of.gross != Exact::ZERO)?;
        (of.gross, of.vat) = (of.gross.plus(by)?, of.vat.plus(by)?);
        (self.total, self.vtotal) = (self.total.plus(by)?, self.vtotal.plus(by)?);
        Some(self)
    }

    /// Of all groups together.
    pub(crate) fn net(&self) -> Option<Exact> {
        self.total.minus(self.vtotal)
    }
}

impl OfGroup {
    fn of(sum: Exact, rate: Exact, mode: Mode, decimals: u32) -> Option<Self> {
        let hundred = Exact::whole(100);
        let (net, vat) = match mode {
            Mode::TaxInclusive => {
                let net = sum.times(hundred, 6)?.over(hundred.plus(rate)?, decimals)?;
                (net, sum.minus(net)?)
            }
            Mode::TaxExclusive => (sum, sum.times(rate, 6)?.over(hundred, decimals)?),
        };
        Some(Self { rate, gross: net.plus(vat)?, net, vat })
    }
}

/// `ta, tb, …, taa, …, haa, …, vaa, …, ts, total, vtotal, curTotal`, as in the answer to a request.
impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let each = || Group::all().zip(&self.groups);
        for (group, of) in each() {
            map.serialize_entry(&format!("t{}", group.lower()), &of.rate)?;
        }
        for (group, of) in each() {
            map.serialize_entry(&format!("ta{}", group.lower()), &of.gross)?;
        }
        for (group, of) in each() {
            map.serialize_entry(&format!("ha{}", group.lower()), &of.net)?;
        }
        for (group, of) in each() {
            map.serialize_entry(&format!("va{}", group.lower()), &of.vat)?;
        }
        map.serialize_entry("ts", &self.specific)?;
        if let Some(aib) = self.aib {
            map.serialize_entry("aib", &aib)?;
        }
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("vtotal", &self.vtotal)?;
        map.serialize_entry("curTotal", &self.cur_total)?;
        map.end()
    }
}
