//! Without all five elements, in their form and of this sale, there is no receipt.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{PublicKey, Qr};
use receipt::{Difference, Element, Elements, Language, Print, Receipt, Refusal};
use support::{Sold, day, public_key, seal};

fn sale() -> Sold {
    day().swap_remove(5)
}

fn refusal(payload: &str, elements: &Elements) -> Refusal {
    Receipt::new(payload.as_bytes(), elements, &Print::default()).expect_err("a receipt")
}

fn code(payload: &str, elements: &Elements) -> &'static str {
    refusal(payload, elements).code()
}

fn set(elements: &Elements, element: Element, value: Option<&str>) -> Elements {
    let mut elements = elements.clone();
    let place = match element {
        Element::FiscalNumber => &mut elements.fiscal_number,
        Element::DeviceId => &mut elements.device_id,
        Element::AuthCode => &mut elements.auth_code,
        Element::Timestamp => &mut elements.timestamp,
        Element::QrPayload => &mut elements.qr_payload,
        Element::Record => &mut elements.record,
        Element::Authority => unreachable!("it stands beside them"),
    };
    *place = value.map(str::to_owned);
    elements
}

/// The same QR text with one field replaced.
fn with_field(sold: &Sold, field: usize, value: &str) -> String {
    let mut fields: Vec<&str> = sold.qr().split('|').collect();
    fields[field] = value;
    fields.join("|")
}

#[test]
fn each_of_the_five_that_is_missing_is_named() {
    let sold = sale();
    let codes = [
        "fiscal_number_missing",
        "device_id_missing",
        "auth_code_missing",
        "timestamp_missing",
        "qr_payload_missing",
    ];
    for (element, expected) in Element::ALL.into_iter().zip(codes) {
        for value in [None, Some("")] {
            let refusal = refusal(&sold.payload, &set(&sold.elements, element, value));
            assert_eq!(refusal, Refusal::Missing(element));
            assert_eq!(refusal.code(), expected);
        }
    }
    assert_eq!(code(&sold.payload, &Elements::default()), "fiscal_number_missing");
}

#[test]
fn a_receipt_needs_no_record_but_believes_no_false_one() {
    let sold = sale();
    let without = set(&sold.elements, Element::Record, None);
    assert!(Receipt::new(sold.payload.as_bytes(), &without, &Print::default()).is_ok());
    for malformed in ["!", "AAAA", "c3RlbGFsYS1yZWNvcmQtMQ"] {
        let elements = set(&sold.elements, Element::Record, Some(malformed));
        assert_eq!(code(&sold.payload, &elements), "record_malformed");
    }
}

#[test]
fn each_that_is_not_in_its_form_is_named() {
    let sold = sale();
    for (element, malformed, expected) in [
        (Element::FiscalNumber, "KINGOMBE01-0-6", "fiscal_number_malformed"),
        (Element::DeviceId, "a device", "device_id_malformed"),
        (Element::AuthCode, "SG20-40Z4-6YRV-GCTJ", "auth_code_malformed"),
        (Element::Timestamp, "2026-03-14T08:04:14Z", "timestamp_malformed"),
        (Element::QrPayload, "https://example.com", "qr_payload_malformed"),
    ] {
        assert_eq!(code(&sold.payload, &set(&sold.elements, element, Some(malformed))), expected);
    }
}

#[test]
fn a_payload_that_is_none_is_refused_with_its_fault() {
    let sold = sale();
    let altered = sold.payload.replacen("\"total\":\"", "\"total\":\"1", 1);
    let refusal = refusal(&altered, &sold.elements);
    assert_eq!(refusal.code(), "payload_invalid");
    assert!(refusal.sentence(Language::English).contains("totals.total"), "{refusal}");
    assert_eq!(code("{}", &sold.elements), "payload_invalid");
}

