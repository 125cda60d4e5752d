//! What anybody may ask of a receipt.

use serde_json::Value;

use crate::{
    bench::{Bench, payload},
    raw::{Raw, ask, escaped},
};

fn verify(bench: &Bench, path: &str) -> Raw {
    ask(bench.address, &format!("GET /api/v1/verify/{path}"), None, &[], "")
}

fn by_qr(bench: &Bench, qr: &str) -> Raw {
    let answer = verify(bench, &format!("qr?qr={}", escaped(qr)));
    let body = serde_json::json!({ "qr": qr }).to_string();
    let posted = ask(bench.address, "POST /api/v1/verify/qr", None, &[], &body);
    assert_eq!((answer.status, answer.text()), (posted.status, posted.text()), "in a body as in a query");
    answer
}

/// One that may be asked as often as a test asks.
fn often() -> Bench {
    Bench::with("[limits]\npublic_per_second = 1000\npublic_burst = 1000\n")
}

fn sealed(bench: &Bench) -> Value {
    bench.client().sell(1, None, &payload(1)).json()
}

fn text<'a>(seal: &'a Value, member: &str) -> &'a str {
    seal[member].as_str().unwrap()
}

#[test]
fn a_true_receipt_is_verified_by_its_qr_code_and_by_its_number_and_code() {
    let bench = often();
    let seal = sealed(&bench);
    let code = text(&seal, "auth_code");
    let by_number = verify(&bench, &format!("KINGOMBE01-0-00000001?auth_code={code}"));
    assert_eq!(by_number.status, 200, "{}", by_number.text());
    let grouped = format!("{}-{}", &code[..8], &code[8..]).to_lowercase();
    assert_eq!(verify(&bench, &format!("KINGOMBE01-0-00000001?auth_code={grouped}")).body, by_number.body);
    assert_eq!(by_qr(&bench, text(&seal, "qr_payload")).text(), by_number.text());
    let said = by_number.json();
    let names: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "valid compliant causes notice fiscal_number device_id timestamp invoice_type total total_vat currency item_count merchant_nif \
                    outlet_id credit_state proves does_not_prove";
    assert_eq!(names.join(" "), expected, "and nothing of clients and articles");
    assert_eq!((&said["valid"], &said["credit_state"]), (&true.into(), &"sealed".into()));
    assert_eq!((&said["compliant"], &said["notice"]), (&true.into(), &Value::Null));
    assert_eq!(text(&said, "timestamp"), format!("{}Z", text(&seal, "timestamp")));
    let french = [("Accept-Language", "fr")];
    let path = format!("GET /api/v1/verify/KINGOMBE01-0-00000001?auth_code={code}");
    let french = ask(bench.address, &path, None, &french, "").json();
    assert!(text(&french, "proves").contains("a scellé cette facture"), "{french}");
    assert!(text(&said, "does_not_prove").contains("can be copied"), "{said}");
}

#[test]
fn whatever_is_not_so_has_one_answer() {
    let bench = often();
    let seal = sealed(&bench);
    let (code, qr) = (text(&seal, "auth_code"), text(&seal, "qr_payload"));
    // Another cloud's is true, and not in this ledger.
    let elsewhere = Bench::start();
    let foreign = sealed(&elsewhere);
    let mut wrong = vec![
        verify(&bench, "KINGOMBE01-0-00000001?auth_code=0000000000000000"),
        verify(&bench, &format!("KINGOMBE01-0-00000002?auth_code={code}")),
        verify(&bench, &format!("KINGOMBE01-1-00000001?auth_code={code}")),
        verify(&bench, &format!("KINLIMET02-0-00000001?auth_code={code}")),
        verify(&bench, &format!("NOWHERE000-0-00000001?auth_code={code}")),
        verify(&bench, &format!("nonsense?auth_code={code}")),
        verify(&bench, &format!("%FF?auth_code={code}")),
        verify(&bench, "KINGOMBE01-0-00000001?auth_code=short"),
        verify(&bench, "KINGOMBE01-0-00000001?auth_code="),
        by_qr(&bench, text(&foreign, "qr_payload")),
        by_qr(&bench, "nonsense"),
        by_qr(&bench, &format!("{qr}|credential")),
        by_qr(&bench, &qr.replace("KIN-GOMBE-01", "KIN-NOWHERE")),
    ];
    // Each field altered by itself.
    let fields: Vec<&str> = qr.split('|').collect();
    for at in 0..fields.len() {
        let mut altered = fields.clone();
        let mut field = altered[at].to_owned().into_bytes();
        let last = field.last_mut().unwrap();
        *last = if *last == b'1' { b'2' } else { b'1' };
        let field = String::from_utf8(field).unwrap();
        altered[at] = &field;
        wrong.push(by_qr(&bench, &altered.join("|")));
    }
    for answer in &wrong {
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"));
        assert_eq!(answer.text(), wrong[0].text(), "byte for byte");
    }
    for field in ["%", "&qr=", "x"] {
        let long = verify(&bench, &format!("qr?qr={}", escaped(&field.repeat(600))));
        assert_eq!((long.status, long.code().as_str()), (400, "REQUEST_INVALID"));
    }
}

#[test]
fn a_voided_sale_is_said_to_be_taken_back() {
    let bench = often();
    let mut client = bench.client();
    let sale = include_str!("../../../../examples/day/018-sale-with-wrong-weight.json");
    let seal = client.sell(1, None, sale.trim_end());
    assert_eq!(seal.status, 201, "{seal:?}");
    let seal = seal.json();
    let void = include_str!("../../../../examples/day/019-void-of-018.json");
    let void = void.trim_end().replace("\"invoice_seq\":18", "\"invoice_seq\":1");
    let void = void.replace("0000000000000000", text(&seal, "auth_code"));
    let note = client.sell(1, None, &void);
    assert_eq!(note.status, 201, "{note:?}");
    let answer = by_qr(&bench, text(&seal, "qr_payload"));
    assert_eq!(answer.json()["credit_state"], "credited", "{}", answer.text());
    let note = note.json();
    let answer = by_qr(&bench, text(&note, "qr_payload"));
    assert_eq!((answer.status, &answer.json()["invoice_type"]), (200, &"credit_note".into()));
    assert_eq!(answer.json()["credit_state"], "sealed");
}

#[test]
fn an_address_that_asks_too_often_has_to_wait() {
    let bench = Bench::with("[limits]\npublic_per_second = 1\npublic_burst = 3\n");
    let statuses: Vec<u16> =
        (0..5).map(|_| verify(&bench, "KINGOMBE01-0-00000001?auth_code=0000000000000000").status).collect();
    assert_eq!(statuses[..3], [404; 3]);
    assert!(statuses.contains(&429), "{statuses:?}");
}
