//! Sales and their credit notes as canonical bytes, few lines each; sums by `rust_decimal`, not by the crate.

#![allow(dead_code, reason = "each test file uses a part")]

use fiscal::{
    CreditAccount, CreditFault, CreditNature, Epoch, InvoiceNumber, InvoiceType, OriginalIdentity, PriceMode,
    Validated,
};
use rust_decimal::{Decimal, RoundingStrategy};

/// Article, quantity, price and tax group. A note's quantities are written here without their sign.
pub(crate) type Line = (&'static str, &'static str, &'static str, &'static str);

/// A line as numbers: quantity in thousandths, price in centimes.
#[derive(Clone, Debug)]
pub(crate) struct PaperLine {
    pub(crate) code: String,
    pub(crate) quantity: i64,
    pub(crate) price: i64,
    pub(crate) group: &'static str,
}

/// A sale or a note, all that its bytes follow from.
#[derive(Clone, Debug)]
pub(crate) struct Paper {
    pub(crate) kind: InvoiceType,
    pub(crate) nature: Option<CreditNature>,
    pub(crate) mode: Option<PriceMode>,
    pub(crate) currency: &'static str,
    pub(crate) standard_rate: &'static str,
    pub(crate) lines: Vec<PaperLine>,
}

/// What the original is, of which [`note`] makes notes.
pub(crate) fn identity() -> OriginalIdentity {
    OriginalIdentity {
        nif: "A1234567Z".parse().unwrap(),
        outlet: "OUTLET-001".parse().unwrap(),
        epoch: Epoch(3),
        number: InvoiceNumber::new(105).unwrap(),
        auth_code: "0123456789ABCDEF".parse().unwrap(),
    }
}

/// A sale in CDF, prices without tax.
pub(crate) fn sale(lines: &[Line]) -> Paper {
    Paper {
        kind: InvoiceType::Sale,
        nature: None,
        mode: None,
        currency: "CDF",
        standard_rate: "0.16",
        lines: lines.iter().map(PaperLine::of).collect(),
    }
}

/// A note of the same terms as [`sale`].
pub(crate) fn note(nature: CreditNature, lines: &[Line]) -> Paper {
    Paper { kind: InvoiceType::CreditNote, nature: Some(nature), ..sale(lines) }
}

/// Goods that come back.
pub(crate) fn returned(lines: &[Line]) -> Paper {
    note(CreditNature::Return, lines)
}

pub(crate) fn account(sale: &Paper) -> CreditAccount {
    CreditAccount::open(identity(), &Validated::read(sale.payload().as_bytes()).unwrap()).unwrap()
}

pub(crate) fn admit(account: &CreditAccount, note: &Paper) -> Result<CreditAccount, CreditFault> {
    admit_payload(account, &note.payload())
}

pub(crate) fn admit_payload(account: &CreditAccount, payload: &str) -> Result<CreditAccount, CreditFault> {
    account.admit(&Validated::read(payload.as_bytes()).unwrap())
}

/// What is left, as `code base tax`.
pub(crate) fn left(account: &CreditAccount) -> Vec<String> {
    let balances = account.balances();
    balances.map(|balance| format!("{} {} {}", balance.code, balance.left.base, balance.left.tax)).collect()
}

impl PaperLine {
    fn of((code, quantity, price, group): &Line) -> Self {
        let scaled = |text: &str, decimals| {
            let mut number: Decimal = text.parse().unwrap();
            number.rescale(decimals);
            i64::try_from(number.mantissa()).unwrap()
        };
        Self { code: (*code).to_owned(), quantity: scaled(quantity, 3), price: scaled(price, 2), group }
    }

    fn amount(&self) -> Decimal {
        round2(Decimal::new(self.quantity, 3) * Decimal::new(self.price, 2))
    }
}

impl Paper {
    pub(crate) fn ttc(self) -> Self {
        Self { mode: Some(PriceMode::Inclusive), ..self }
    }

    pub(crate) fn of_kind(self, kind: InvoiceType) -> Self {
        Self { kind, ..self }
    }