#[test]
fn the_elements_of_another_sale_are_refused_by_what_differs() {
    let day = day();
    let (sold, other) = (&day[5], &day[10]);
    let theirs = |element: Element| match element {
        Element::FiscalNumber => other.elements.fiscal_number.as_deref(),
        Element::AuthCode => other.elements.auth_code.as_deref(),
        Element::Timestamp => other.elements.timestamp.as_deref(),
        Element::Record => other.elements.record.as_deref(),
        Element::DeviceId => Some("DEF-KIN-000043"),
        Element::QrPayload => other.elements.qr_payload.as_deref(),
        Element::Authority => unreachable!("it stands beside them"),
    };
    for (element, expected) in [
        (Element::FiscalNumber, "number_differs"),
        (Element::DeviceId, "device_id_differs"),
        (Element::AuthCode, "auth_code_differs"),
        (Element::Timestamp, "timestamp_differs"),
        (Element::QrPayload, "number_differs"),
        (Element::Record, "record_payload_differs"),
    ] {
        assert_eq!(code(&sold.payload, &set(&sold.elements, element, theirs(element))), expected);
    }
    let epoch = sold.elements.fiscal_number.as_ref().unwrap().replace("-0-", "-1-");
    assert_eq!(
        code(&sold.payload, &set(&sold.elements, Element::FiscalNumber, Some(&epoch))),
        "epoch_differs"
    );
}

#[test]
fn a_code_that_is_not_the_signatures_is_refused_even_where_all_texts_agree() {
    let sold = sale();
    let invented = "0123456789ABCDEF";
    let elements = set(&sold.elements, Element::AuthCode, Some(invented));
    let elements = set(&elements, Element::QrPayload, Some(&with_field(&sold, 2, invented)));
    assert_eq!(code(&sold.payload, &elements), "auth_code_not_of_signature");
}

#[test]
fn a_seal_of_other_facts_than_the_payloads_is_refused_by_the_fact() {
    let sold = sale();
    for (field, value, expected) in [
        (5, "KIN-GOMBE-02", "outlet_differs"),
        (6, "6", "items_differ"),
        (7, "FT", "invoice_type_differs"),
        (9, "A2301457L", "nif_differs"),
        (10, "91125.01", "total_differs"),
        (11, "0.01", "vat_differs"),
        (12, "USD", "currency_differs"),
    ] {
        let text = with_field(&sold, field, value);
        assert!(Qr::read(&text).is_ok(), "{field}");
        assert_eq!(code(&sold.payload, &set(&sold.elements, Element::QrPayload, Some(&text))), expected);
    }
}

#[test]
fn articles_of_the_same_total_are_another_sale_to_the_record() {
    let sold = sale();
    let swapped = sold.payload.replacen("\"description\":\"", "\"description\":\"Autre ", 1);
    assert_eq!(code(&swapped, &sold.elements), "record_payload_differs");
    // Without the record nobody can tell: the articles are not in the QR code.
    let without = set(&sold.elements, Element::Record, None);
    assert!(Receipt::new(swapped.as_bytes(), &without, &Print::default()).is_ok());
}

#[test]
fn a_record_of_the_same_payload_in_another_chain_is_refused() {
    let sold = sale();
    let resealed = seal("again", &sold.payload);
    let elements = set(&sold.elements, Element::Record, resealed.elements.record.as_deref());
    assert_eq!(code(&sold.payload, &elements), "record_differs");
}

#[test]
fn a_record_with_another_place_in_the_chain_is_refused() {
    let sold = sale();
    let mut bytes = Base64UrlUnpadded::decode_vec(sold.elements.record.as_ref().unwrap()).unwrap();
    // The last byte of the counter, which stands before the signature of 64 bytes.
    let counter = bytes.len() - 65;
    bytes[counter] += 1;
    let record = Base64UrlUnpadded::encode_string(&bytes);
    assert_eq!(code(&sold.payload, &set(&sold.elements, Element::Record, Some(&record))), "record_differs");
}

