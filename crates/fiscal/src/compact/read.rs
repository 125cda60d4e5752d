//! From the compact form to an invoice whose lists stay where they are.

use heapless::Vec;

use super::{
    Home, Reader, UnpackFault, VERSION,
    elements::{Packed, place},
};
use crate::{
    auth_code::AuthCode,
    canonical::List,
    decimal::Amount,
    ids::{Currency, Epoch, InvoiceNumber, VoucherToken},
    invoice::{
        Annex, Classification, Client, CreditNature, Exchange, Invoice, InvoiceType, OriginalReference,
        Payment, PriceMode, Reference, TaxGroup, Totals,
    },
    rules::{GroupAmounts, Tally, group_sums, limits},
    time::{CivilDate, Timestamp},
};

/// The first three bytes after the version.
struct Flags {
    kind: u8,
    form: u8,
    annex: u8,
}

impl Flags {
    fn invoice_type(&self) -> Result<InvoiceType, UnpackFault> {
        place(InvoiceType::ALL, self.kind & 7, "type")
    }

    fn classification(&self) -> Result<Classification, UnpackFault> {
        place(Classification::ALL, self.kind >> 3 & 7, "class of client")
    }

    fn price_mode(&self) -> Result<Option<PriceMode>, UnpackFault> {
        match self.kind >> 6 {
            0 => Ok(None),
            mode => place(PriceMode::ALL, mode - 1, "price mode").map(Some),
        }
    }

    const fn form(&self, bit: u8) -> bool {
        self.form >> bit & 1 == 1
    }

    const fn groups(&self) -> u8 {
        (self.form >> 4) + 1
    }

    const fn annex(&self, bit: u8) -> bool {
        self.annex >> bit & 1 == 1
    }
}

pub(super) fn with_invoice(
    bytes: &[u8],
    home: &Home,
    use_invoice: &mut dyn FnMut(&Invoice<'_>),
) -> Result<(), UnpackFault> {
    let mut reader = Reader::new(bytes);
    let (flags, mut invoice) = read_head(&mut reader, home)?;
    let mut groups: Vec<TaxGroup<'_>, { limits::GROUPS }> = Vec::new();
    for _ in 0..flags.groups() {
        // Four bits count at most sixteen.
        let _ = groups.push(TaxGroup::unpack(&mut reader)?);
    }
    fill_sums(reader, &mut groups, &mut invoice)?;
    let mut reader = reader.with_groups(&groups);
    let count = reader.count(limits::ITEMS, "number of items")?;
    let mut again = reader;
    invoice.items = List::unpack(&mut reader, count)?;
    invoice.annex.items = if flags.annex(4) { Some(List::unpack(&mut again, count)?) } else { None };
    invoice.tax_groups = List::from(&groups[..]);
    invoice.payments = read_payments(&mut reader, &flags, invoice.totals.total)?;
    if invoice.invoice_type.is_credit() {
        invoice.reference = Some(read_reference(&mut reader, &invoice)?);
    }
    read_annex(&mut reader, &flags, &mut invoice.annex)?;
    if !reader.is_at_end() {
        return Err(UnpackFault::TrailingBytes);
    }
    use_invoice(&invoice);
    Ok(())
}

/// What stands before the groups; the rest of the invoice is empty.
fn read_head<'a>(reader: &mut Reader<'a>, home: &Home) -> Result<(Flags, Invoice<'a>), UnpackFault> {
    match reader.byte()? {
        VERSION => {}
        version => return Err(UnpackFault::Version(version)),
    }
    let [kind, form, annex] = reader.array()?;
    let flags = Flags { kind, form, annex };
    let home = if flags.form(0) { *home } else { Home { nif: reader.id()?, outlet: reader.id()? } };
    let invoice_type = flags.invoice_type()?;
    reader.credit = invoice_type.is_credit();
    let mut invoice = Invoice {
        merchant_nif: home.nif,
        outlet_id: home.outlet,
        pos_terminal_id: reader.id()?,
        cashier_id: reader.id()?,
        invoice_type,
        timestamp: Timestamp::from_unix(reader.number()?).ok_or(UnpackFault::Field("time"))?,
        client: Client {
            registration: if flags.form(2) { Some(reader.text()?) } else { None },
            classification: flags.classification()?,
        },
        items: List::EMPTY,
        tax_groups: List::EMPTY,
        totals: Totals {
            subtotal: Amount::ZERO,
            total_vat: Amount::ZERO,
            total: Amount::ZERO,
            currency: Currency::CDF,
        },
        payments: List::EMPTY,
        reference: None,
        annex: Annex { price_mode: flags.price_mode()?, ..Annex::default() },
    };
    if !flags.form(1) {
        let exchange = read_exchange(reader, invoice.timestamp)?;
        invoice.totals.currency = exchange.currency;
        invoice.annex.exchange = Some(exchange);
    }
    Ok((flags, invoice))
}

