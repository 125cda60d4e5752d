use fiscal::{Amount, Currency, GroupCode, ItemCode, PriceMode, Quantity};
use serde::{Deserialize, Serialize};

use super::Accepted;
use crate::with;

/// The answer to `RPT|A`. `L` is a list of [`Article`], `T` a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Articles<L, T> {
    /// OK.
    pub status: Accepted,
    /// What was sold and taken back.
    pub articles: L,
    /// Whether this is the end of the report.
    pub last: bool,
    /// Where it goes on, if it does: the next request's `after`.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub next: Option<T>,
}

const fn none<T>() -> Option<T> {
    None
}

/// What was sold of one article at one description, group, unit, currency and price mode. `T` is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article<T> {
    /// Its code.
    #[serde(with = "with::text")]
    pub code: ItemCode,
    /// Its name.
    pub description: T,
    /// How much: a JSON number with at most three decimals, below zero where more came back.
    #[serde(with = "with::number")]
    pub quantity: Quantity,
    /// Which group taxes it.
    #[serde(with = "with::text")]
    pub tax_group: GroupCode,
    /// What its lines come to, with or without tax as `price_mode` says.
    #[serde(with = "with::text")]
    pub amount: Amount,
    /// In which currency.
    #[serde(with = "with::text")]
    pub currency: Currency,
    /// What `quantity` counts.
    pub unit: T,
    /// Whether `amount` includes the tax.
    #[serde(with = "with::form")]
    pub price_mode: PriceMode,
}
