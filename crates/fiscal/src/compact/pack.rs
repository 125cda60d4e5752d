//! From an invoice to the compact form.

use super::{Home, NoRoom, VERSION, tables::groups, writer::Writer};
use crate::{
    ids::Currency,
    invoice::{
        Annex, AnnexItem, CreditNature, Invoice, Item, OriginalReference, Payment, PriceMode, Reference,
        TaxGroup,
    },
    text::Text,
};

pub(super) fn pack(invoice: &Invoice<'_>, home: &Home, out: &mut [u8]) -> Result<usize, NoRoom> {
    let writer = &mut Writer::new(out);
    pack_head(writer, invoice, home)?;
    for group in &invoice.tax_groups {
        pack_group(writer, &group)?;
    }
    writer.count(invoice.items.len())?;
    let mut more = invoice.annex.items.map(|items| items.iter());
    for item in &invoice.items {
        let more = more.as_mut().and_then(Iterator::next);
        let group = invoice.tax_groups.iter().position(|group| group.code == item.tax_group);
        pack_item(writer, &item, group.unwrap_or_default(), more)?;
    }
    let payments = invoice.payments.len();
    if payments != 1 {
        writer.count(payments)?;
    }
    for (index, payment) in invoice.payments.iter().enumerate() {
        pack_payment(writer, &payment, index + 1 == payments)?;
    }
    if let Some(reference) = &invoice.reference {
        pack_reference(writer, reference, invoice)?;
    }
    pack_annex(writer, &invoice.annex)?;
    Ok(writer.length())
}

fn pack_head(writer: &mut Writer<'_>, invoice: &Invoice<'_>, home: &Home) -> Result<(), NoRoom> {
    let at_home = Home { nif: invoice.merchant_nif, outlet: invoice.outlet_id } == *home;
    let in_cdf = invoice.totals.currency == Currency::CDF;
    let price_mode = match invoice.annex.price_mode {
        None => 0,
        Some(PriceMode::Exclusive) => 1,
        Some(PriceMode::Inclusive) => 2,
    };
    writer.byte(VERSION)?;
    writer.byte(invoice.invoice_type as u8 | (invoice.client.classification as u8) << 3 | price_mode << 6)?;
    let flags = bits([at_home, in_cdf, invoice.client.registration.is_some(), invoice.payments.len() == 1]);
    // 1 to 16 groups pass validation.
    writer.byte(flags | ((invoice.tax_groups.len() - 1) as u8) << 4)?;
    let Annex { client_name, client_contact, client_address, operator_name, .. } = invoice.annex;
    let texts = bits([client_name, client_contact, client_address, operator_name].map(|text| text.is_some()));
    let annex = &invoice.annex;
    let lists = bits([
        annex.items.is_some(),
        annex.tendered.is_some(),
        annex.comments.is_some(),
        annex.ext.is_some(),
    ]);
    writer.byte(texts | lists << 4)?;
    if !at_home {
        writer.id(invoice.merchant_nif.as_str())?;
        writer.id(invoice.outlet_id.as_str())?;
    }
    writer.id(invoice.pos_terminal_id.as_str())?;
    writer.id(invoice.cashier_id.as_str())?;
    writer.number(invoice.timestamp.unix())?;
    if let Some(registration) = invoice.client.registration {
        writer.text(registration)?;
    }
    // An invoice has an exchange exactly when it is not in CDF.
    if let Some(exchange) = &invoice.annex.exchange {
        writer.currency(exchange.currency)?;
        writer.exchange_rate(exchange.rate)?;
        writer.zigzag(i64::from(exchange.date.days()) - i64::from(invoice.timestamp.days()))?;
    }
    Ok(())
}

/// The first is the lowest bit.
fn bits(flags: [bool; 4]) -> u8 {
    flags.iter().rev().fold(0, |bits, flag| bits << 1 | u8::from(*flag))
}

