use fiscal::DgiLetter;
use serde::{Deserialize, Serialize};

use crate::Figure;

/// The points on which public clients of the service disagree, as one e-MCF is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// How an item's price is written.
    pub price: PriceForm,
    /// What a payment's currency fields are called.
    pub payment: PaymentNames,
    /// How `curDate` is written.
    pub currency_date: DateForm,
    /// The case of the last segment of the path that finalises.
    pub confirm: ConfirmCase,
    /// What is said of the rates of groups C, G, O and P.
    pub rates: RateOverrides,
}

/// How an item's price is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceForm {
    /// `1800.00`
    #[default]
    Number,
    /// `"1800.00"`
    Text,
}

/// What a payment's currency fields are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentNames {
    /// `currencyCode` and `currencyRate`
    #[default]
    Long,
    /// `curCode` and `curRate`
    Short,
}

/// How `curDate` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateForm {
    /// `2026-02-04`
    #[default]
    Iso,
    /// `2026-02-04T00:00:00`
    IsoTime,
    /// `04/02/2026`
    DayFirst,
}

/// The case of `confirm` and `cancel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmCase {
    /// `confirm`
    #[default]
    Lower,
    /// `CONFIRM`
    Upper,
}

impl ConfirmCase {
    /// The last segment of the path.
    pub(crate) const fn segment(self, confirm: bool) -> &'static str {
        match (self, confirm) {
            (Self::Lower, true) => "confirm",
            (Self::Lower, false) => "cancel",
            (Self::Upper, true) => "CONFIRM",
            (Self::Upper, false) => "CANCEL",
        }
    }
}

/// Rates in whole percent that are said to stand in for the authority's, where its tax groups are known to be wrong. Who reads
/// of a difference to the manifest reads of them, too: no difference ends by them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateOverrides {
    /// The reduced rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<u8>,
    /// The reduced rate of public contracts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub g: Option<u8>,
    /// Reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub o: Option<u8>,
    /// Reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<u8>,
}

impl RateOverrides {
    fn of(self, letter: DgiLetter) -> Option<u8> {
        match letter.as_char() {
            'C' => self.c,
            'G' => self.g,
            'O' => self.o,
            'P' => self.p,
            _ => None,
        }
    }
}

impl Dialect {
    /// The rate of a group in percent that is said to stand in for the authority's.
    pub fn rate(&self, letter: DgiLetter) -> Option<Figure> {
        self.rates.of(letter).map(|percent| Figure::whole(percent.into()))
    }
}
