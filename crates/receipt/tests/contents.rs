//! What a receipt says, whatever it is printed on.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use std::num::NonZeroU32;

use fiscal::{Invoice, Timestamp, UtcOffset};
use receipt::{Copy, Language, Print, Receipt, Roll};
use support::{Sold, day, print, vectors};
use unicode_width::UnicodeWidthStr;

const ROLLS: [Roll; 2] = [Roll::Mm58, Roll::Mm80];

/// A text without what breaking it into lines may change.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn english() -> Print {
    Print { language: Language::English, ..print() }
}

/// Numbers as the payload has them, in a language's form; independent of the crate.
fn money(number: impl ToString, language: Language) -> String {
    let number = number.to_string();
    let (sign, digits) = number.strip_prefix('-').map_or(("", number.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap();
    let fraction = format!("{:0<2}", fraction.trim_end_matches('0'));
    let groups: Vec<String> =
        whole.as_bytes().rchunks(3).rev().map(|group| String::from_utf8(group.to_vec()).unwrap()).collect();
    match language {
        Language::French => format!("{sign}{},{fraction}", groups.join(" ")),
        Language::English => format!("{sign}{}.{fraction}", groups.join(",")),
    }
}

/// Every text of a payload that a person is to see.
fn texts(invoice: &Invoice<'_>, language: Language) -> Vec<String> {
    let money = |number: String| money(number, language);
    let annex = &invoice.annex;
    let mut texts = vec![
        invoice.merchant_nif.to_string(),
        invoice.outlet_id.to_string(),
        invoice.pos_terminal_id.to_string(),
        invoice.cashier_id.to_string(),
        format!("({})", invoice.invoice_type.dgi_code()),
        format!("({})", invoice.client.classification.dgi_code()),
        invoice.totals.currency.to_string(),
        money(invoice.totals.subtotal.to_string()),
        money(invoice.totals.total_vat.to_string()),
        money(invoice.totals.total.to_string()),
    ];
    for item in &invoice.items {
        texts.extend([
            item.code.to_string(),
            item.description.to_string(),
            item.taxable_unit.text().to_string(),
        ]);
        texts.push(money(item.unit_price.to_string()));
        texts.push(money(item.quantity.times(item.unit_price).unwrap().to_string()));
    }
    for group in &invoice.tax_groups {
        texts.extend([
            group.name.to_string(),
            money(group.base_amount.to_string()),
            money(group.tax_amount.to_string()),
        ]);
    }
    for payment in &invoice.payments {
        texts.push(money(payment.amount.to_string()));
        texts.extend(payment.instrument_id.map(|id| id.to_string()));
    }
    let named = [annex.client_name, annex.client_contact, annex.client_address, annex.operator_name];
    texts.extend(
        named.into_iter().chain([invoice.client.registration]).flatten().map(|text| text.to_string()),
    );
    texts.extend(annex.comments.iter().flatten().map(|text| text.to_string()));
    for pair in annex.ext.iter().flatten() {
        texts.push(pair.name.to_string());
        texts.extend(pair.value.map(|value| value.to_string()));
    }
    for tendered in annex.tendered.iter().flatten() {
        texts.extend([tendered.currency.to_string(), money(tendered.amount.to_string())]);
    }
    for item in annex.items.iter().flatten() {
        texts.extend(item.original_price.map(|price| money(price.to_string())));
    }
    texts.extend(annex.exchange.iter().flat_map(|exchange| {
        [exchange.total.to_string(), exchange.total_vat.to_string(), exchange.rate.to_string()].map(money)
    }));
    if let Some(fiscal::Reference::Original(original)) = &invoice.reference {
        texts.extend([
            original.auth_code.to_string(),
            original.outlet_id.to_string(),
            original.nature.name().to_owned(),
        ]);
    }
    texts
}

fn all() -> Vec<Sold> {
    day().into_iter().chain(vectors()).collect()
}

#[test]
fn every_text_of_every_example_stands_in_every_text_rendering() {
    for sold in all() {
        let invoice = Invoice::read(sold.payload.as_bytes()).unwrap();
        for print in [print(), english()] {
            let receipt = sold.receipt(&print);
            for roll in ROLLS {
                let rendered = solid(&receipt.text(roll));
                for text in texts(&invoice, print.language) {
                    assert!(rendered.contains(&solid(&text)), "{}, {roll:?}: {text}\n{rendered}", sold.name);
                }
            }
        }
    }
}

#[test]
fn all_five_elements_stand_in_every_text_rendering() {
    for sold in all() {
        for print in [print(), english()] {
            for roll in ROLLS {
                let rendered = solid(&sold.receipt(&print).text(roll));
                let elements = &sold.elements;
                for element in [&elements.fiscal_number, &elements.device_id, &elements.auth_code] {
                    let element = element.as_ref().unwrap();
                    assert_eq!(
                        rendered.matches(element.as_str()).count().min(2),
                        2,
                        "{}: {element}",
                        sold.name
                    );
                }
                assert!(rendered.contains(sold.qr()), "{}", sold.name);
                assert!(rendered.contains(&local_time(&sold, &print)), "{}: {rendered}", sold.name);
            }
        }
    }
}

/// As the receipt has it, without its spaces.
fn local_time(sold: &Sold, print: &Print) -> String {
    let time: Timestamp = sold.elements.timestamp.as_ref().unwrap().parse().unwrap();
    let local = time.local(print.zone).to_string();
    let (date, clock) = local.split_once('T').unwrap();
    let parts: Vec<&str> = date.split('-').collect();
    match print.language {
        Language::French => format!("{}/{}/{}{clock}(Kinshasa,UTC+1)", parts[2], parts[1], parts[0]),
        Language::English => format!("{date}{clock}(Kinshasa,UTC+1)"),
    }
}

#[test]
fn no_line_is_wider_than_the_paper() {
    for sold in all() {
        let receipt = sold.receipt(&print());
        for roll in ROLLS {
            for line in receipt.text(roll).lines() {
                assert!(line.width() <= roll.columns(), "{}: {line}", sold.name);
            }
        }
    }
}

#[test]
fn a_reprint_says_so_at_its_top_and_its_bottom_with_its_number() {
    let sold = &day()[0];
    let original = sold.receipt(&print()).text(Roll::Mm58);
    assert!(!original.contains("DUPLICATA"));
    for (number, language, words) in [
        (1, Language::French, "*** DUPLICATA N° 1 ***"),
        (12, Language::French, "*** DUPLICATA N° 12 ***"),
        (2, Language::English, "DUPLICATE (DUPLICATA) No 2"),
    ] {
        let copy = Copy::Duplicate(NonZeroU32::new(number).unwrap());
        for roll in ROLLS {
            let text = sold.receipt(&Print { copy, language, ..print() }).text(roll);
            assert!(text.lines().next().unwrap().contains(words), "{text}");
            assert!(text.lines().last().unwrap().contains(words), "{text}");
        }
    }
}

#[test]
fn a_reprint_adds_nothing_else() {
    let sold = &day()[9];
    let copy = Copy::Duplicate(NonZeroU32::MIN);
    let duplicate = sold.receipt(&Print { copy, ..print() }).text(Roll::Mm80);
    let lines: Vec<&str> = duplicate.lines().collect();
    let original = sold.receipt(&print()).text(Roll::Mm80);
    assert_eq!(lines[1..lines.len() - 1], original.lines().collect::<Vec<_>>());
}

#[test]
fn the_number_stands_by_the_merchant_and_device_and_time_beside_it() {
    let sold = &day()[0];
    let text = sold.receipt(&print()).text(Roll::Mm80);
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}: {text}"));
    let order = [
        "Maman Nzuzi",
        "NIF A2301457K",
        "FACTURE DE VENTE (FV)",
        "KINGOMBE01-0-00000001",
        "DEF-KIN-000042",
        "14/03/2026 08:04:14",
        "Client",
        "Pain baguette",
        "TOTAL",
        "9PQZ G003 G4FY NKJJ",
        "DEF-KIN-000042|1|",
    ];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?}: {text}");
    }
}

