use fiscal::{
    Amount, ExchangeRate, Invoice, Item, ItemType, Overflow, Quantity, Reference, UnitPrice, totals::Nature,
};

use super::{Mapping, MappingFault, OurSeal, ext::FreeText};
use crate::{
    AuthorityCode, ClientPart, CurrencyPart, Figure, ItemPart, OperatorPart, PaymentPart, ReferencePart,
    request::{COMMENTS, record_comment},
};

impl Mapping<'_> {
    pub(super) fn items(
        &self,
        invoice: &Invoice<'_>,
        words: &FreeText,
    ) -> Result<Vec<ItemPart>, MappingFault> {
        let rate = invoice.annex.exchange.map(|exchange| exchange.rate);
        let mut more = invoice.annex.items.iter().flat_map(|items| items.iter());
        let mut parts = Vec::with_capacity(invoice.items.len());
        for (index, item) in invoice.items.iter().enumerate() {
            let more = more.next();
            let tax_group = self.letter(item.tax_group)?;
            let item_type = more.map_or(ItemType::Goods, |more| more.item_type);
            if item_type == ItemType::Tax && !matches!(tax_group.as_char(), 'L' | 'N') {
                return Err(MappingFault::TaxItem { item: index, letter: tax_group });
            }
            let original = more.and_then(|more| more.original_price);
            let original =
                original.filter(|original| original.ten_thousandths() != item.unit_price.ten_thousandths());
            parts.push(ItemPart {
                code: item.code,
                item_type,
                name: item.description.to_string(),
                price: price(item.unit_price, rate)?,
                quantity: quantity(&item)?,
                tax_group,
                original_price: original.map(|original| price(original, rate)).transpose()?,
                price_modification: original.map(|original| modification(original, &item, words)),
            });
        }
        Ok(parts)
    }
}

fn price(price: UnitPrice, rate: Option<ExchangeRate>) -> Result<Figure, Overflow> {
    let price = rate.map_or(Ok(price), |rate| rate.convert(price))?;
    Ok(Figure::from_millionths(i128::from(price.ten_thousandths()) * 100))
}

/// Above zero, as the authority wants it on credit notes too.
fn quantity(item: &Item<'_>) -> Result<Quantity, Overflow> {
    Quantity::from_thousandths(item.quantity.thousandths().abs()).ok_or(Overflow)
}

/// In French: it stands on the authority's copy of the invoice.
fn modification(original: UnitPrice, item: &Item<'_>, words: &FreeText) -> String {
    let lower = item.unit_price.ten_thousandths() < original.ten_thousandths();
    let usual = if lower { "Remise" } else { "Majoration" };
    words.price_modification.clone().unwrap_or_else(|| usual.to_owned())
}

pub(super) fn client(invoice: &Invoice<'_>, words: &FreeText) -> ClientPart {
    let text = |text: Option<fiscal::Text<'_>>| text.map(|text| text.to_string());
    ClientPart {
        nif: text(invoice.client.registration),
        name: text(invoice.annex.client_name),
        contact: text(invoice.annex.client_contact),
        address: text(invoice.annex.client_address),
        classification: invoice.client.classification,
        description: words.client_description.clone(),
    }
}

pub(super) fn operator(invoice: &Invoice<'_>) -> OperatorPart {
    let name = invoice.annex.operator_name.map(|name| name.to_string());
    OperatorPart { id: invoice.cashier_id, name: name.unwrap_or_else(|| invoice.cashier_id.to_string()) }
}

/// Payments in CDF, which sum to the total: each has its part of it, as large as its part of the sum in the invoice's
/// currency. Where that is CDF, each is what it was.
pub(super) fn payments(invoice: &Invoice<'_>, total: Amount) -> Result<Vec<PaymentPart>, MappingFault> {
    let amounts = invoice.payments.iter().map(|payment| i128::from(payment.amount.magnitude().centimes()));
    let sum: i128 = amounts.clone().sum();
    let total = i128::from(total.centimes());
    let (mut counted, mut given) = (0, 0);
    let mut parts = Vec::with_capacity(invoice.payments.len());
    for (payment, amount) in invoice.payments.iter().zip(amounts) {
        counted += amount;
        // Rounded up to here and not one by one, so that the last one brings the sum to the total.
        let up_to_here = if sum == 0 { 0 } else { (total * counted * 2 + sum) / (sum * 2) };
        let centimes = i64::try_from(up_to_here - given).map_err(|_| Overflow)?;
        given = up_to_here;
        parts.push(PaymentPart { method: payment.method, amount: Amount::from_centimes(centimes)? });
    }
    Ok(parts)
}

pub(super) fn reference(
    invoice: &Invoice<'_>,
    original: Option<AuthorityCode>,
    words: FreeText,
) -> Result<Option<ReferencePart>, MappingFault> {
    let Some(reference) = &invoice.reference else { return Ok(None) };
    let code = match reference {
        Reference::Rebate => None,
        Reference::Original(_) => Some(original.ok_or(MappingFault::OriginalMissing)?),
    };
    Ok(Some(ReferencePart {
        code,
        nature: Nature::from(reference),
        description: words.reference_description,
    }))
}

/// The invoice's comments and ours, in eight lines at most: the last two of eight share one.
pub(super) fn comments(invoice: &Invoice<'_>, seal: &OurSeal) -> Vec<String> {
    let written = invoice.annex.comments.iter().flat_map(|comments| comments.iter());
    let mut lines: Vec<String> = written.map(|comment| comment.to_string()).collect();
    while lines.len() >= COMMENTS.len() {
        let last = lines.pop().unwrap_or_default();
        if let Some(line) = lines.last_mut() {
            line.push_str(" / ");
            line.push_str(&last);
        }
    }
    lines.push(record_comment(seal.device, seal.record));
    lines
}

pub(super) fn currency(invoice: &Invoice<'_>) -> Option<CurrencyPart> {
    let exchange = invoice.annex.exchange?;
    Some(CurrencyPart { currency: exchange.currency, date: exchange.date, rate: exchange.rate })
}
