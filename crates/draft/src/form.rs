use fiscal::{
    Amount, AnnexItem, AuthCode, CashierId, Classification, CreditNature, Currency, Epoch, ExchangeRate,
    GroupCode, InvoiceNumber, InvoiceType, ItemCode, Nif, OutletId, PaymentMethod, PriceMode, Quantity, Rate,
    Tendered, TerminalId, Timestamp, UnitPrice,
};

/// An invoice in its friendly form: every member well-formed, some not there. `docs/api.md` says which.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub(crate) merchant_nif: Option<Nif>,
    pub(crate) outlet_id: Option<OutletId>,
    pub(crate) pos_terminal_id: Option<TerminalId>,
    pub(crate) cashier_id: Option<CashierId>,
    pub(crate) invoice_type: InvoiceType,
    pub(crate) timestamp: Timestamp,
    pub(crate) client: Client,
    pub(crate) items: Vec<Item>,
    pub(crate) tax_groups: Option<Vec<Group>>,
    pub(crate) totals: Totals,
    pub(crate) payments: Vec<Payment>,
    pub(crate) reference: Option<Reference>,
    pub(crate) annex: Annex,
}

impl Draft {
    /// The largest text that is read, in bytes: 64 KiB, for a canonical payload has at most 24 KiB (P8) and may be
    /// written with white space and escapes here.
    pub const MOST_BYTES: usize = 64 * 1024;

    /// The seller, where the draft names one.
    pub const fn merchant_nif(&self) -> Option<Nif> {
        self.merchant_nif
    }

    /// The shop, where the draft names one.
    pub const fn outlet_id(&self) -> Option<OutletId> {
        self.outlet_id
    }

    /// The till, where the draft names one.
    pub const fn pos_terminal_id(&self) -> Option<TerminalId> {
        self.pos_terminal_id
    }

    /// When the till made it. In the outlet's zone it gives the business day whose tax groups hold (S7).
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Client {
    pub(crate) registration: Option<String>,
    pub(crate) classification: Classification,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) code: ItemCode,
    pub(crate) description: String,
    pub(crate) quantity: Quantity,
    pub(crate) unit_price: UnitPrice,
    pub(crate) tax_group: GroupCode,
    pub(crate) taxable_unit: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) code: GroupCode,
    pub(crate) name: Option<String>,
    pub(crate) rate: Rate,
    pub(crate) base_amount: Option<Amount>,
    pub(crate) tax_amount: Option<Amount>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) subtotal: Option<Amount>,
    pub(crate) total_vat: Option<Amount>,
    pub(crate) total: Option<Amount>,
    pub(crate) currency: Option<Currency>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Payment {
    pub(crate) method: PaymentMethod,
    pub(crate) amount: Option<Amount>,
    pub(crate) instrument_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reference {
    Rebate,
    Original(Original),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Original {
    pub(crate) nature: CreditNature,
    pub(crate) outlet_id: OutletId,
    pub(crate) epoch: Epoch,
    pub(crate) invoice_seq: InvoiceNumber,
    pub(crate) auth_code: AuthCode,
    pub(crate) voucher: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Annex {
    pub(crate) price_mode: Option<PriceMode>,
    pub(crate) client_name: Option<String>,
    pub(crate) client_contact: Option<String>,
    pub(crate) client_address: Option<String>,
    pub(crate) operator_name: Option<String>,
    pub(crate) items: Option<Vec<AnnexItem>>,
    pub(crate) exchange: Option<Exchange>,
    pub(crate) tendered: Option<Vec<Tendered>>,
    pub(crate) comments: Option<Vec<String>>,
    /// Names, and values where there are any.
    pub(crate) ext: Option<Vec<(String, Option<String>)>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) currency: Currency,
    pub(crate) rate: ExchangeRate,
    pub(crate) date: fiscal::CivilDate,
    pub(crate) total: Option<Amount>,
    pub(crate) total_vat: Option<Amount>,
}
