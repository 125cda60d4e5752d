//! Invoices that a test can make, owned, and always adding up; arithmetic by `rust_decimal`, not by the crate.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]

use fiscal::{
    Amount, Annex, AnnexItem, AuthCode, Classification, Client, CreditNature, Currency, Epoch, Exchange,
    Extension, GroupCode, Invoice, InvoiceNumber, InvoiceType, Item, ItemType, List, OriginalReference,
    Payment, PaymentMethod, PriceMode, Rate, Reference, TaxGroup, Tendered, Text, Totals,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use rust_decimal::{Decimal, RoundingStrategy};

/// One line of a made-up invoice.
#[derive(Clone, Debug)]
pub struct Line {
    pub code: String,
    pub description: String,
    pub quantity: Decimal,
    pub price: Decimal,
    pub group: usize,
    pub unit: String,
}

/// Everything that an invoice's bytes follow from.
#[derive(Clone, Debug)]
pub struct Made {
    pub invoice_type: InvoiceType,
    pub classification: Classification,
    pub registration: String,
    pub lines: Vec<Line>,
    /// Rates in ten-thousandths, one for each group.
    pub rates: Vec<u32>,
    pub rate_decimals: u32,
    pub mode: Option<PriceMode>,
    /// A foreign currency with its rate in ten-thousandths.
    pub foreign: Option<i64>,
    pub timestamp: u64,
    pub texts: [Option<String>; 4],
    pub comments: Vec<String>,
    pub ext: Vec<(String, String)>,
    pub original_prices: Option<Vec<Option<Decimal>>>,
    pub voucher: Option<String>,
    pub rebate: bool,
    pub tendered: bool,
    pub split: u8,
}

fn round2(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn two(value: Decimal) -> String {
    let text = format!("{:.2}", round2(value));
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

fn amount(value: Decimal) -> Amount {
    two(value).parse().unwrap()
}

fn dollars(amount: Amount) -> Tendered {
    Tendered { currency: "USD".parse().unwrap(), amount, rate: "2850.0000".parse().unwrap() }
}

/// Base and tax of each group, by the oracle.
fn amounts_of_groups(made: &Made, price: impl Fn(Decimal) -> Decimal) -> Vec<(Decimal, Decimal)> {
    let groups = made.rates.iter().enumerate().map(|(group, rate)| {
        let rate = Decimal::new(i64::from(*rate), 4);
        let lines = made.lines.iter().filter(|line| line.group == group);
        let sum: Decimal = lines.map(|line| round2(line.quantity * price(line.price))).sum();
        match made.mode.unwrap_or_default() {
            PriceMode::Exclusive => (sum, round2(sum * rate)),
            PriceMode::Inclusive => {
                let base = round2(sum / (Decimal::ONE + rate));
                (base, sum - base)
            }
        }
    });
    groups.collect()
}

impl Made {
    fn group_code(group: usize) -> GroupCode {
        format!("group_{group}").parse().unwrap()
    }

    /// Builds the invoice, with sums by the oracle, and hands it over.
    pub fn with_invoice<R>(&self, use_invoice: impl FnOnce(&Invoice<'_>) -> R) -> R {
        let items: Vec<Item<'_>> = self.lines.iter().map(Line::item).collect();
        let amounts = amounts_of_groups(self, |price| price);
        let names: Vec<String> = (0..self.rates.len()).map(|group| format!("Groupe n° {group}")).collect();
        let tax_groups: Vec<TaxGroup<'_>> = amounts
            .iter()
            .enumerate()
            .map(|(group, (base, tax))| TaxGroup {
                code: Self::group_code(group),
                name: Text::new(&names[group]).unwrap(),
                rate: self.rate(group),
                base_amount: amount(*base),
                tax_amount: amount(*tax),
            })
            .collect();
        let subtotal: Decimal = amounts.iter().map(|(base, _)| *base).sum();
        let vat: Decimal = amounts.iter().map(|(_, tax)| *tax).sum();
        let payments = self.payments(subtotal + vat);
        let annex_items: Option<Vec<AnnexItem>> = self.original_prices.as_ref().map(|prices| {
            let of = |price: &Option<Decimal>| AnnexItem {
                item_type: ItemType::Goods,
                original_price: price.map(|price| format!("{price:.4}").parse().unwrap()),
            };
            prices.iter().map(of).collect()
        });
        let comments: Vec<Text<'_>> = self.comments.iter().map(|text| Text::new(text).unwrap()).collect();
        let ext: Vec<Extension<'_>> = self
            .ext
            .iter()
            .map(|(name, value)| Extension { name: Text::new(name).unwrap(), value: Text::new(value).ok() })
            .collect();
        let tendered = [dollars(amount(subtotal + vat))];
        let text = |index: usize| self.texts[index].as_deref().map(|text| Text::new(text).unwrap());
        use_invoice(&Invoice {
            merchant_nif: "A1234567Z".parse().unwrap(),
            outlet_id: "OUTLET-001".parse().unwrap(),
            pos_terminal_id: "POS-01".parse().unwrap(),
            cashier_id: "C-07".parse().unwrap(),
            invoice_type: self.invoice_type,
            timestamp: fiscal::Timestamp::from_unix(self.timestamp).unwrap(),
            client: Client {
                registration: Text::new(&self.registration).ok(),
                classification: self.classification,
            },
            items: List::from(&items[..]),
            tax_groups: List::from(&tax_groups[..]),
            totals: Totals {
                subtotal: amount(subtotal),
                total_vat: amount(vat),
                total: amount(subtotal + vat),
                currency: if self.foreign.is_some() { "USD".parse().unwrap() } else { Currency::CDF },
            },
            payments: List::from(&payments[..]),
            reference: self.reference(),
            annex: Annex {
                price_mode: self.mode,
                client_name: text(0),
                client_contact: text(1),
                client_address: text(2),
                operator_name: text(3),
                items: annex_items.as_deref().map(List::from),
                exchange: self.exchange(),
                tendered: self.tendered.then(|| List::from(&tendered[..])),
                comments: (!comments.is_empty()).then(|| List::from(&comments[..])),
                ext: (!ext.is_empty()).then(|| List::from(&ext[..])),
            },
        })
    }

    /// The canonical bytes.
    pub fn payload(&self) -> String {
        self.with_invoice(|invoice| {
            let mut payload = String::new();
            invoice.write(&mut payload).unwrap();
            payload
        })
    }

    fn rate(&self, group: usize) -> Rate {
        let rate = Decimal::new(i64::from(self.rates[group]), 4);
        format!("{rate:.width$}", width = self.rate_decimals as usize).parse().unwrap()
    }

    fn payments(&self, total: Decimal) -> Vec<Payment<'static>> {
        let parts = i64::from(self.split) + 1;
        let part = (total / Decimal::from(parts)).trunc_with_scale(2);
        (0..parts)
            .map(|index| Payment {
                method: PaymentMethod::ALL[usize::try_from(index).unwrap() % PaymentMethod::ALL.len()],
                amount: amount(if index == 0 { total - part * Decimal::from(parts - 1) } else { part }),
                instrument_id: (index > 0).then(|| Text::new("REF \"1\"").unwrap()),
            })
            .collect()
    }

    fn reference(&self) -> Option<Reference<'_>> {
        let original = || OriginalReference {
            nature: CreditNature::Return,
            outlet_id: "OUTLET-001".parse().unwrap(),
            epoch: Epoch(3),
            invoice_seq: InvoiceNumber::new(105).unwrap(),
            auth_code: "0123456789ABCDEF".parse::<AuthCode>().unwrap(),
            voucher: self.voucher.as_deref().map(|token| fiscal::VoucherToken::new(token).unwrap()),
        };
        let note = || if self.rebate { Reference::Rebate } else { Reference::Original(original()) };
        self.invoice_type.is_credit().then(note)
    }

    fn exchange(&self) -> Option<Exchange> {
        let rate = Decimal::new(self.foreign?, 4);
        let amounts = amounts_of_groups(self, |price| round2(price * rate));
        let vat: Decimal = amounts.iter().map(|(_, tax)| *tax).sum();
        let subtotal: Decimal = amounts.iter().map(|(base, _)| *base).sum();
        Some(Exchange {
            currency: "USD".parse().unwrap(),
            rate: format!("{rate:.4}").parse().unwrap(),
            date: "2026-02-04".parse().unwrap(),
            total: amount(subtotal + vat),
            total_vat: amount(vat),
        })
    }
}

impl Line {
    fn item(&self) -> Item<'_> {
        Item {
            code: self.code.parse().unwrap(),
            description: Text::new(&self.description).unwrap(),
            quantity: self.quantity.to_string().parse().unwrap(),
            unit_price: self.price.to_string().parse().unwrap(),
            tax_group: Made::group_code(self.group),
            taxable_unit: Text::new(&self.unit).and_then(TryInto::try_into).unwrap(),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Zéèàçœ 0-9\"\\\\/’€😀]{1,30}"
}

fn line(groups: usize, credit: bool) -> impl Strategy<Value = Line> {
    let quantity = (1_i64..2_000, 0_u32..=3);
    let price = (0_i64..200_000, 2_u32..=4);
    (("[A-Za-z0-9._-]{1,32}", text(), "[a-z\"]{1,16}"), quantity, price, 0..groups).prop_map(
        move |((code, description, unit), (quantity, quantity_decimals), (price, price_decimals), group)| {
            Line {
                code,
                description,
                quantity: Decimal::new(if credit { -quantity } else { quantity }, quantity_decimals),
                price: Decimal::new(price, price_decimals),
                group,
                unit,
            }
        },
    )
}

/// Groups are numbered in order of first use, and each is used.
fn renumber(lines: &mut [Line]) -> usize {
    let mut order = Vec::new();
    for line in lines.iter_mut() {
        let place = order.iter().position(|group| *group == line.group).unwrap_or_else(|| {
            order.push(line.group);
            order.len() - 1
        });
        line.group = place;
    }
    order.len()
}

/// Any invoice that a till could make.
pub fn made() -> impl Strategy<Value = Made> {
    let kind = (select(InvoiceType::ALL), select(Classification::ALL), any::<bool>());
    kind.prop_flat_map(|(invoice_type, classification, rebate)| {
        let lines =
            (1_usize..=16).prop_flat_map(move |groups| vec(line(groups, invoice_type.is_credit()), 1..24));
        let numbers = (2_u32..=4).prop_flat_map(|decimals| {
            let unit = 10_u32.pow(4 - decimals);
            (vec((0..=99_999 / unit).prop_map(move |rate| rate * unit), 16), Just(decimals))
        });
        let annex = (
            [option::of(text()), option::of(text()), option::of(text()), option::of(text())],
            vec(text(), 0..=8),
            vec((text(), option::of(text()).prop_map(Option::unwrap_or_default)), 0..=16),
            option::of(vec(option::of(0_i64..9_000_000), 24)),
        );
        let rest = (
            option::of(select(PriceMode::ALL)),
            option::weighted(0.3, 1_i64..60_000_000),
            0_u64..=fiscal::Timestamp::LATEST.unix(),
            option::of("[A-Za-z0-9._-]{1,200}"),
            any::<bool>(),
            0_u8..16,
        );
        (lines, numbers, annex, rest).prop_map(
            move |(mut lines, (mut rates, rate_decimals), (texts, comments, ext, prices), rest)| {
                let (mode, foreign, timestamp, voucher, tendered, split) = rest;
                rates.truncate(renumber(&mut lines));
                let original_prices = prices.map(|prices| {
                    prices[..lines.len()]
                        .iter()
                        .map(|price| price.map(|price| Decimal::new(price, 4)))
                        .collect()
                });
                let registration =
                    if classification == Classification::Individual { "" } else { "A0912345B" };
                Made {
                    invoice_type,
                    classification,
                    registration: registration.to_owned(),
                    lines,
                    rates,
                    rate_decimals,
                    mode,
                    foreign,
                    timestamp,
                    texts,
                    comments,
                    ext,
                    original_prices,
                    voucher,
                    rebate,
                    tendered,
                    split,
                }
            },
        )
    })
}