    /// The groups in order of first use, each with its rate, base and tax.
    pub(crate) fn groups(&self) -> Vec<(&'static str, Decimal, Decimal, Decimal)> {
        let mut codes: Vec<&'static str> = Vec::new();
        for line in &self.lines {
            if !codes.contains(&line.group) {
                codes.push(line.group);
            }
        }
        let amounts = codes.into_iter().map(|code| {
            let rate = self.rate(code);
            let sum: Decimal =
                self.lines.iter().filter(|line| line.group == code).map(PaperLine::amount).sum();
            let (base, tax) = match self.mode.unwrap_or_default() {
                PriceMode::Exclusive => (sum, round2(sum * rate)),
                PriceMode::Inclusive => {
                    let base = round2(sum / (Decimal::ONE + rate));
                    (base, sum - base)
                }
            };
            (code, rate, base, tax)
        });
        amounts.collect()
    }

    fn rate(&self, group: &str) -> Decimal {
        let rate = match group {
            "standard_vat" => self.standard_rate,
            "reduced_vat" => "0.05",
            _ => "0.00",
        };
        rate.parse().unwrap()
    }

    /// The canonical bytes.
    pub(crate) fn payload(&self) -> String {
        let sign = if self.nature.is_some() { -Decimal::ONE } else { Decimal::ONE };
        let two = |amount: Decimal| format!("{:.2}", if amount.is_zero() { amount } else { amount * sign });
        let items = self.lines.iter().map(|line| {
            let quantity = Decimal::new(line.quantity, 3) * sign;
            let price = Decimal::new(line.price, 2);
            format!(
                r#"{{"code":"{}","description":"x","quantity":"{quantity:.3}","unit_price":"{price:.2}","tax_group":"{}","taxable_unit":"u"}}"#,
                line.code, line.group
            )
        });
        let groups = self.groups();
        let decimals = self.standard_rate.len() - 2;
        let tax_groups = groups.iter().map(|(code, rate, base, tax)| {
            let (base, tax) = (two(*base), two(*tax));
            format!(
                r#"{{"code":"{code}","name":"x","rate":"{rate:.decimals$}","base_amount":"{base}","tax_amount":"{tax}"}}"#
            )
        });
        let subtotal: Decimal = groups.iter().map(|group| group.2).sum();
        let vat: Decimal = groups.iter().map(|group| group.3).sum();
        let total = two(subtotal + vat);
        format!(
            r#"{{"merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","pos_terminal_id":"P","cashier_id":"C","invoice_type":"{}","timestamp":"2026-02-04T10:15:30","client":{{"registration":"","classification":"Individual"}},"items":[{}],"tax_groups":[{}],"totals":{{"subtotal":"{}","total_vat":"{}","total":"{total}","currency":"{}"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]{}{}}}"#,
            self.kind.name(),
            items.collect::<Vec<_>>().join(","),
            tax_groups.collect::<Vec<_>>().join(","),
            two(subtotal),
            two(vat),
            self.currency,
            self.reference(),
            self.annex(&total, &two(vat)),
        )
    }

    fn reference(&self) -> String {
        let Some(nature) = self.nature else { return String::new() };
        let nature = nature.name();
        format!(
            r#","reference":{{"nature":"{nature}","outlet_id":"OUTLET-001","epoch":3,"invoice_seq":105,"auth_code":"0123456789ABCDEF"}}"#
        )
    }

    /// At a rate of one, amounts in CDF are those of the invoice.
    fn annex(&self, total: &str, vat: &str) -> String {
        let mode = self.mode.map(|mode| format!(r#""price_mode":"{}""#, mode.name()));
        let currency = self.currency;
        let exchange = (currency != "CDF").then(|| {
            format!(
                r#""exchange":{{"currency":"{currency}","rate":"1.0000","date":"2026-02-04","total":"{total}","total_vat":"{vat}"}}"#
            )
        });
        let members: Vec<String> = mode.into_iter().chain(exchange).collect();
        if members.is_empty() { String::new() } else { format!(r#","annex":{{{}}}"#, members.join(",")) }
    }
}

fn round2(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
