//! The day's invoices, as a till offers them: those of `examples/day`, carried in the program.

/// Whose day it is.
pub(super) const MERCHANT: &str = "Alimentation & Quincaillerie Maman Nzuzi";
pub(super) const NIF: &str = "A2301457K";
pub(super) const OUTLET: &str = "KIN-GOMBE-01";
pub(super) const PREFIX: &str = "KINGOMBE01";

/// What the second shop sells, of the day: some by the cloud's API, some at the proxy beside its device.
pub(super) const BY_THE_CLOUD: std::ops::Range<usize> = 0..3;
/// The others.
pub(super) const AT_THE_PROXY: std::ops::Range<usize> = 3..6;

/// An invoice that someone wants to make.
pub(super) struct Wish {
    /// Its name.
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

macro_rules! day {
    ($($name:literal)*) => {
        /// The invoices in their order: a credit note names its original by the place in it, from 1.
        pub(super) const DAY: &[Wish] = &[
            $(Wish { name: $name, text: include_str!(concat!("../../../../examples/day/", $name, ".json")) },)*
        ];
    };
}

day! {
    "001-bread-and-eggs"
    "002-airtime"
    "003-cement-and-nails-company"
    "004-rice-and-palm-oil-by-weight"
    "005-beer-with-bottle-deposit"
    "006-family-shopping"
    "007-generator-fuel"
    "008-paint-for-decorator"
    "009-embassy-reception"
    "010-solar-kit-usd"
    "011-water-and-biscuits"
    "012-return-of-paint"
    "013-kiosk-restock"
    "014-advance-on-roofing-sheets"
    "015-discounted-television"
    "016-cash-in-two-currencies"
    "017-public-contract-cement"
    "018-sale-with-wrong-weight"
    "019-void-of-018"
    "020-sale-with-right-weight"
    "021-export-cement-usd"
    "022-promotion-with-free-cup"
    "023-lunch"
    "024-correction-of-quantity"
    "025-inverter-usd-company"
    "026-hotel-on-account"
    "027-export-advance-usd"
    "028-gift-voucher"
    "029-diesel-in-jerrycans"
    "030-export-correction-usd"
    "031-roofing-sheets-three-payments"
    "032-kiosk-returns-crates-and-soap"
    "033-generator-usd-mobile-money"
    "034-rebate-for-hotel"
    "035-electrical-supplies"
    "036-evening-groceries"
    "037-beer-and-airtime"
    "038-last-sale-of-the-day"
}
