//! From JSON to a draft: the members of P1 in any order, those that may be left out as `Option`s.

mod annex;

use fiscal::{Classification, Epoch, InvoiceNumber, Member as M, Reason, Text, Unit, VoucherToken, limits};

use crate::{
    Draft, DraftFault,
    form::{Annex, Client, Group, Item, Original, Payment, Reference, Totals},
    json::{Object, Value},
    time,
};

impl Draft {
    /// Reads a draft of at most [`Self::MOST_BYTES`]: JSON with white space and an order of members as they come.
    ///
    /// Whether it adds up is for [`Self::canonical`] to say.
    pub fn read(text: &[u8]) -> Result<Self, DraftFault> {
        if text.len() > Self::MOST_BYTES {
            return Err(DraftFault::TooLarge);
        }
        let text = str::from_utf8(text).map_err(|_| fiscal::Fault::whole(Reason::NotUtf8))?;
        let draft = Value::whole(text)?.object(&[
            M::MerchantNif,
            M::OutletId,
            M::PosTerminalId,
            M::CashierId,
            M::InvoiceType,
            M::Timestamp,
            M::Client,
            M::Items,
            M::TaxGroups,
            M::Totals,
            M::Currency,
            M::Payments,
            M::Reference,
            M::Annex,
        ])?;
        Ok(Self {
            merchant_nif: draft.optional(M::MerchantNif, Value::parsed)?,
            outlet_id: draft.optional(M::OutletId, Value::parsed)?,
            pos_terminal_id: draft.optional(M::PosTerminalId, Value::parsed)?,
            cashier_id: draft.optional(M::CashierId, Value::parsed)?,
            invoice_type: draft.required(M::InvoiceType, Value::parsed)?,
            timestamp: draft
                .required(M::Timestamp, |value| value.string_as(Reason::TimestampForm, time::read))?,
            client: draft.optional(M::Client, read_client)?.unwrap_or(ANYBODY),
            items: draft
                .required(M::Items, |value| value.array(limits::ITEMS, Reason::ItemsCount, read_item))?,
            tax_groups: draft.optional(M::TaxGroups, |value| {
                value.array(limits::GROUPS, Reason::GroupsCount, read_group)
            })?,
            totals: read_totals(&draft)?,
            payments: draft.required(M::Payments, |value| {
                value.array(limits::PAYMENTS, Reason::PaymentsCount, read_payment)
            })?,
            reference: draft.optional(M::Reference, read_reference)?,
            annex: draft.optional(M::Annex, annex::read_annex)?.unwrap_or_else(Annex::default),
        })
    }
}

/// Who buys when nobody says.
const ANYBODY: Client = Client { registration: None, classification: Classification::Individual };

fn read_client(value: Value<'_>) -> Result<Client, DraftFault> {
    let client = value.object(&[M::Registration, M::Classification])?;
    Ok(Client {
        registration: client.optional(M::Registration, Value::text_or_none)?.flatten(),
        classification: client.required(M::Classification, Value::parsed)?,
    })
}

fn read_item(value: Value<'_>) -> Result<Item, DraftFault> {
    let item =
        value.object(&[M::Code, M::Description, M::Quantity, M::UnitPrice, M::TaxGroup, M::TaxableUnit])?;
    Ok(Item {
        code: item.required(M::Code, Value::parsed)?,
        description: item.required(M::Description, Value::text)?,
        quantity: item.required(M::Quantity, Value::decimal)?,
        unit_price: item.required(M::UnitPrice, Value::decimal)?,
        tax_group: item.required(M::TaxGroup, Value::parsed)?,
        taxable_unit: item.optional(M::TaxableUnit, read_unit)?.unwrap_or_else(|| "unit".to_owned()),
    })
}

fn read_unit(value: Value<'_>) -> Result<String, DraftFault> {
    value.checked(|unit| Text::new(unit).and_then(Unit::try_from).map(|_| ()))
}

fn read_group(value: Value<'_>) -> Result<Group, DraftFault> {
    let group = value.object(&[M::Code, M::Name, M::Rate, M::BaseAmount, M::TaxAmount])?;
    Ok(Group {
        code: group.required(M::Code, Value::parsed)?,
        name: group.optional(M::Name, Value::text)?,
        rate: group.required(M::Rate, Value::decimal)?,
        base_amount: group.optional(M::BaseAmount, Value::decimal)?,
        tax_amount: group.optional(M::TaxAmount, Value::decimal)?,
    })
}

/// The totals, whose currency may stand at the top instead: then `totals` need not be there at all.
fn read_totals(draft: &Object<'_>) -> Result<Totals, DraftFault> {
    let read = |value: Value<'_>| -> Result<Totals, DraftFault> {
        let totals = value.object(&[M::Subtotal, M::TotalVat, M::Total, M::Currency])?;
        Ok(Totals {
            subtotal: totals.optional(M::Subtotal, Value::decimal)?,
            total_vat: totals.optional(M::TotalVat, Value::decimal)?,
            total: totals.optional(M::Total, Value::decimal)?,
            currency: totals.optional(M::Currency, Value::parsed)?,
        })
    };
    let mut totals = draft.optional(M::Totals, read)?.unwrap_or_default();
    draft.optional(M::Currency, |value| {
        let currency = value.parsed()?;
        if *totals.currency.get_or_insert(currency) == currency {
            Ok(())
        } else {
            Err(DraftFault::CurrencyConflict(value.path()))
        }
    })?;
    Ok(totals)
}

fn read_payment(value: Value<'_>) -> Result<Payment, DraftFault> {
    let payment = value.object(&[M::Method, M::Amount, M::InstrumentId])?;
    Ok(Payment {
        method: payment.required(M::Method, Value::parsed)?,
        amount: payment.optional(M::Amount, Value::decimal)?,
        instrument_id: payment.optional(M::InstrumentId, Value::text_or_none)?.flatten(),
    })
}

/// A rebate has its nature alone; every other note names its original.
fn read_reference(value: Value<'_>) -> Result<Reference, DraftFault> {
    let reference =
        value.object(&[M::Nature, M::OutletId, M::Epoch, M::InvoiceSeq, M::AuthCode, M::Voucher])?;
    let nature: Nature = reference.required(M::Nature, Value::parsed)?;
    let nature = match nature {
        Nature::Rebate if reference.len() > 1 => return Err(value.breaks(Reason::RebateWithOriginal)),
        Nature::Rebate => return Ok(Reference::Rebate),
        Nature::OfOriginal(nature) => nature,
    };
    Ok(Reference::Original(Original {
        nature,
        outlet_id: reference.required(M::OutletId, Value::parsed)?,
        epoch: reference.required(M::Epoch, |value| {
            value.integer(Reason::EpochForm, |epoch| u32::try_from(epoch).ok().map(Epoch))
        })?,
        invoice_seq: reference
            .required(M::InvoiceSeq, |value| value.integer(Reason::NumberForm, InvoiceNumber::new))?,
        auth_code: reference.required(M::AuthCode, Value::parsed)?,
        voucher: reference.optional(M::Voucher, read_voucher)?,
    }))
}

enum Nature {
    Rebate,
    OfOriginal(fiscal::CreditNature),
}

impl std::str::FromStr for Nature {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        if text == "RRR" { Ok(Self::Rebate) } else { text.parse().map(Self::OfOriginal) }
    }
}

fn read_voucher(value: Value<'_>) -> Result<String, DraftFault> {
    value.checked(|token| VoucherToken::new(token).map(|_| ()))
}
