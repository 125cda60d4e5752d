//! Totals, payments, and what else the payload wants a person to read.

use fiscal::{Currency, Invoice};

use super::{Block, Pair, Sum};
use crate::{
    Language, figures,
    words::{self, Word},
};

pub(super) fn totals(invoice: &Invoice<'_>, language: Language) -> Block {
    let totals = &invoice.totals;
    let money = |amount| figures::money_in(amount, totals.currency, language);
    Block::Sums {
        title: None,
        sums: vec![
            Sum::new(Word::Subtotal.of(language), money(totals.subtotal)),
            Sum::new(Word::TotalVat.of(language), money(totals.total_vat)),
            Sum { strong: true, ..Sum::new(Word::Total.of(language), money(totals.total)) },
        ],
    }
}

/// The same in CDF, where the invoice is in another currency (P6).
pub(super) fn equivalent(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let exchange = invoice.annex.exchange?;
    let cdf = |amount| figures::money_in(amount, Currency::CDF, language);
    let rate = figures::money_in(exchange.rate, Currency::CDF, language);
    Some(Block::Sums {
        title: Some(Word::Equivalent.of(language).to_owned()),
        sums: vec![
            Sum::new(Word::TotalInCdf.of(language), cdf(exchange.total)),
            Sum::new(Word::VatInCdf.of(language), cdf(exchange.total_vat)),
            Sum::new(
                format!(
                    "{} 1{}{} {} {}",
                    Word::Rate.of(language),
                    figures::NO_BREAK,
                    exchange.currency,
                    Word::On.of(language),
                    figures::date(exchange.date, language),
                ),
                rate,
            ),
        ],
    })
}

pub(super) fn payments(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let sums: Vec<Sum> = invoice
        .payments
        .iter()
        .map(|payment| {
            let method = words::method(payment.method, language);
            let label = match payment.instrument_id {
                Some(instrument) => format!("{method} {instrument}"),
                None => method.to_owned(),
            };
            Sum::new(label, figures::money_in(payment.amount, invoice.totals.currency, language))
        })
        .collect();
    let title = if invoice.invoice_type.is_credit() { Word::Refunds } else { Word::Payments };
    (!sums.is_empty()).then(|| Block::Sums { title: Some(title.of(language).to_owned()), sums })
}

pub(super) fn tendered(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let sums = invoice.annex.tendered?.iter().map(|tendered| {
        let label = if tendered.currency == Currency::CDF {
            tendered.currency.to_string()
        } else {
            let rate = figures::money_in(tendered.rate, Currency::CDF, language);
            format!("{} ({} {rate})", tendered.currency, Word::Rate.of(language).to_lowercase())
        };
        Sum::new(label, figures::money_in(tendered.amount, tendered.currency, language))
    });
    Some(Block::Sums { title: Some(Word::Tendered.of(language).to_owned()), sums: sums.collect() })
}

pub(super) fn comments(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let lines = invoice.annex.comments?.iter().map(|comment| comment.to_string()).collect();
    Some(Block::Notes { title: Word::Comments.of(language).to_owned(), lines })
}

/// What the payload carries for whoever asked for it; nobody interprets it (P1).
pub(super) fn details(invoice: &Invoice<'_>, language: Language) -> Option<Block> {
    let value = |value: Option<fiscal::Text<'_>>| value.map_or(String::new(), |value| value.to_string());
    let pairs =
        invoice.annex.ext?.iter().map(|pair| Pair::new(pair.name.to_string(), value(pair.value))).collect();
    Some(Block::Pairs { title: Word::Details.of(language).to_owned(), pairs })
}
