//! From bytes to values: the members of P1, in their order.

use super::{
    cursor::{Cursor, value},
    list::{Element, List},
    read_annex::read_annex,
};
use crate::{
    fault::{Fault, InMember, Member, Reason},
    ids::{Epoch, InvoiceNumber, VoucherToken},
    invoice::{Annex, Client, Invoice, Item, OriginalReference, Payment, Reference, TaxGroup, Totals},
    rules::limits,
    text::Text,
};

/// Reads a whole payload.
pub(crate) fn read_invoice(payload: &str) -> Result<Invoice<'_>, Fault> {
    use Member as M;
    const MEMBERS: &[Member] = &[
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
        M::Payments,
        M::Reference,
        M::Annex,
    ];
    let c = &mut Cursor::new(payload);
    c.open_object()?;
    let invoice = Invoice {
        merchant_nif: value(c, MEMBERS, 0, |c| c.parsed(Reason::NifForm))?,
        outlet_id: value(c, MEMBERS, 1, |c| c.parsed(Reason::IdForm))?,
        pos_terminal_id: value(c, MEMBERS, 2, |c| c.parsed(Reason::IdForm))?,
        cashier_id: value(c, MEMBERS, 3, |c| c.parsed(Reason::IdForm))?,
        invoice_type: value(c, MEMBERS, 4, |c| c.parsed(Reason::InvoiceTypeUnknown))?,
        timestamp: value(c, MEMBERS, 5, |c| c.parsed(Reason::TimestampForm))?,
        client: {
            c.member(MEMBERS, 6)?;
            read_client(c).map_err(|fault| fault.within(M::Client))?
        },
        items: {
            c.member(MEMBERS, 7)?;
            List::read(c, M::Items, limits::ITEMS, Reason::ItemsCount)?
        },
        tax_groups: {
            c.member(MEMBERS, 8)?;
            List::read(c, M::TaxGroups, limits::GROUPS, Reason::GroupsCount)?
        },
        totals: {
            c.member(MEMBERS, 9)?;
            read_totals(c).map_err(|fault| fault.within(M::Totals))?
        },
        payments: {
            c.member(MEMBERS, 10)?;
            List::read(c, M::Payments, limits::PAYMENTS, Reason::PaymentsCount)?
        },
        reference: if c.optional_member(M::Reference, false) { Some(read_reference(c)?) } else { None },
        annex: if c.optional_member(M::Annex, false) {
            read_annex(c).map_err(|fault| fault.within(M::Annex))?
        } else {
            Annex::default()
        },
    };
    c.close_object(MEMBERS, false)?;
    if c.is_at_end() { Ok(invoice) } else { Err(Fault::whole(Reason::TrailingBytes)) }
}

fn read_client<'a>(c: &mut Cursor<'a>) -> Result<Client<'a>, Fault> {
    const MEMBERS: &[Member] = &[Member::Registration, Member::Classification];
    c.open_object()?;
    let client = Client {
        registration: value(c, MEMBERS, 0, Cursor::text_or_none)?,
        classification: value(c, MEMBERS, 1, |c| c.parsed(Reason::ClassificationUnknown))?,
    };
    c.close_object(MEMBERS, false)?;
    Ok(client)
}

impl<'a> Element<'a> for Item<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        use Member as M;
        const MEMBERS: &[Member] =
            &[M::Code, M::Description, M::Quantity, M::UnitPrice, M::TaxGroup, M::TaxableUnit];
        c.open_object()?;
        let item = Self {
            code: value(c, MEMBERS, 0, |c| c.parsed(Reason::CodeForm))?,
            description: value(c, MEMBERS, 1, Cursor::text)?,
            quantity: value(c, MEMBERS, 2, |c| c.parsed(Reason::QuantityForm))?,
            unit_price: value(c, MEMBERS, 3, |c| c.parsed(Reason::PriceForm))?,
            tax_group: value(c, MEMBERS, 4, |c| c.parsed(Reason::CodeForm))?,
            taxable_unit: value(c, MEMBERS, 5, |c| c.text()?.try_into())?,
        };
        c.close_object(MEMBERS, false)?;
        Ok(item)
    }
}

