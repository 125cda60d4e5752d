//! What the authority is asked to normalise. How it is written is for [`crate::Dialect`] to say.

use fiscal::{
    Amount, CashierId, CivilDate, Classification, Currency, DgiLetter, ExchangeRate, FiscalNumber,
    InvoiceType, ItemCode, ItemType, Nif, PaymentMethod, PriceMode, Quantity, totals::Nature,
};

use crate::{AuthorityCode, Figure, Isf};

/// A request to normalise one invoice. Every amount is in CDF and none is negative, on a credit note neither.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceRequest {
    /// The seller.
    pub nif: Nif,
    /// Our fiscal number, in the authority's field `rn`.
    pub rn: FiscalNumber,
    /// Whether prices include the tax.
    pub mode: PriceMode,
    /// The homologated system.
    pub isf: Isf,
    /// What kind of invoice.
    pub invoice_type: InvoiceType,
    /// What is sold.
    pub items: Vec<ItemPart>,
    /// Who buys.
    pub client: ClientPart,
    /// Who sells.
    pub operator: OperatorPart,
    /// How it is paid.
    pub payments: Vec<PaymentPart>,
    /// What a credit note corrects.
    pub reference: Option<ReferencePart>,
    /// At most eight lines, `cmta` to `cmth`; the last is ours.
    pub comments: Vec<String>,
    /// The currency in which the sale was made, as an indication.
    pub currency: Option<CurrencyPart>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPart {
    /// The article's code.
    pub code: ItemCode,
    /// Goods, service or tax.
    pub item_type: ItemType,
    /// The article's name.
    pub name: String,
    /// The price of one in CDF.
    pub price: Figure,
    /// How much, above zero.
    pub quantity: Quantity,
    /// The group that taxes it.
    pub tax_group: DgiLetter,
    /// The price before a discount, in CDF.
    pub original_price: Option<Figure>,
    /// Why the price is another than the original one.
    pub price_modification: Option<String>,
}

/// Who buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPart {
    /// Tax id or passport.
    pub nif: Option<String>,
    /// A name.
    pub name: Option<String>,
    /// A telephone or an address for messages.
    pub contact: Option<String>,
    /// A postal address.
    pub address: Option<String>,
    /// One of five.
    pub classification: Classification,
    /// More about the kind of client.
    pub description: Option<String>,
}

/// Who sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorPart {
    /// The cashier.
    pub id: CashierId,
    /// A name; the authority wants one, so that the cashier's id stands in where none is known.
    pub name: String,
}

/// One means of payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentPart {
    /// One of seven.
    pub method: PaymentMethod,
    /// In CDF.
    pub amount: Amount,
}

/// What a credit note corrects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePart {
    /// The original's code; none for a rebate on the business of a period.
    pub code: Option<AuthorityCode>,
    /// Why.
    pub nature: Nature,
    /// More about it.
    pub description: Option<String>,
}

/// In which currency the sale was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyPart {
    /// Not CDF.
    pub currency: Currency,
    /// The day of the rate.
    pub date: CivilDate,
    /// CDF per unit.
    pub rate: ExchangeRate,
}

/// The names of the lines of comments.
pub(crate) const COMMENTS: [&str; 8] = ["cmta", "cmtb", "cmtc", "cmtd", "cmte", "cmtf", "cmtg", "cmth"];

/// What our comment begins with.
const OURS: &str = "STELALA ";

/// Our reserved comment: who sealed, and the hash of our record.
pub(crate) fn record_comment(device: fiscal::DeviceId, record: fiscal::RecordHash) -> String {
    format!("{OURS}{device} {record}")
}

/// The record that a comment names, if it is ours.
pub(crate) fn record_in_comment(comment: &str) -> Option<fiscal::RecordHash> {
    let (_, hash) = comment.strip_prefix(OURS)?.split_once(' ')?;
    fiscal::RecordHash::from_hex(hash)
}