fn pack_group(writer: &mut Writer<'_>, group: &TaxGroup<'_>) -> Result<(), NoRoom> {
    let known = groups().iter().position(|known| known.code == group.code);
    let entry = known.map(|place| &groups()[place]);
    let named = |name: &str| Text::new(name) == Ok(group.name);
    let name = match entry {
        Some(entry) if named(entry.french) => 0,
        Some(entry) if named(entry.english) => 1,
        _ => 2,
    };
    let other_rate = entry.is_none_or(|entry| entry.rate != group.rate);
    // The manifest has sixteen entries.
    let place = known.unwrap_or_default() as u8;
    writer.byte(place | name << 4 | u8::from(other_rate) << 6 | u8::from(known.is_none()) << 7)?;
    if known.is_none() {
        writer.id(group.code.as_str())?;
    }
    if name == 2 {
        writer.text(group.name)?;
    }
    if other_rate { writer.rate(group.rate) } else { Ok(()) }
}

fn pack_item(
    writer: &mut Writer<'_>,
    item: &Item<'_>,
    group: usize,
    more: Option<AnnexItem>,
) -> Result<(), NoRoom> {
    let one = matches!(item.quantity.parts(), (1 | -1, 0));
    let item_type = more.map_or(0, |more| more.item_type as u8);
    let original_price = more.and_then(|more| more.original_price);
    // At most sixteen groups pass validation.
    let byte = group as u8 | u8::from(one) << 4 | item_type << 5 | u8::from(original_price.is_some()) << 7;
    writer.byte(byte)?;
    writer.id(item.code.as_str())?;
    writer.text(item.description)?;
    if !one {
        writer.quantity(item.quantity)?;
    }
    writer.price(item.unit_price)?;
    writer.text(item.taxable_unit.text())?;
    original_price.map_or(Ok(()), |price| writer.price(price))
}

fn pack_payment(writer: &mut Writer<'_>, payment: &Payment<'_>, last: bool) -> Result<(), NoRoom> {
    let instrument = payment.instrument_id.is_some();
    writer.byte(payment.method as u8 | u8::from(instrument) << 3 | u8::from(last) << 4)?;
    if !last {
        writer.amount(payment.amount)?;
    }
    payment.instrument_id.map_or(Ok(()), |text| writer.text(text))
}

fn pack_reference(
    writer: &mut Writer<'_>,
    reference: &Reference<'_>,
    invoice: &Invoice<'_>,
) -> Result<(), NoRoom> {
    let Reference::Original(original) = reference else { return writer.byte(3) };
    let OriginalReference { nature, outlet_id, epoch, invoice_seq, auth_code, voucher } = original;
    let same_outlet = *outlet_id == invoice.outlet_id;
    let nature = match nature {
        CreditNature::Void => 0,
        CreditNature::Return => 1,
        CreditNature::Correction => 2,
    };
    writer.byte(nature | u8::from(same_outlet) << 2 | u8::from(voucher.is_some()) << 3)?;
    if !same_outlet {
        writer.id(outlet_id.as_str())?;
    }
    writer.number(u64::from(epoch.0))?;
    writer.number(invoice_seq.value())?;
    writer.bytes(&auth_code.bits())?;
    if let Some(voucher) = voucher {
        writer.number(voucher.as_str().len() as u64)?;
        writer.bytes(voucher.as_str().as_bytes())?;
    }
    Ok(())
}

/// Items are with the invoice's, and the exchange in the head.
fn pack_annex(writer: &mut Writer<'_>, annex: &Annex<'_>) -> Result<(), NoRoom> {
    let texts = [annex.client_name, annex.client_contact, annex.client_address, annex.operator_name];
    for text in texts.into_iter().flatten() {
        writer.text(text)?;
    }
    if let Some(tendered) = &annex.tendered {
        writer.count(tendered.len())?;
        for tendered in tendered {
            writer.currency(tendered.currency)?;
            writer.amount(tendered.amount)?;
            writer.exchange_rate(tendered.rate)?;
        }
    }
    if let Some(comments) = &annex.comments {
        writer.count(comments.len())?;
        comments.iter().try_for_each(|comment| writer.text(comment))?;
    }
    if let Some(ext) = &annex.ext {
        writer.count(ext.len())?;
        for extension in ext {
            writer.text(extension.name)?;
            writer.text_or_none(extension.value)?;
        }
    }
    Ok(())
}