impl<'a> Element<'a> for TaxGroup<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        use Member as M;
        const MEMBERS: &[Member] = &[M::Code, M::Name, M::Rate, M::BaseAmount, M::TaxAmount];
        c.open_object()?;
        let group = Self {
            code: value(c, MEMBERS, 0, |c| c.parsed(Reason::CodeForm))?,
            name: value(c, MEMBERS, 1, Cursor::text)?,
            rate: value(c, MEMBERS, 2, |c| c.parsed(Reason::RateForm))?,
            base_amount: value(c, MEMBERS, 3, |c| c.parsed(Reason::AmountForm))?,
            tax_amount: value(c, MEMBERS, 4, |c| c.parsed(Reason::AmountForm))?,
        };
        c.close_object(MEMBERS, false)?;
        Ok(group)
    }
}

fn read_totals(c: &mut Cursor<'_>) -> Result<Totals, Fault> {
    const MEMBERS: &[Member] = &[Member::Subtotal, Member::TotalVat, Member::Total, Member::Currency];
    c.open_object()?;
    let totals = Totals {
        subtotal: value(c, MEMBERS, 0, |c| c.parsed(Reason::AmountForm))?,
        total_vat: value(c, MEMBERS, 1, |c| c.parsed(Reason::AmountForm))?,
        total: value(c, MEMBERS, 2, |c| c.parsed(Reason::AmountForm))?,
        currency: value(c, MEMBERS, 3, |c| c.parsed(Reason::CurrencyForm))?,
    };
    c.close_object(MEMBERS, false)?;
    Ok(totals)
}

impl<'a> Element<'a> for Payment<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        const MEMBERS: &[Member] = &[Member::Method, Member::Amount, Member::InstrumentId];
        c.open_object()?;
        let payment = Self {
            method: value(c, MEMBERS, 0, |c| c.parsed(Reason::MethodUnknown))?,
            amount: value(c, MEMBERS, 1, |c| c.parsed(Reason::AmountForm))?,
            instrument_id: value(c, MEMBERS, 2, Cursor::text_or_none)?,
        };
        c.close_object(MEMBERS, false)?;
        Ok(payment)
    }
}

/// A rebate has its nature alone; every other note names its original.
fn read_reference<'a>(c: &mut Cursor<'a>) -> Result<Reference<'a>, Fault> {
    use Member as M;
    const MEMBERS: &[Member] = &[M::Nature, M::OutletId, M::Epoch, M::InvoiceSeq, M::AuthCode, M::Voucher];
    let within = |fault: Fault| fault.within(M::Reference);
    c.open_object().map_err(within)?;
    c.member(MEMBERS, 0).map_err(within)?;
    let nature = c.plain(Reason::NatureUnknown).at(M::Nature).map_err(within)?;
    if nature == "RRR" {
        return c.expect("}", Reason::RebateWithOriginal).map(|()| Reference::Rebate).at(M::Reference);
    }
    let mut read_original = || -> Result<Reference<'a>, Fault> {
        let original = OriginalReference {
            nature: nature.parse().at(M::Nature)?,
            outlet_id: value(c, MEMBERS, 1, |c| c.parsed(Reason::IdForm))?,
            epoch: value(c, MEMBERS, 2, |c| {
                let epoch = c.integer(Reason::EpochForm)?;
                u32::try_from(epoch).map(Epoch).map_err(|_| Reason::EpochForm)
            })?,
            invoice_seq: value(c, MEMBERS, 3, |c| {
                let number = c.integer(Reason::NumberForm)?;
                InvoiceNumber::new(number).ok_or(Reason::NumberForm)
            })?,
            auth_code: value(c, MEMBERS, 4, |c| c.parsed(Reason::AuthCodeForm))?,
            voucher: if c.optional_member(M::Voucher, false) {
                Some(c.plain(Reason::VoucherForm).and_then(VoucherToken::new).at(M::Voucher)?)
            } else {
                None
            },
        };
        c.close_object(MEMBERS, false)?;
        Ok(Reference::Original(original))
    };
    read_original().map_err(within)
}

impl<'a> Element<'a> for Text<'a> {
    fn read(c: &mut Cursor<'a>) -> Result<Self, Fault> {
        c.text().map_err(Fault::whole)
    }
}
