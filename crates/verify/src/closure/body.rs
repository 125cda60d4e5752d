//! The body of a closure, in its one form.

use fiscal::{Amount, CivilDate, Currency, GroupCode, InvoiceType, Rate, RecordHash};
use serde::{Deserialize, Serialize};

use super::nature::Nature;

/// What a closure says.
#[derive(Debug)]
pub(super) struct Closure {
    pub(super) number: u64,
    pub(super) period: CivilDate,
    pub(super) days: (CivilDate, CivilDate),
    pub(super) positions: (u64, u64),
    pub(super) previous_hash: RecordHash,
    pub(super) last_hash: RecordHash,
    pub(super) numbers: (Option<u64>, Option<u64>),
    pub(super) groups: Vec<StatedGroup>,
    pub(super) currencies: Vec<StatedCurrency>,
    pub(super) skipped: u64,
}

/// An entry of `totals`.
#[derive(Debug)]
pub(super) struct StatedGroup {
    pub(super) key: GroupKey,
    pub(super) base: Amount,
    pub(super) vat: Amount,
    pub(super) count: u64,
}

/// What an entry of `totals` is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupKey {
    pub(super) code: GroupCode,
    pub(super) rate: Rate,
    pub(super) currency: Currency,
    pub(super) invoice_type: InvoiceType,
    pub(super) nature: Option<Nature>,
}

/// An entry of `currencies`.
#[derive(Debug)]
pub(super) struct StatedCurrency {
    pub(super) currency: Currency,
    pub(super) sales: Amount,
    pub(super) returns: Amount,
    pub(super) voids: Amount,
    pub(super) net: Amount,
    pub(super) vat: Amount,
    pub(super) count: u64,
}

impl Closure {
    /// So many entries have `totals` and `currencies` at most.
    pub(super) const MOST_ENTRIES: usize = 1_024;

    /// Reads a body; none that is not written as a closure is.
    pub(super) fn read(body: &str) -> Option<Self> {
        let raw: Raw = serde_json::from_str(body).ok()?;
        // White space, another order, an escape or a member that is left out: what is written again shows it.
        let one_form = serde_json::to_string(&raw).is_ok_and(|written| written == body);
        let short = raw.totals.len() <= Self::MOST_ENTRIES && raw.currencies.len() <= Self::MOST_ENTRIES;
        if one_form && short { raw.parse() } else { None }
    }
}

impl GroupKey {
    /// Whether both are the same group: how many decimals the rate was written with does not matter.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let Self { code, rate, currency, invoice_type, nature } = *self;
        code == other.code
            && rate.same_value(other.rate)
            && currency == other.currency
            && invoice_type == other.invoice_type
            && nature == other.nature
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    period: String,
    sequence_start: Option<u64>,
    sequence_end: Option<u64>,
    totals: Vec<RawGroup>,
    currencies: Vec<RawCurrency>,
    closure: u64,
    first_day: String,
    last_day: String,
    position_start: u64,
    position_end: u64,
    previous_hash: String,
    last_hash: String,
    counter_skipped: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    tax_group: String,
    base: String,
    vat: String,
    rate: String,
    currency: String,
    invoice_type: String,
    nature: Option<String>,
    count: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCurrency {
    currency: String,
    sales: String,
    returns: String,
    voids: String,
    net: String,
    vat: String,
    count: u64,
}

impl Raw {
    fn parse(&self) -> Option<Closure> {
        Some(Closure {
            number: self.closure,
            period: self.period.parse().ok()?,
            days: (self.first_day.parse().ok()?, self.last_day.parse().ok()?),
            positions: (self.position_start, self.position_end),
            previous_hash: hash(&self.previous_hash)?,
            last_hash: hash(&self.last_hash)?,
            numbers: (self.sequence_start, self.sequence_end),
            groups: self.totals.iter().map(RawGroup::parse).collect::<Option<_>>()?,
            currencies: self.currencies.iter().map(RawCurrency::parse).collect::<Option<_>>()?,
            skipped: self.counter_skipped,
        })
    }
}

impl RawGroup {
    fn parse(&self) -> Option<StatedGroup> {
        let nature = match &self.nature {
            Some(text) => Some(Nature::read(text)?),
            None => None,
        };
        Some(StatedGroup {
            key: GroupKey {
                code: self.tax_group.parse().ok()?,
                rate: self.rate.parse().ok()?,
                currency: self.currency.parse().ok()?,
                invoice_type: self.invoice_type.parse().ok()?,
                nature,
            },
            base: self.base.parse().ok()?,
            vat: self.vat.parse().ok()?,
            count: self.count,
        })
    }
}

impl RawCurrency {
    fn parse(&self) -> Option<StatedCurrency> {
        Some(StatedCurrency {
            currency: self.currency.parse().ok()?,
            sales: self.sales.parse().ok()?,
            returns: self.returns.parse().ok()?,
            voids: self.voids.parse().ok()?,
            net: self.net.parse().ok()?,
            vat: self.vat.parse().ok()?,
            count: self.count,
        })
    }
}

fn hash(text: &str) -> Option<RecordHash> {
    RecordHash::from_hex(text).filter(|hash| hash.to_string() == text)
}