#[test]
fn an_outlet_in_lubumbashi_prints_its_own_time() {
    let sold = &day()[0];
    let there = Print { zone: UtcOffset::LUBUMBASHI, ..print() };
    let text = sold.receipt(&there).text(Roll::Mm80);
    assert!(text.contains("14/03/2026 09:04:14 (Lubumbashi, UTC+2)"), "{text}");
}

#[test]
fn a_group_that_no_manifest_knows_is_named_by_its_place_and_its_code() {
    let payload = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json")
        .replace("standard_vat", "solidarity");
    let text = support::seal("unknown group", &payload).receipt(&print()).text(Roll::Mm80);
    assert!(text.contains("1 TVA 16% (solidarity)"), "{text}");
    assert!(text.contains("100,00 1\n"), "{text}");
}

#[test]
fn what_the_caller_gives_breaks_no_line_and_turns_no_text() {
    let mut print = print();
    let merchant = print.merchant.as_mut().unwrap();
    merchant.name = "Maman\n\x1b@\u{202E}Nzuzi\u{2028}x".to_owned();
    merchant.lines = vec![String::new(), "\u{9B}1m\r\n".to_owned()];
    let text = day()[0].receipt(&print).text(Roll::Mm80);
    assert!(
        text.starts_with("               Maman  @Nzuzi x\n") || text.contains("Maman  @Nzuzi x\n"),
        "{text}"
    );
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn a_receipt_without_a_merchants_name_still_says_who_sells() {
    let sold = &day()[0];
    let receipt = Receipt::new(sold.payload.as_bytes(), &sold.elements, &Print::default()).unwrap();
    assert!(receipt.text(Roll::Mm58).trim_start().starts_with("NIF A2301457K"));
}
