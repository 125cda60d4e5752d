//! The bounds of numbers and times (P3) and the rules between members (P2, P4, P5, P6), each with its path.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[macro_use]
#[path = "support/vector.rs"]
mod vector;

use fiscal::{Amount, Classification, Invoice, InvoiceType, Reason, Timestamp, Validated};

const SALE: &str = vector!("sale_ht_one_item");
const MIXED: &str = vector!("sale_ht_mixed_groups");
const EXPORT: &str = vector!("export_usd");
const RETURN: &str = vector!("credit_note_return");
const LARGEST: &str = vector!("bounds_largest_amount");
const TENDERED: &str = vector!("sale_tendered_two_currencies");

const EXCHANGE: &str =
    r#"{"currency":"USD","rate":"2850.0000","date":"2026-02-05","total":"292026229.69","total_vat":"0.00"}"#;

fn with(payload: &str, from: &str, to: &str) -> String {
    assert!(payload.contains(from), "{from} is not in {payload}");
    payload.replacen(from, to, 1)
}

fn assert_fault(payload: &str, path: &str, reason: Reason) {
    let fault = Validated::read(payload.as_bytes()).expect_err(path);
    assert_eq!((fault.path.to_string().as_str(), fault.reason), (path, reason), "{payload}");
}

fn assert_valid(payload: &str) {
    if let Err(fault) = Validated::read(payload.as_bytes()) {
        panic!("{fault}: {payload}");
    }
}

/// The forms that a member may have and those that it may not. Sums do not matter here.
fn assert_forms(payload: &str, member: &str, path: &str, reason: Reason, good: &[&str], bad: &[&str]) {
    let written = |value: &str| {
        let from = payload.find(member).unwrap() + member.len();
        let to = from + payload[from..].find('"').unwrap();
        format!("{}{value}{}", &payload[..from], &payload[to..])
    };
    for value in good {
        let edited = written(value);
        let read = Invoice::read(edited.as_bytes()).unwrap_or_else(|fault| panic!("{value}: {fault}"));
        let mut again = String::new();
        read.write(&mut again).unwrap();
        assert_eq!(again, edited);
    }
    for value in bad {
        let edited = written(value);
        let fault = Invoice::read(edited.as_bytes()).expect_err(value);
        assert_eq!((fault.path.to_string().as_str(), fault.reason), (path, reason), "{value}");
    }
}