fn read_exchange(reader: &mut Reader<'_>, time: Timestamp) -> Result<Exchange, UnpackFault> {
    let currency = reader.currency()?;
    if currency == Currency::CDF {
        return Err(UnpackFault::Field("currency"));
    }
    let rate = reader.exchange_rate()?;
    let days = reader.zigzag()?.checked_add(i64::from(time.days()));
    let days = days.and_then(|days| u32::try_from(days).ok());
    let date = days.and_then(CivilDate::from_days).ok_or(UnpackFault::Field("date"))?;
    Ok(Exchange { currency, rate, date, total: Amount::ZERO, total_vat: Amount::ZERO })
}

/// Computes what P5 and P6 fix from the items, which stand at the reader's place.
fn fill_sums(
    reader: Reader<'_>,
    groups: &mut [TaxGroup<'_>],
    invoice: &mut Invoice<'_>,
) -> Result<(), UnpackFault> {
    let sums = |_| UnpackFault::Sums;
    let mode = invoice.price_mode();
    let rate = invoice.annex.exchange.map(|exchange| exchange.rate);
    let mut reader = reader.with_groups(groups);
    let count = reader.count(limits::ITEMS, "number of items")?;
    let items = List::unpack(&mut reader, count)?;
    let credit = invoice.invoice_type.is_credit();
    let tally = Tally::of(&items, groups, rate, credit).map_err(|_| UnpackFault::Sums)?;
    if let Some(exchange) = &mut invoice.annex.exchange {
        let (total, total_vat) = tally.converted_totals(groups, mode);
        (exchange.total, exchange.total_vat) = (total.map_err(sums)?, total_vat.map_err(sums)?);
    }
    let amounts: Result<Vec<GroupAmounts, { limits::GROUPS }>, _> = tally.amounts(groups, mode).collect();
    for (group, amounts) in groups.iter_mut().zip(amounts.map_err(sums)?) {
        (group.base_amount, group.tax_amount) = (amounts.base, amounts.tax);
    }
    let (subtotal, total_vat) = group_sums(groups);
    let totals = &mut invoice.totals;
    (totals.subtotal, totals.total_vat) = (subtotal.map_err(sums)?, total_vat.map_err(sums)?);
    totals.total = totals.subtotal.plus(totals.total_vat).map_err(sums)?;
    Ok(())
}

fn read_payments<'a>(
    reader: &mut Reader<'a>,
    flags: &Flags,
    total: Amount,
) -> Result<List<'a, Payment<'a>>, UnpackFault> {
    let count = if flags.form(3) { 1 } else { usize::from(reader.byte()?) };
    if count > limits::PAYMENTS {
        return Err(UnpackFault::Field("number of payments"));
    }
    reader.left = total;
    List::unpack(reader, count)
}

fn read_reference<'a>(reader: &mut Reader<'a>, invoice: &Invoice<'_>) -> Result<Reference<'a>, UnpackFault> {
    let byte = reader.byte()?;
    let nature = match byte & 3 {
        0 => CreditNature::Void,
        1 => CreditNature::Return,
        2 => CreditNature::Correction,
        _ => return Ok(Reference::Rebate),
    };
    Ok(Reference::Original(OriginalReference {
        nature,
        outlet_id: if byte & 4 == 0 { reader.id()? } else { invoice.outlet_id },
        epoch: u32::try_from(reader.number()?).map(Epoch).map_err(|_| UnpackFault::Field("epoch"))?,
        invoice_seq: InvoiceNumber::new(reader.number()?).ok_or(UnpackFault::Field("invoice number"))?,
        auth_code: AuthCode::from_bits(reader.array()?),
        voucher: if byte & 8 == 0 { None } else { Some(read_voucher(reader)?) },
    }))
}

fn read_voucher<'a>(reader: &mut Reader<'a>) -> Result<VoucherToken<'a>, UnpackFault> {
    let length = usize::try_from(reader.number()?).map_err(|_| UnpackFault::Truncated)?;
    let token = core::str::from_utf8(reader.take(length)?).ok();
    token.and_then(|token| VoucherToken::new(token).ok()).ok_or(UnpackFault::Field("voucher"))
}

/// What of the annex stands after the payments.
fn read_annex<'a>(reader: &mut Reader<'a>, flags: &Flags, annex: &mut Annex<'a>) -> Result<(), UnpackFault> {
    let Annex { client_name, client_contact, client_address, operator_name, .. } = annex;
    for (bit, text) in (0..).zip([client_name, client_contact, client_address, operator_name]) {
        *text = if flags.annex(bit) { Some(reader.text()?) } else { None };
    }
    if flags.annex(5) {
        let count = reader.count(limits::TENDERED, "number of tendered amounts")?;
        annex.tendered = Some(List::unpack(reader, count)?);
    }
    if flags.annex(6) {
        let count = reader.count(limits::COMMENTS, "number of comments")?;
        annex.comments = Some(List::unpack(reader, count)?);
    }
    if flags.annex(7) {
        let count = reader.count(limits::EXTENSIONS, "number of extensions")?;
        annex.ext = Some(List::unpack(reader, count)?);
    }
    Ok(())
}
