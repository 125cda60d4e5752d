//! Each mapping, case by case.

use fiscal::{
    CivilDate, Classification, DEFAULT_MANIFEST, DgiLetter, InvoiceType, Manifest, ManifestGroup,
    PaymentMethod, Rate,
};
use serde_json::{Value, json};

use super::{ORIGINAL, Sealed, credit, item, paid, sale};
use crate::{Comparison, MappingFault, PendingInvoice, Tolerance, compare};

fn one() -> Value {
    sale(json!([item("2", "100.00", "standard_vat")]))
}

fn written(draft: &Value) -> Value {
    Sealed::new(draft).written()
}

#[test]
fn each_invoice_type_has_its_code() {
    for (name, code) in [
        ("sale", "FV"),
        ("advance", "FT"),
        ("credit_note", "FA"),
        ("export", "EV"),
        ("export_advance", "ET"),
        ("export_credit", "EA"),
    ] {
        let invoice_type: InvoiceType = name.parse().unwrap();
        let draft = if invoice_type.is_credit() {
            credit(name, "COR", json!([item("-1", "10.00", "exempt")]))
        } else {
            let mut draft = sale(json!([item("1", "10.00", "exempt")]));
            draft["invoice_type"] = json!(name);
            draft
        };
        assert_eq!(written(&draft)["type"], code, "{name}");
    }
    assert_eq!(InvoiceType::ALL.len(), 6);
}

#[test]
fn each_kind_of_client_has_its_code() {
    for (name, code) in [
        ("Individual", "PP"),
        ("Company", "PM"),
        ("CommercialIndividual", "PC"),
        ("Professional", "PL"),
        ("Embassy", "AO"),
    ] {
        let mut draft = one();
        draft["client"] = json!({"registration": "A7654321B", "classification": name});
        let client = &written(&draft)["client"];
        assert_eq!((&client["type"], &client["nif"]), (&json!(code), &json!("A7654321B")), "{name}");
    }
    assert_eq!(Classification::ALL.len(), 5);
}

#[test]
fn each_means_of_payment_has_its_code() {
    for (name, code) in [
        ("cash", "ESPECES"),
        ("bank_transfer", "VIREMENT"),
        ("card", "CARTEBANCAIRE"),
        ("mobile_money", "MOBILEMONEY"),
        ("cheque", "CHEQUES"),
        ("credit", "CREDIT"),
        ("other", "AUTRE"),
    ] {
        let mut draft = one();
        draft["payments"] = json!([{"method": name}]);
        assert_eq!(written(&draft)["payment"][0]["name"], code, "{name}");
    }
    assert_eq!(PaymentMethod::ALL.len(), 7);
}

#[test]
fn each_group_of_the_manifest_has_its_letter() {
    let mut letters = String::new();
    for group in DEFAULT_MANIFEST.groups {
        let draft = sale(json!([item("1", "10.00", group.code.as_str())]));
        letters.push_str(written(&draft)["items"][0]["taxGroup"].as_str().unwrap());
    }
    assert_eq!(letters, "ABCDEFGHIJKLMNOP");
}

#[test]
fn each_nature_names_the_original_except_a_rebate() {
    for (nature, reference) in [("COR", true), ("RAN", true), ("RAM", true), ("RRR", false)] {
        for invoice_type in ["credit_note", "export_credit"] {
            let mut sealed =
                Sealed::new(&credit(invoice_type, nature, json!([item("-1", "10.00", "exempt")])));
            let written = sealed.written();
            assert_eq!(written["referenceType"], nature);
            assert_eq!(
                written.get("reference").and_then(Value::as_str),
                reference.then_some(ORIGINAL),
                "{nature}"
            );
            sealed.original = None;
            let fault = sealed.request().err();
            assert_eq!(fault, reference.then_some(MappingFault::OriginalMissing), "{nature}");
        }
    }
}

#[test]
fn a_sale_has_no_reference_even_if_a_code_is_given() {
    let written = written(&one());
    for member in ["reference", "referenceType", "referenceDesc"] {
        assert_eq!(written.get(member), None, "{member}");
    }
}

