//! From values to bytes.

use core::fmt::{self, Display, Write};

use super::list::{Element, List};
use crate::{
    fault::Member,
    invoice::{
        Annex, AnnexItem, Exchange, Extension, Invoice, Item, Payment, Reference, TaxGroup, Tendered, Totals,
    },
    text::Text,
};

impl Invoice<'_> {
    pub(crate) fn write_canonical(&self, out: &mut dyn Write) -> fmt::Result {
        use Member as M;
        let mut object = Object::open(out)?;
        object.string(M::MerchantNif, self.merchant_nif)?;
        object.string(M::OutletId, self.outlet_id)?;
        object.string(M::PosTerminalId, self.pos_terminal_id)?;
        object.string(M::CashierId, self.cashier_id)?;
        object.string(M::InvoiceType, self.invoice_type.name())?;
        object.string(M::Timestamp, self.timestamp)?;
        {
            let mut client = object.object(M::Client)?;
            client.text_or_none(M::Registration, self.client.registration)?;
            client.string(M::Classification, self.client.classification.name())?;
            client.close()?;
        }
        object.array(M::Items, &self.items, write_item)?;
        object.array(M::TaxGroups, &self.tax_groups, write_group)?;
        write_totals(object.object(M::Totals)?, &self.totals)?;
        object.array(M::Payments, &self.payments, write_payment)?;
        if let Some(reference) = &self.reference {
            write_reference(object.object(M::Reference)?, reference)?;
        }
        if self.annex != Annex::default() {
            write_annex(object.object(M::Annex)?, &self.annex)?;
        }
        object.close()
    }
}

fn write_item(out: &mut dyn Write, item: &Item<'_>) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.string(Member::Code, item.code)?;
    object.text(Member::Description, item.description)?;
    object.string(Member::Quantity, item.quantity)?;
    object.string(Member::UnitPrice, item.unit_price)?;
    object.string(Member::TaxGroup, item.tax_group)?;
    object.text(Member::TaxableUnit, item.taxable_unit.text())?;
    object.close()
}

fn write_group(out: &mut dyn Write, group: &TaxGroup<'_>) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.string(Member::Code, group.code)?;
    object.text(Member::Name, group.name)?;
    object.string(Member::Rate, group.rate)?;
    object.string(Member::BaseAmount, group.base_amount)?;
    object.string(Member::TaxAmount, group.tax_amount)?;
    object.close()
}

fn write_totals(mut object: Object<'_>, totals: &Totals) -> fmt::Result {
    object.string(Member::Subtotal, totals.subtotal)?;
    object.string(Member::TotalVat, totals.total_vat)?;
    object.string(Member::Total, totals.total)?;
    object.string(Member::Currency, totals.currency)?;
    object.close()
}

fn write_payment(out: &mut dyn Write, payment: &Payment<'_>) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.string(Member::Method, payment.method.name())?;
    object.string(Member::Amount, payment.amount)?;
    object.text_or_none(Member::InstrumentId, payment.instrument_id)?;
    object.close()
}

fn write_reference(mut object: Object<'_>, reference: &Reference<'_>) -> fmt::Result {
    match reference {
        Reference::Rebate => object.string(Member::Nature, "RRR")?,
        Reference::Original(original) => {
            object.string(Member::Nature, original.nature.name())?;
            object.string(Member::OutletId, original.outlet_id)?;
            object.integer(Member::Epoch, u64::from(original.epoch.0))?;
            object.integer(Member::InvoiceSeq, original.invoice_seq.value())?;
            object.string(Member::AuthCode, original.auth_code)?;
            if let Some(voucher) = original.voucher {
                object.string(Member::Voucher, voucher.as_str())?;
            }
        }
    }
    object.close()
}