#[test]
fn an_amount_has_thirteen_digits_and_two_decimals() {
    let good = ["0.00", "-0.01", "9999999999999.98", "9999999999999.99", "-9999999999999.99"];
    let bad = ["10000000000000.00", "-10000000000000.00", "-0.00", "1.0", "1.000", "1", "01.00", "+1.00", ""];
    for (payload, member, path) in [
        (SALE, r#""base_amount":""#, "tax_groups[0].base_amount"),
        (SALE, r#""tax_amount":""#, "tax_groups[0].tax_amount"),
        (SALE, r#""subtotal":""#, "totals.subtotal"),
        (SALE, r#""total_vat":""#, "totals.total_vat"),
        (SALE, r#""total":""#, "totals.total"),
        (SALE, r#""amount":""#, "payments[0].amount"),
        (EXPORT, r#""2026-02-05","total":""#, "annex.exchange.total"),
        (EXPORT, r#"292026229.69","total_vat":""#, "annex.exchange.total_vat"),
        (TENDERED, r#""currency":"USD","amount":""#, "annex.tendered[0].amount"),
    ] {
        assert_forms(payload, member, path, Reason::AmountForm, &good, &bad);
    }
    assert_eq!(Amount::MAX.to_string(), good[3]);
}

#[test]
fn a_quantity_a_price_and_a_rate_have_their_own_decimals() {
    let quantities = ["1", "0.5", "0.001", "-0.125", "9999999999999.999"];
    let no_quantities = ["0.0001", "10000000000000", "1.", ".5", "-0", "-0.000", "01", "1e3"];
    let path = "items[0].quantity";
    assert_forms(SALE, r#""quantity":""#, path, Reason::QuantityForm, &quantities, &no_quantities);

    let prices = ["0.00", "0.001", "2990.1250", "9999999999999.9999"];
    let no_prices = ["0.0", "0.00000", "-0.01", "10000000000000.00", "1"];
    assert_forms(SALE, r#"price":""#, "items[0].unit_price", Reason::PriceForm, &prices, &no_prices);
    let discounted = vector!("sale_discount_and_escapes");
    let path = "annex.items[0].original_price";
    assert_forms(discounted, r#"original_price":""#, path, Reason::PriceForm, &prices, &no_prices);

    let rates = ["0.00", "0.16", "0.0825", "1.000", "9.99", "9.9999"];
    let no_rates = ["0", "0.1", "0.16000", "-0.16", "10.00", "16"];
    assert_forms(SALE, r#""rate":""#, "tax_groups[0].rate", Reason::RateForm, &rates, &no_rates);

    let exchange = ["0.0001", "2850.0000", "9999999999999.9999"];
    let no_exchange = ["0.0000", "2850.00", "2850.00000", "-1.0000", "10000000000000.0000"];
    let member = r#""currency":"USD","rate":""#;
    let path = "annex.exchange.rate";
    assert_forms(EXPORT, member, path, Reason::ExchangeRateForm, &exchange, &no_exchange);
    let member = r#""amount":"1.00","rate":""#;
    let path = "annex.tendered[0].rate";
    assert_forms(TENDERED, member, path, Reason::ExchangeRateForm, &exchange, &no_exchange);
}

#[test]
fn times_are_of_1970_to_9999() {
    let (first, last) = (Timestamp::EARLIEST.to_string(), Timestamp::LATEST.to_string());
    let good = [&*first, "2028-02-29T23:59:59", &*last];
    let bad = ["1969-12-31T23:59:59", "10000-01-01T00:00:00", "2026-02-29T00:00:00", "2026-02-04T24:00:00"];
    assert_forms(SALE, r#""timestamp":""#, "timestamp", Reason::TimestampForm, &good, &bad);
    let good = ["1970-01-01", "2028-02-29", "9999-12-31"];
    let bad = ["1969-12-31", "10000-01-01", "2026-02-29", "2026-2-4", "2026-02-04T10:15:30"];
    assert_forms(EXPORT, r#""date":""#, "annex.exchange.date", Reason::DateForm, &good, &bad);
}

#[test]
fn a_computed_amount_past_thirteen_digits_is_named_where_it_arises() {
    assert_valid(LARGEST);
    let rounded_up = with(LARGEST, "8620689655172.40", "9999999999999.995");
    assert_fault(&rounded_up, "items[0].unit_price", Reason::AmountOverflow);
    let line = &LARGEST[LARGEST.find(r#"{"code":"MAX""#).unwrap()..LARGEST.find("],\"tax").unwrap()];
    let doubled = with(LARGEST, line, &format!("{line},{line}"));
    assert_fault(&doubled, "items[1].unit_price", Reason::AmountOverflow);
    let taxed = with(LARGEST, r#""rate":"0.16""#, r#""rate":"9.99""#);
    assert_fault(&taxed, "tax_groups[0].base_amount", Reason::AmountOverflow);
    let amounts = r#"[{"method":"cash","amount":"9999999999999.99","instrument_id":""}"#;
    let paid = with(LARGEST, r#"[{"method""#, &format!("{amounts},{{\"method\""));
    assert_fault(&paid, "payments", Reason::AmountOverflow);
    let converted = with(EXPORT, "2850.0000", "9999999999999.0000");
    assert_fault(&converted, "items[0].unit_price", Reason::AmountOverflow);
}

#[test]
fn an_exchange_belongs_to_an_invoice_in_another_currency_and_is_of_that_currency() {
    let annexed = with(SALE, "}]}", &format!("}}],\"annex\":{{\"exchange\":{EXCHANGE}}}}}"));
    assert_fault(&annexed, "annex.exchange", Reason::ExchangeForbidden);
    let in_francs = with(&annexed, r#""currency":"USD""#, r#""currency":"CDF""#);
    assert_fault(&in_francs, "annex.exchange", Reason::ExchangeForbidden);

    let without = with(EXPORT, &format!(",\"exchange\":{EXCHANGE}"), "");
    assert_fault(&without, "annex.exchange", Reason::ExchangeMissing);
    let other = with(EXPORT, r#"{"currency":"USD""#, r#"{"currency":"EUR""#);
    assert_fault(&other, "annex.exchange.currency", Reason::ExchangeCurrency);
    let both = with(&other, r#""currency":"USD"}"#, r#""currency":"EUR"}"#);
    assert_valid(&both);
}

#[test]
fn an_exchange_is_right_to_the_centime() {
    for (from, to, path, reason) in [
        ("292026229.69", "292026229.68", "annex.exchange.total", Reason::ExchangeTotalMismatch),
        ("292026229.69", "292026229.70", "annex.exchange.total", Reason::ExchangeTotalMismatch),
        (
            r#"69","total_vat":"0.00""#,
            r#"69","total_vat":"0.01""#,
            "annex.exchange.total_vat",
            Reason::ExchangeVatMismatch,
        ),
    ] {
        assert_fault(&with(EXPORT, from, to), path, reason);
    }
}

#[test]
fn a_payment_has_the_sign_of_its_invoice() {
    let payments = |payload: &str, amounts: [&str; 2]| {
        let paid = amounts
            .map(|amount| format!(r#"{{"method":"cash","amount":"{amount}","instrument_id":""}}"#))
            .join(",");
        let (from, to) = (payload.find(r#"{"method""#).unwrap(), payload.find("\"\"}]").unwrap() + 3);
        with(payload, &payload[from..to], &paid)
    };
    assert_valid(&payments(SALE, ["100.00", "16.00"]));
    assert_valid(&payments(SALE, ["0.00", "116.00"]));
    assert_valid(&payments(RETURN, ["-116.00", "0.00"]));
    for (payload, amounts, path) in [
        (SALE, ["-0.01", "116.01"], "payments[0].amount"),
        (SALE, ["116.01", "-0.01"], "payments[1].amount"),
        (RETURN, ["-116.01", "0.01"], "payments[1].amount"),
        (RETURN, ["116.00", "-232.00"], "payments[0].amount"),
    ] {
        assert_fault(&payments(payload, amounts), path, Reason::PaymentSign);
    }
    assert_fault(&payments(SALE, ["100.00", "16.01"]), "payments", Reason::PaymentsMismatch);
    assert_fault(&payments(SALE, ["100.00", "15.99"]), "payments", Reason::PaymentsMismatch);
}

#[test]
fn the_sign_is_the_quantitys() {
    let quantity = |payload: &str, value: &str| {
        let from = payload.find(r#""quantity":""#).unwrap() + 12;
        let to = from + payload[from..].find('"').unwrap();
        format!("{}{value}{}", &payload[..from], &payload[to..])
    };
    for (payload, value, reason) in [
        (SALE, "0", Reason::QuantityNotPositive),
        (SALE, "0.000", Reason::QuantityNotPositive),
        (SALE, "-1", Reason::QuantityNotPositive),
        (RETURN, "0", Reason::QuantityNotNegative),
        (RETURN, "1", Reason::QuantityNotNegative),
    ] {
        assert_fault(&quantity(payload, value), "items[0].quantity", reason);
    }
    assert_valid(&quantity(SALE, "1.000"));
    assert_valid(&quantity(RETURN, "-1.000"));
}

#[test]
fn groups_are_those_in_use_once_each_in_order_with_rates_written_alike() {
    let twice = with(MIXED, r#"{"code":"standard_vat","name""#, r#"{"code":"reduced_vat","name""#);
    let twice = with(&twice, r#""tax_group":"standard_vat""#, r#""tax_group":"reduced_vat""#);
    assert_fault(&twice, "tax_groups[1].code", Reason::GroupTwice);
    let undeclared = with(MIXED, r#""tax_group":"exempt""#, r#""tax_group":"guarantee""#);
    assert_fault(&undeclared, "items[2].tax_group", Reason::GroupUndeclared);
    let unused = with(MIXED, r#""tax_group":"exempt""#, r#""tax_group":"reduced_vat""#);
    assert_fault(&unused, "tax_groups[2].code", Reason::GroupUnused);
    let reordered = with(MIXED, r#""tax_group":"reduced_vat""#, r#""tax_group":"exempt""#);
    let reordered = with(
        &reordered,
        r#"box"}"#,
        r#"box"},{"code":"A","description":"A","quantity":"1","unit_price":"1.00","tax_group":"reduced_vat","taxable_unit":"u"}"#,
    );
    assert_fault(&reordered, "tax_groups[0].code", Reason::GroupOrder);
    let decimals = with(MIXED, r#""0.16""#, r#""0.160""#);
    assert_fault(&decimals, "tax_groups[1].rate", Reason::RateDecimals);
}

#[test]
fn only_an_individual_may_have_no_registration() {
    for class in Classification::ALL {
        let anonymous = with(SALE, "Individual", class.name());
        if *class == Classification::Individual {
            assert_valid(&anonymous);
        } else {
            assert_fault(&anonymous, "client.registration", Reason::RegistrationMissing);
        }
        assert_valid(&with(&anonymous, r#""registration":"""#, r#""registration":"A""#));
    }
}

#[test]
fn credit_notes_and_they_alone_have_a_reference() {
    let reference = r#","reference":{"nature":"RRR"}"#;
    for kind in InvoiceType::ALL {
        let (payload, old) = if kind.is_credit() { (RETURN, "credit_note") } else { (SALE, "sale") };
        let end = payload.find(r#","reference""#).unwrap_or(payload.len() - 1);
        let open = with(&payload[..end], old, kind.name());
        let (without, referring) = (format!("{open}}}"), format!("{open}{reference}}}"));
        if kind.is_credit() {
            assert_fault(&without, "reference", Reason::ReferenceMissing);
            assert_valid(&referring);
        } else {
            assert_valid(&without);
            assert_fault(&referring, "reference", Reason::ReferenceForbidden);
        }
    }
}