#[test]
fn both_price_modes_keep_the_prices_and_say_which_they_are() {
    for (mode, total) in [("ht", "232.00"), ("ttc", "200.00")] {
        let mut draft = one();
        draft["annex"] = json!({"price_mode": mode});
        let sealed = Sealed::new(&draft);
        assert_eq!(sealed.written()["mode"], mode);
        assert!(sealed.text().contains(r#""price":100.00,"quantity":2,"#), "{}", sealed.text());
        assert_eq!(sealed.expected().unwrap().total.to_string(), total);
        assert_eq!(
            compare(&sealed.expected().unwrap(), &sealed.answer(), Tolerance::default()),
            Comparison::Same
        );
    }
    assert_eq!(written(&one())["mode"], "ht");
}

#[test]
fn nothing_of_a_credit_note_is_negative() {
    let mut draft = credit(
        "credit_note",
        "RAM",
        json!([item("-1.5", "100.00", "standard_vat"), item("-2", "3.00", "exempt")]),
    );
    draft["payments"] = json!([{"method": "cash", "amount": "-80.00"}, {"method": "card"}]);
    let sealed = Sealed::new(&draft);
    let text = sealed.text();
    assert!(text.contains(r#""quantity":1.5,"#) && text.contains(r#""quantity":2,"#), "{text}");
    assert!(text.contains(r#""amount":80.00,"#) && text.contains(r#""amount":100.00,"#), "{text}");
    assert!(!text.contains(":-"), "{text}");
    let expected = sealed.expected().unwrap();
    assert_eq!(
        (expected.total.to_string(), expected.vat.to_string()),
        ("180.00".to_owned(), "24.00".to_owned())
    );
}

#[test]
fn an_invoice_in_dollars_is_told_in_francs_and_says_the_rate() {
    let mut draft = sale(json!([item("3", "10.005", "standard_vat")]));
    draft["totals"] = json!({"currency": "USD"});
    draft["annex"] = json!({
        "items": [{"type": "SER", "original_price": "12.00"}],
        "exchange": {"currency": "USD", "rate": "2850.1250", "date": "2026-02-03"},
    });
    draft["payments"] = json!([{"method": "cash", "amount": "10.03"}, {"method": "card", "amount": "10.01"}, {"method": "credit"}]);
    let sealed = Sealed::new(&draft);
    let text = sealed.text();
    // 10.005 × 2850.125 = 28515.500625, and 12 × 2850.125 = 34201.50.
    assert!(
        text.contains(r#""price":28515.50,"quantity":3,"taxGroup":"B","originalPrice":34201.50,"#),
        "{text}"
    );
    assert!(text.ends_with(r#","curCode":"USD","curDate":"2026-02-03","curRate":2850.1250}"#), "{text}");
    let expected = sealed.expected().unwrap();
    assert_eq!(expected.total.to_string(), "99233.94");
    assert_eq!(paid(&text), expected.total.into());
    // 10.03 of 34.82 are 28584.618 of the total, and 20.04 are 57112.239: what was counted up to here is rounded.
    let amounts: Vec<String> =
        sealed.request().unwrap().payments.iter().map(|payment| payment.amount.to_string()).collect();
    assert_eq!(amounts, ["28584.62", "28527.62", "42121.70"]);
    assert_eq!(sealed.written()["payment"][0]["currencyCode"], "CDF");
    let canonical: Value = serde_json::from_str(&sealed.canonical).unwrap();
    assert_eq!(canonical["annex"]["exchange"]["total"], "99233.94");
    assert_eq!(canonical["annex"]["exchange"]["total_vat"], expected.vat.to_string());
}

#[test]
fn an_invoice_in_francs_has_no_currency_and_its_payments_are_francs() {
    let text = Sealed::new(&one()).text();
    assert!(!text.contains("curCode") && !text.contains("curRate"), "{text}");
    assert!(
        text.contains(
            r#""payment":[{"name":"ESPECES","amount":232.00,"currencyCode":"CDF","currencyRate":1}]"#
        ),
        "{text}"
    );
}

#[test]
fn a_discount_shows_the_price_before_it() {
    let mut draft = sale(json!([
        item("1", "80.00", "exempt"),
        item("1", "80.00", "exempt"),
        item("1", "90.00", "exempt")
    ]));
    draft["annex"] = json!({"items": [
        {"type": "BIE", "original_price": "100.00"}, {"type": "BIE", "original_price": "80.000"},
        {"type": "SER", "original_price": "85.00"},
    ]});
    let items = &written(&draft)["items"];
    assert_eq!(
        (&items[0]["originalPrice"], &items[0]["priceModification"]),
        (&json!(100.0), &json!("Remise"))
    );
    assert_eq!((items[1].get("originalPrice"), items[1].get("priceModification")), (None, None));
    assert_eq!(items[2]["priceModification"], "Majoration");
    assert_eq!(items[2]["type"], "SER");
}

#[test]
fn an_article_without_a_type_is_goods() {
    assert_eq!(written(&one())["items"][0]["type"], "BIE");
}

#[test]
fn an_article_that_is_a_tax_stands_in_l_or_n() {
    for (group, letter, right) in [
        ("levy", 'L', true),
        ("regulated_vat", 'N', true),
        ("standard_vat", 'B', false),
        ("exempt", 'A', false),
    ] {
        // Sealed without a manifest at hand, for a sealer that has one refuses it.
        let mut draft = sale(json!([item("1", "10.00", group)]));
        draft["annex"] = json!({"items": [{"type": "TAX"}]});
        let request = Sealed::new(&draft).request();
        let letter = DgiLetter::new(letter as u8).unwrap();
        assert_eq!(request.err(), (!right).then_some(MappingFault::TaxItem { item: 0, letter }), "{group}");
    }
}

#[test]
fn what_the_annex_says_of_people_is_told() {
    let mut draft = one();
    draft["client"] = json!({"registration": "A7654321B", "classification": "Company"});
    draft["annex"] = json!({
        "client_name": "Épicerie \"K\"", "client_contact": "+243 81", "client_address": "12, av. Kasa-Vubu", "operator_name": "Mado",
    });
    let text = Sealed::new(&draft).text();
    let client = r#""client":{"nif":"A7654321B","name":"Épicerie \"K\"","contact":"+243 81","address":"12, av. Kasa-Vubu","type":"PM"}"#;
    assert!(text.contains(client), "{text}");
    assert!(text.contains(r#""operator":{"id":"C-07","name":"Mado"}"#), "{text}");
}

#[test]
fn a_person_without_a_name_and_a_nameless_cashier_are_told_too() {
    let text = Sealed::new(&one()).text();
    assert!(text.contains(r#""client":{"type":"PP"},"operator":{"id":"C-07","name":"C-07"}"#), "{text}");
}

#[test]
fn both_seals_refer_to_each_other() {
    let text = Sealed::new(&one()).text();
    let record = "ab".repeat(32);
    assert!(text.contains(r#""rn":"BONO-0-00000105""#), "{text}");
    assert!(text.contains(&format!(r#""cmta":"STELALA CLOUD-1 {record}""#)), "{text}");
    let pending = PendingInvoice::read(&text).unwrap();
    assert_eq!(pending.rn.unwrap().to_string(), "BONO-0-00000105");
    assert_eq!(pending.record.unwrap().to_string(), record);
    assert_eq!(pending.invoice_type, Some(InvoiceType::Sale));
}

#[test]
fn eight_comments_and_ours_have_room_in_eight_lines() {
    for count in 0..=8 {
        let mut draft = one();
        let comments: Vec<String> = (1..=count).map(|number| format!("ligne {number}")).collect();
        if count > 0 {
            draft["annex"] = json!({"comments": comments});
        }
        let lines = Sealed::new(&draft).request().unwrap().comments;
        assert_eq!(lines.len(), (count + 1).min(8));
        assert!(lines.last().unwrap().starts_with("STELALA CLOUD-1 "));
        assert!(
            comments.iter().all(|comment| lines.iter().any(|line| line.contains(comment.as_str()))),
            "{lines:?}"
        );
        if count == 8 {
            assert_eq!(lines[6], "ligne 7 / ligne 8");
        }
    }
}

#[test]
fn a_comment_that_looks_like_ours_does_not_stand_for_it() {
    let mut draft = one();
    draft["annex"] = json!({"comments": [format!("STELALA CLOUD-9 {}", "cd".repeat(32))]});
    let pending = PendingInvoice::read(&Sealed::new(&draft).text()).unwrap();
    assert_eq!(pending.record.unwrap().to_string(), "ab".repeat(32));
}

#[test]
fn pairs_of_the_annex_reach_free_text_and_nothing_else() {
    let plain = credit("credit_note", "COR", json!([item("-1", "80.00", "standard_vat")]));
    let mut plain = plain;
    plain["annex"] = json!({"items": [{"type": "BIE", "original_price": "100.00"}]});
    let mut told = plain.clone();
    told["annex"]["ext"] = json!([
        ["dgi.client.typeDesc", "ambassade"],
        ["dgi.referenceDesc", "erreur"],
        ["dgi.priceModification", "Soldes"],
        ["dgi.referenceDesc", "the second"],
    ]);
    let mut expected = written(&plain);
    expected["client"]["typeDesc"] = json!("ambassade");
    expected["referenceDesc"] = json!("erreur");
    expected["items"][0]["priceModification"] = json!("Soldes");
    assert_eq!(written(&told), expected);
    for name in [
        "dgi.total",
        "dgi.nif",
        "dgi.rn",
        "dgi.isf",
        "dgi.type",
        "dgi.mode",
        "dgi.taxGroup",
        "dgi.items",
        "dgi.price",
        "dgi.payment",
        "dgi.reference",
        "dgi.referenceType",
        "dgi.curRate",
        "dgi.curCode",
        "dgi.cmth",
        "dgi.client.nif",
        "dgi.client.type",
        "dgi.operator.id",
        "total",
        "DGI.referenceDesc",
        "dgi.referenceDesc ",
        "referenceDesc",
    ] {
        let mut draft = plain.clone();
        draft["annex"]["ext"] = json!([[name, "1"]]);
        assert_eq!(written(&draft), written(&plain), "{name}");
    }
}

/// Codes of our own that share letters.
static SHARED: Manifest<'static> = Manifest {
    groups: &[
        ManifestGroup { letter: letter(b'B'), ..DEFAULT_MANIFEST.groups[1] },
        ManifestGroup { letter: letter(b'B'), rate: Rate::percent(16), ..DEFAULT_MANIFEST.groups[5] },
        ManifestGroup { letter: letter(b'B'), ..DEFAULT_MANIFEST.groups[2] },
    ],
};

const fn letter(letter: u8) -> DgiLetter {
    match DgiLetter::new(letter) {
        Some(letter) => letter,
        None => panic!(),
    }
}

#[test]
fn groups_of_one_letter_are_compared_together_and_their_rounding_shows() {
    let draft = sale(json!([item("1", "0.03", "standard_vat"), item("1", "0.03", "public_contract")]));
    let sealed = Sealed::with(&draft, &SHARED);
    let expected = sealed.expected().unwrap();
    let b = expected.groups[letter(b'B')].unwrap();
    // Each 0.0048 of tax is none, and together they are 0.01.
    assert_eq!((b.net.to_string(), b.vat.to_string()), ("0.06".to_owned(), "0.00".to_owned()));
    assert_eq!(expected.groups.present().count(), 1);
    let Comparison::Within(differences) = compare(&expected, &sealed.answer(), Tolerance::default()) else {
        panic!()
    };
    assert_eq!(differences[1].to_string(), "B vat: 0.00, authority 0.01");
}

#[test]
fn two_rates_of_one_letter_are_refused() {
    let draft = sale(json!([item("1", "1.00", "standard_vat"), item("1", "1.00", "reduced_vat")]));
    assert_eq!(Sealed::with(&draft, &SHARED).request(), Err(MappingFault::TwoRates { letter: letter(b'B') }));
}

#[test]
fn a_group_without_a_letter_on_the_day_is_refused() {
    let sealed = Sealed::new(&one());
    let early = Sealed::canonical(sealed.canonical, CivilDate::constant(1999, 1, 1));
    let group = "standard_vat".parse().unwrap();
    assert_eq!(early.request(), Err(MappingFault::GroupUnknown { group }));
}
