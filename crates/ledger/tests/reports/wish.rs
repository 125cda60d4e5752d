//! Invoices that chance makes, as payloads that add up.

use std::fmt::Write;

use fiscal::Timestamp;
use proptest::prelude::*;

use crate::both::PLACEHOLDER;

/// An invoice that someone wishes to have sealed.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) lines: Vec<Line>,
    pub(crate) prices: Prices,
    pub(crate) dollars: bool,
    pub(crate) invoice_type: &'static str,
}

/// What prices include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prices {
    /// `ht`, which need not be said.
    Untold,
    Without,
    With,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) article: usize,
    /// In thousandths.
    pub(crate) quantity: i128,
    /// In ten-thousandths.
    pub(crate) price: i128,
}

/// How a note takes something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Back {
    Void,
    Return,
    Correction,
    Rebate,
}

/// Code, description, unit, group, rate in hundredths. Two have a code in common, two their description.
const ARTICLES: [(&str, &str, &str, &str, i128); 7] = [
    ("PAIN-200", "Pain baguette 200 g", "pièce", "exempt", 0),
    ("TV-32", r#"Téléviseur 32\" \\ démo"#, "pièce", "standard_vat", 16),
    ("TV-32", r#"Téléviseur 32\""#, "pièce", "standard_vat", 16),
    ("RIZ", "Riz parfumé", "kg", "reduced_vat", 5),
    ("RIZ.25", "Riz parfumé", "sac", "reduced_vat", 5),
    ("A", "Ciment", "kg", "standard_vat", 16),
    ("a", "Ciment", "kg", "public_contract", 16),
];

/// Francs for a dollar, in ten-thousandths.
const RATE: i128 = 28_500_000;

pub(crate) fn wishes() -> impl Strategy<Value = Wish> {
    let line = (0..ARTICLES.len(), 1..90_000_i128, 1_000_000..90_000_000_i128).prop_map(
        |(article, quantity, price)| {
            // Some are whole.
            let quantity = if quantity % 3 == 0 { (quantity % 20 + 1) * 1_000 } else { quantity };
            let price = if price % 2 == 0 { price / 10_000 * 10_000 } else { price };
            Line { article, quantity, price }
        },
    );
    let prices = prop_oneof![Just(Prices::Untold), Just(Prices::Without), Just(Prices::With)];
    let types = prop_oneof![4 => Just("sale"), 1 => Just("advance")];
    (prop::collection::vec(line, 1..6), prices, any::<bool>(), types)
        .prop_map(|(lines, prices, dollars, invoice_type)| Wish { lines, prices, dollars, invoice_type })
}

/// What the lines of an invoice come to, in centimes: by group base and tax, and both sums.
struct Sums {
    groups: Vec<(usize, i128, i128)>,
    subtotal: i128,
    vat: i128,
}

impl Wish {
    /// As a sale, or as a note on the original with this number.
    pub(crate) fn payload(&self, now: Timestamp, till: usize, back: Option<(Back, u64)>) -> String {
        let sign = if back.is_some() { -1 } else { 1 };
        let sums = self.sums(sign, |price| price);
        let invoice_type = if back.is_some() { "credit_note" } else { self.invoice_type };
        let currency = if self.dollars { "USD" } else { "CDF" };
        let total = money(sums.subtotal + sums.vat);
        let mut text = format!(
            r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"T-{till}","cashier_id":"C-01","invoice_type":"{invoice_type}","timestamp":"{now}","client":{{"registration":"","classification":"Individual"}},"items":["#
        );
        for (index, line) in self.lines.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (code, description, unit, group, _) = ARTICLES[line.article];
            let (quantity, price) = (decimal(sign * line.quantity, 3, 0), decimal(line.price, 4, 2));
            let _ = write!(
                text,
                r#"{comma}{{"code":"{code}","description":"{description}","quantity":"{quantity}","unit_price":"{price}","tax_group":"{group}","taxable_unit":"{unit}"}}"#
            );
        }
        text.push_str(r#"],"tax_groups":["#);
        for (index, (article, base, tax)) in sums.groups.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (_, _, _, group, rate) = ARTICLES[*article];
            let (base, tax) = (money(*base), money(*tax));
            let _ = write!(
                text,
                r#"{comma}{{"code":"{group}","name":"Groupe","rate":"0.{rate:02}","base_amount":"{base}","tax_amount":"{tax}"}}"#
            );
        }
        let (subtotal, vat) = (money(sums.subtotal), money(sums.vat));
        let _ = write!(
            text,
            r#"],"totals":{{"subtotal":"{subtotal}","total_vat":"{vat}","total":"{total}","currency":"{currency}"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]"#
        );
        if let Some((back, number)) = back {
            text.push_str(&back.reference(number));
        }
        text.push_str(&self.annex(sign));
        text.push('}');
        text
    }

    fn annex(&self, sign: i128) -> String {
        let mode = match self.prices {
            Prices::Untold => None,
            Prices::Without => Some(r#""price_mode":"ht""#.to_owned()),
            Prices::With => Some(r#""price_mode":"ttc""#.to_owned()),
        };
        let exchange = self.dollars.then(|| {
            let sums = self.sums(sign, |price| rounded(price * RATE, 1_000_000) * 100);
            let (rate, total, vat) = (decimal(RATE, 4, 4), money(sums.subtotal + sums.vat), money(sums.vat));
            format!(
                r#""exchange":{{"currency":"USD","rate":"{rate}","date":"2026-03-14","total":"{total}","total_vat":"{vat}"}}"#
            )
        });
        let members: Vec<_> = [mode, exchange].into_iter().flatten().collect();
        if members.is_empty() { String::new() } else { format!(r#","annex":{{{}}}"#, members.join(",")) }
    }

    fn sums(&self, sign: i128, convert: impl Fn(i128) -> i128) -> Sums {
        let mut lines: Vec<(usize, i128)> = Vec::new();
        for line in &self.lines {
            let amount = sign * rounded(line.quantity * convert(line.price), 100_000);
            let same = |(article, _): &&mut (usize, i128)| ARTICLES[*article].3 == ARTICLES[line.article].3;
            match lines.iter_mut().find(same) {
                Some((_, sum)) => *sum += amount,
                None => lines.push((line.article, amount)),
            }
        }
        let group = |(article, sum): (usize, i128)| {
            let rate = ARTICLES[article].4;
            let (base, tax) = if self.prices == Prices::With {
                let base = rounded(sum * 100, 100 + rate);
                (base, sum - base)
            } else {
                (sum, rounded(sum * rate, 100))
            };
            (article, base, tax)
        };
        let groups: Vec<_> = lines.into_iter().map(group).collect();
        let subtotal = groups.iter().map(|group| group.1).sum();
        let vat = groups.iter().map(|group| group.2).sum();
        Sums { groups, subtotal, vat }
    }
}

impl Back {
    fn reference(self, number: u64) -> String {
        let nature = match self {
            Self::Void => "RAN",
            Self::Return => "RAM",
            Self::Correction => "COR",
            Self::Rebate => return r#","reference":{"nature":"RRR"}"#.to_owned(),
        };
        format!(
            r#","reference":{{"nature":"{nature}","outlet_id":"KIN-GOMBE-01","epoch":0,"invoice_seq":{number},"auth_code":"{PLACEHOLDER}"}}"#
        )
    }
}

/// Half away from zero.
fn rounded(number: i128, by: i128) -> i128 {
    (number.abs() + by / 2) / by * number.signum()
}

fn money(centimes: i128) -> String {
    decimal(centimes, 2, 2)
}

/// With at least so many of its decimals; zeros behind them fall away.
fn decimal(number: i128, decimals: usize, least: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let unit = 10_i128.pow(u32::try_from(decimals).unwrap());
    let (whole, rest) = (number.abs() / unit, number.abs() % unit);
    let mut text = format!("{rest:0decimals$}");
    while text.len() > least && text.ends_with('0') {
        text.pop();
    }
    if text.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{text}") }
}