fn write_annex(mut object: Object<'_>, annex: &Annex<'_>) -> fmt::Result {
    if let Some(mode) = annex.price_mode {
        object.string(Member::PriceMode, mode.name())?;
    }
    for (member, text) in [
        (Member::ClientName, annex.client_name),
        (Member::ClientContact, annex.client_contact),
        (Member::ClientAddress, annex.client_address),
        (Member::OperatorName, annex.operator_name),
    ] {
        if let Some(text) = text {
            object.text(member, text)?;
        }
    }
    if let Some(items) = &annex.items {
        object.array(Member::Items, items, write_annex_item)?;
    }
    if let Some(exchange) = &annex.exchange {
        write_exchange(object.object(Member::Exchange)?, exchange)?;
    }
    if let Some(tendered) = &annex.tendered {
        object.array(Member::Tendered, tendered, write_tendered)?;
    }
    if let Some(comments) = &annex.comments {
        object.array(Member::Comments, comments, |out, text| write_text(out, *text))?;
    }
    if let Some(ext) = &annex.ext {
        object.array(Member::Ext, ext, write_extension)?;
    }
    object.close()
}

fn write_annex_item(out: &mut dyn Write, item: &AnnexItem) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.string(Member::Type, item.item_type.name())?;
    if let Some(price) = item.original_price {
        object.string(Member::OriginalPrice, price)?;
    }
    object.close()
}

fn write_exchange(mut object: Object<'_>, exchange: &Exchange) -> fmt::Result {
    object.string(Member::Currency, exchange.currency)?;
    object.string(Member::Rate, exchange.rate)?;
    object.string(Member::Date, exchange.date)?;
    object.string(Member::Total, exchange.total)?;
    object.string(Member::TotalVat, exchange.total_vat)?;
    object.close()
}

fn write_tendered(out: &mut dyn Write, tendered: &Tendered) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.string(Member::Currency, tendered.currency)?;
    object.string(Member::Amount, tendered.amount)?;
    object.string(Member::Rate, tendered.rate)?;
    object.close()
}

fn write_extension(out: &mut dyn Write, extension: &Extension<'_>) -> fmt::Result {
    out.write_str("[")?;
    write_text(out, extension.name)?;
    out.write_str(",")?;
    write_text_or_none(out, extension.value)?;
    out.write_str("]")
}

fn write_text(out: &mut dyn Write, text: Text<'_>) -> fmt::Result {
    out.write_str("\"")?;
    text.write(out)?;
    out.write_str("\"")
}

fn write_text_or_none(out: &mut dyn Write, text: Option<Text<'_>>) -> fmt::Result {
    match text {
        Some(text) => write_text(out, text),
        None => out.write_str("\"\""),
    }
}

/// An object that is being written: commas between members, nothing else.
///
/// The writer is not a parameter of the type, so that a device has one copy of all this.
struct Object<'w> {
    out: &'w mut dyn Write,
    empty: bool,
}

impl<'w> Object<'w> {
    fn open(out: &'w mut dyn Write) -> Result<Self, fmt::Error> {
        out.write_str("{")?;
        Ok(Self { out, empty: true })
    }

    fn name(&mut self, member: Member) -> fmt::Result {
        if !self.empty {
            self.out.write_str(",")?;
        }
        self.empty = false;
        self.out.write_str(member.literal())
    }

    /// A value whose written form has nothing to escape.
    fn string(&mut self, member: Member, value: impl Display) -> fmt::Result {
        self.name(member)?;
        write!(self.out, "\"{value}\"")
    }

    fn text(&mut self, member: Member, text: Text<'_>) -> fmt::Result {
        self.name(member)?;
        write_text(self.out, text)
    }

    fn text_or_none(&mut self, member: Member, text: Option<Text<'_>>) -> fmt::Result {
        self.name(member)?;
        write_text_or_none(self.out, text)
    }

    fn integer(&mut self, member: Member, value: u64) -> fmt::Result {
        self.name(member)?;
        write!(self.out, "{value}")
    }

    fn object(&mut self, member: Member) -> Result<Object<'_>, fmt::Error> {
        self.name(member)?;
        Object::open(self.out)
    }

    fn array<'a, T: Element<'a>>(
        &mut self,
        member: Member,
        elements: &List<'a, T>,
        write: fn(&mut dyn Write, &T) -> fmt::Result,
    ) -> fmt::Result {
        self.name(member)?;
        self.out.write_str("[")?;
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.out.write_str(",")?;
            }
            write(self.out, &element)?;
        }
        self.out.write_str("]")
    }

    fn close(self) -> fmt::Result {
        self.out.write_str("}")
    }
}