#[test]
fn a_credential_of_another_block_is_refused() {
    // Section 9 of docs/formats.md: number 1042 in a block of 500 that begins 42 before it.
    let qr = "BONO-USB-001|1042|ZQCDP9NEQH65D4P2|1|0|OUTLET-001|1|FV|2026-02-04T10:15:32|A1234567Z|116.00|16.00|CDF||4IFnL4gKY0QCykEB-NMpMQM5qfgUW6M0wQdUvM8DnII|jMi2b4yL5yJGSSlrCZD0RXpNpEY4trTAXy9D-9cnNtUbB1b2ukNyd6bn_K8jkSILpWzb7RG0CrCgmUB9oD3JhA|AzJ-8T-nTPPiRxd8DAe2Gb7DUR-J2lnrDRiHqedT0d1raYLgYAwAKgH0ABOI0MLaKLK3JryejBZlngzW4PwX7eaMRr-oGXU3s-ds0agCWct9fBxJ6Qt23SnsHx8XZv7A7yjRfjRauMazw9dXN8IuqB4st3oA";
    let payload = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json");
    let elements = |time: &str| Elements {
        fiscal_number: Some("BONO-0-00001042".to_owned()),
        device_id: Some("BONO-USB-001".to_owned()),
        auth_code: Some("ZQCDP9NEQH65D4P2".to_owned()),
        timestamp: Some(time.to_owned()),
        qr_payload: Some(qr.replace("2026-02-04T10:15:32", time)),
        record: None,
    };
    assert!(Receipt::new(payload.as_bytes(), &elements("2026-02-04T10:15:32"), &Print::default()).is_ok());
    assert_eq!(code(payload, &elements("2026-03-04T10:15:32")), "credential_differs");
}

#[test]
fn a_receipt_is_verified_by_the_key_that_sealed_and_no_other() {
    let sold = sale();
    let receipt = sold.receipt(&Print::default());
    assert_eq!(receipt.verify(&public_key()), Ok(()));
    let other = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMn7xP6dM8+JHF3wMB7YZvsNRH4na\nWesNGIep51PR3WteQY576tL83+kzk+r48YXRgQlo4+Z90y4NwrvVRm9S4Q==\n-----END PUBLIC KEY-----\n";
    let refusal = receipt.verify(&PublicKey::from_pem(other).unwrap()).unwrap_err();
    assert_eq!(refusal.code(), "key_differs");
    // Another D: all five agree with each other, and yet nobody signed this.
    let forged = with_field(&sold, 14, "4IFnL4gKY0QCykEB-NMpMQM5qfgUW6M0wQdUvM8DnII");
    let elements = set(&set(&sold.elements, Element::QrPayload, Some(&forged)), Element::Record, None);
    let receipt = Receipt::new(sold.payload.as_bytes(), &elements, &Print::default()).unwrap();
    assert_eq!(receipt.verify(&public_key()).unwrap_err().code(), "seal_false");
}

#[test]
fn every_refusal_says_in_both_languages_what_to_do() {
    let of_elements = Element::ALL.into_iter().flat_map(|e| [Refusal::Missing(e), Refusal::Malformed(e)]);
    let all: Vec<Refusal> =
        of_elements.chain(Difference::ALL.iter().map(|difference| Refusal::Differs(*difference))).collect();
    let mut codes: Vec<&str> = all.iter().map(Refusal::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for refusal in all {
        let (french, english) = (refusal.sentence(Language::French), refusal.sentence(Language::English));
        assert_ne!(french, english);
        assert!(french.contains(" : ") && english.contains(": "), "{french} / {english}");
    }
}

#[test]
fn the_answer_to_a_commit_is_read_as_it_is() {
    let sold = sale();
    let mut answer =
        serde_json::json!({"status": "OK", "invoice_seq": 6, "epoch": 0, "position": 6, "counter": 130});
    for (name, value) in [
        ("fiscal_number", &sold.elements.fiscal_number),
        ("device_id", &sold.elements.device_id),
        ("auth_code", &sold.elements.auth_code),
        ("timestamp", &sold.elements.timestamp),
        ("qr_payload", &sold.elements.qr_payload),
        ("record", &sold.elements.record),
    ] {
        answer[name] = serde_json::json!(value);
    }
    let elements: Elements = serde_json::from_str(&answer.to_string()).unwrap();
    assert_eq!(elements, sold.elements);
    assert_eq!(serde_json::from_str::<Elements>("{}").unwrap(), Elements::default());
}
