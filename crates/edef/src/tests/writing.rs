//! The one JSON form of each dialect.

use serde_json::json;

use super::{Sealed, item, sale};
use crate::{ConfirmCase, DateForm, Dialect, Finalising, PaymentNames, PriceForm};

fn sample() -> Sealed {
    let mut draft = sale(json!([item("0.125", "8.5000", "exempt")]));
    draft["totals"] = json!({"currency": "USD"});
    draft["annex"] = json!({
        "items": [{"type": "BIE", "original_price": "9.00"}],
        "exchange": {"currency": "USD", "rate": "2850.0000", "date": "2026-02-03"},
    });
    Sealed::new(&draft)
}

#[test]
fn a_request_is_written_in_one_form() {
    let record = "ab".repeat(32);
    let expected = format!(
        "{}{}{}{}{record}{}",
        r#"{"nif":"A1234567Z","rn":"BONO-0-00000105","mode":"ht","isf":"STELALA-1","type":"FV","items":["#,
        r#"{"code":"A","type":"BIE","name":"Savon \"doux\"","price":24225.00,"quantity":0.125,"taxGroup":"A","#,
        r#""originalPrice":25650.00,"priceModification":"Remise"}],"client":{"type":"PP"},"operator":{"id":"C-07","name":"C-07"},"#,
        r#""payment":[{"name":"ESPECES","amount":3028.13,"currencyCode":"CDF","currencyRate":1}],"cmta":"STELALA CLOUD-1 "#,
        r#"","curCode":"USD","curDate":"2026-02-03","curRate":2850.0000}"#,
    );
    assert_eq!(sample().text(), expected);
}

#[test]
fn each_point_of_a_dialect_changes_its_part_alone() {
    let usual = sample().text();
    let write = |dialect: Dialect| sample().request().unwrap().write(&dialect);
    let of_price = write(Dialect { price: PriceForm::Text, ..Dialect::default() });
    assert_eq!(
        of_price,
        usual.replace(":24225.00,", r#":"24225.00","#).replace(":25650.00,", r#":"25650.00","#)
    );
    let of_payment = write(Dialect { payment: PaymentNames::Short, ..Dialect::default() });
    assert_eq!(of_payment, usual.replace("currencyCode", "curCode").replace("currencyRate", "curRate"));
    for (form, text) in [(DateForm::IsoTime, "2026-02-03T00:00:00"), (DateForm::DayFirst, "03/02/2026")] {
        let of_date = write(Dialect { currency_date: form, ..Dialect::default() });
        assert_eq!(of_date, usual.replace("2026-02-03", text));
    }
    assert_eq!(write(Dialect { confirm: ConfirmCase::Upper, ..Dialect::default() }), usual);
}

#[test]
fn a_dialect_is_kept_as_json_and_what_is_unknown_is_refused() {
    let text =
        r#"{"price":"text","payment":"short","currency_date":"day_first","confirm":"upper","rates":{"c":5}}"#;
    let dialect: Dialect = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&dialect).unwrap(), text);
    assert_eq!(serde_json::from_str::<Dialect>("{}").unwrap(), Dialect::default());
    for wrong in
        [r#"{"prise":"text"}"#, r#"{"price":"float"}"#, r#"{"rates":{"b":5}}"#, r#"{"rates":{"c":5.5}}"#]
    {
        assert!(serde_json::from_str::<Dialect>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn totals_are_confirmed_as_the_authority_wrote_them() {
    let totals = Finalising { total: "4950".parse().unwrap(), vtotal: "549.1525".parse().unwrap() };
    assert_eq!(totals.write(), r#"{"total":4950.00,"vtotal":549.1525}"#);
}
