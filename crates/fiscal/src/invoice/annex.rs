use super::{ItemType, PriceMode};
use crate::{
    canonical::List,
    decimal::{Amount, ExchangeRate, UnitPrice},
    ids::Currency,
    text::Text,
    time::CivilDate,
};

/// Optional facts, each of which may be absent; an annex without any is not written (P1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Annex<'a> {
    /// Whether prices include the tax.
    pub price_mode: Option<PriceMode>,
    /// The client's name.
    pub client_name: Option<Text<'a>>,
    /// The client's telephone or address for messages.
    pub client_contact: Option<Text<'a>>,
    /// The client's address.
    pub client_address: Option<Text<'a>>,
    /// The name of who sells.
    pub operator_name: Option<Text<'a>>,
    /// One for each item, in the items' order.
    pub items: Option<List<'a, AnnexItem>>,
    /// What a foreign currency is worth (P6).
    pub exchange: Option<Exchange>,
    /// What was handed over, in which currencies: 1 to 16, for people to read.
    pub tendered: Option<List<'a, Tendered>>,
    /// 1 to 8 texts.
    pub comments: Option<List<'a, Text<'a>>>,
    /// 1 to 16 pairs that are sealed but not interpreted.
    pub ext: Option<List<'a, Extension<'a>>>,
}

/// More about an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnexItem {
    /// Goods, service or tax.
    pub item_type: ItemType,
    /// The price before a discount.
    pub original_price: Option<UnitPrice>,
}

/// What an invoice in a foreign currency comes to in CDF (P6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exchange {
    /// The invoice's currency.
    pub currency: Currency,
    /// CDF per unit.
    pub rate: ExchangeRate,
    /// The day of the rate.
    pub date: CivilDate,
    /// The total in CDF.
    pub total: Amount,
    /// The VAT in CDF.
    pub total_vat: Amount,
}

/// An amount that was handed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tendered {
    /// In which currency.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// At which rate.
    pub rate: ExchangeRate,
}

/// A named value that the signer does not interpret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extension<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Its value, empty in the payload where there is none.
    pub value: Option<Text<'a>>,
}
