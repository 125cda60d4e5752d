//! What is read of the authority's answers, in the spellings that clients have met.

use crate::{
    CallFault, Confirmed, CurrencyRates, ErrorCode, InfoStatus, NamedCodes, PendingInvoice, Requested,
    Status, TaxGroups,
};

const STATUS: &str = r#"{"status":true,"version":"1.0","nif":"A1234567Z","nim":"CD01002345-1","tokenValid":"2027-01-31T00:00:00+01:00",
    "serverDateTime":"2026-02-04T11:15:30.1234567+01:00","pendingRequestsCount":2,"unknown":{"a":[1]},
    "pendingRequestsList":[{"date":"2026-02-04T11:15:00+01:00","uid":"u-1"},{"date":"2026-02-04T11:15:10+01:00","uid":"u-2"}]}"#;

#[test]
fn a_status_says_who_the_machine_is_and_what_waits() {
    let status = Status::read(STATUS).unwrap();
    assert_eq!(status.working, Some(true));
    assert_eq!(status.nif.unwrap().as_str(), "A1234567Z");
    assert_eq!(status.nim.as_ref().unwrap().as_str(), "CD01002345-1");
    assert_eq!(status.server_time.as_ref().unwrap().unix_milliseconds(), Some(1_770_200_130_123));
    assert_eq!(status.token_valid.as_ref().unwrap().timestamp().unwrap().to_string(), "2027-01-30T23:00:00");
    assert_eq!(status.whole_list().unwrap().len(), 2);
    assert_eq!(status.waits(&"u-2".parse().unwrap()), Some(true));
    assert_eq!(status.waits(&"U-2".parse().unwrap()), Some(true));
    assert_eq!(status.waits(&"u-3".parse().unwrap()), Some(false));
}

#[test]
fn the_same_status_is_read_in_other_spellings() {
    let usual = Status::read(STATUS).unwrap();
    for other in [
        format!("\u{FEFF} \r\n{STATUS}\n"),
        STATUS.replace("\"nim\"", "\"NIM\"").replace("pendingRequestsList", "PendingRequestsList"),
        STATUS.replace(":2,", ":\"2\","),
        STATUS.replace(":true,", ":\"true\","),
        STATUS.replace("\"uid\"", "\"Uid\""),
    ] {
        assert_eq!(Status::read(&other).unwrap(), usual, "{other}");
    }
}

#[test]
fn a_list_that_is_not_whole_says_only_what_it_shows() {
    let (shown, absent) = ("u-1".parse().unwrap(), "u-3".parse().unwrap());
    for other in [
        STATUS.replace(":2,", ":3,"),
        STATUS.replace(":2,", ":1,"),
        STATUS.replace(":2,", ":null,"),
        STATUS.replace("\"pendingRequestsCount\":2,", ""),
        STATUS.replace("\"u-2\"", "\"a b\""),
        STATUS.replace("\"u-2\"", "null"),
        STATUS.replace(":2,", ":1,").replace("\"u-2\"", "null"),
    ] {
        let status = Status::read(&other).unwrap();
        assert_eq!(status.whole_list(), None, "{other}");
        assert_eq!((status.waits(&shown), status.waits(&absent)), (Some(true), None), "{other}");
    }
    // Neither a missing list nor one of another form is an empty one.
    for body in [
        r#"{"pendingRequestsCount":1}"#,
        r#"{"pendingRequestsCount":1,"pendingRequestsList":null}"#,
        r#"{"pendingRequestsCount":0,"pendingRequestsList":[{}]}"#,
        r#"{"pendingRequestsCount":0,"pendingRequestsList":null}"#,
        r#"{"pendingRequestsCount":0,"pendingRequestsList":{}}"#,
        r#"{"pendingRequestsCount":0}"#,
        r#"{"status":false,"pendingRequestsCount":0,"pendingRequestsList":[]}"#,
        r#"{"pendingRequestsList":[]}"#,
        "{}",
    ] {
        assert_eq!(Status::read(body).unwrap().waits(&shown), None, "{body}");
    }
    let empty = Status::read(r#"{"pendingRequestsCount":0,"pendingRequestsList":[]}"#).unwrap();
    assert_eq!(empty.waits(&shown), Some(false));
}

#[test]
fn a_status_with_an_error_says_nothing_of_what_waits() {
    let body = STATUS.replace("\"unknown\"", "\"errorCode\":\"99\",\"errorDesc\":\"panne\",\"unknown\"");
    let refused = CallFault::Refused { code: ErrorCode::Processing, text: "panne".to_owned() };
    assert_eq!(Status::read(&body), Err(refused));
}

#[test]
fn the_answer_to_a_request_is_read_exactly() {
    let body = r#"{"uid":"u-1","tb":16,"TAB":"116.00","hab":100.0,"vab":1.6e1,"total":0.1,"vtotal":"9007199254740993.01","curTotal":null}"#;
    let requested = Requested::read(body).unwrap();
    let b = fiscal::DgiLetter::new(b'B').unwrap();
    let text = |figure: Option<crate::Figure>| figure.unwrap().to_string();
    assert_eq!(text(requested.totals[b]), "116.00");
    assert_eq!(text(requested.nets[b]), "100.00");
    assert_eq!(text(requested.vats[b]), "16.00");
    assert_eq!(text(requested.rates[b]), "16.00");
    assert_eq!(requested.finalising().write(), r#"{"total":0.10,"vtotal":9007199254740993.01}"#);
    assert_eq!((requested.cur_total, requested.specific), (None, None));
}

#[test]
fn an_answer_to_a_request_without_uid_or_amounts_is_malformed() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"uid":"u-1","total":1}"#,
        r#"{"uid":"u-1","vtotal":1}"#,
        r#"{"total":1,"vtotal":1}"#,
        r#"{"uid":"../x","total":1,"vtotal":1}"#,
        r#"{"uid":"u-1","total":"1,5","vtotal":1}"#,
        r#"{"uid":"u-1","total":true,"vtotal":1}"#,
        r#"{"uid":"u-1","total":1,"vtotal":1,"vab":"x"}"#,
        r#"{"uid":"u-1","total":1,"vtotal":1,"vab":{}}"#,
        r#"{"uid":"u-1","total":1,"vtotal":1"#,
        r#"{"uid":"u-1","total":1,"vtotal":1} trailing"#,
    ] {
        assert_eq!(Requested::read(body), Err(CallFault::Malformed), "{body}");
    }
}

#[test]
fn an_error_in_the_body_is_a_refusal_whatever_else_it_says() {
    for (code, text) in [("4", "4"), ("\"20\"", "20"), ("99", "99"), ("1234", "1234")] {
        let body = format!(
            r#"{{"uid":"u-1","total":1,"vtotal":1,"errorCode":{code},"errorDesc":"Réf.\n absente"}}"#
        );
        let Err(CallFault::Refused { code, text: words }) = Requested::read(&body) else { panic!("{body}") };
        assert_eq!((code.to_string().as_str(), words.as_str()), (text, "Réf. absente"));
    }
    for none in ["null", "0", "\"\"", "\"0\""] {
        let body = format!(r#"{{"uid":"u-1","total":1,"vtotal":1,"errorCode":{none},"errorDesc":null}}"#);
        assert!(Requested::read(&body).is_ok(), "{none}");
    }
    let body = r#"{"uid":"u-1","total":1,"vtotal":1,"errorCode":"E4","errorDesc":"Référence"}"#;
    let text = "E4: Référence".to_owned();
    assert_eq!(Requested::read(body), Err(CallFault::Refused { code: ErrorCode::Other(0), text }));
    assert_eq!(ErrorCode::new(1234), ErrorCode::Other(1234));
}

const CONFIRMED: &str = r#"{"dateTime":"04/02/2026 11:15:31","qrCode":"F;CD01002345-1;TESTFEW73TJMEJCGFOCXPDOX;A1234567Z;20260204111531",
    "codeDEFDGI":"TEST-FEW7-3TJM-EJCG-FOCX-PDOX","counters":"64/65 FV","nim":"CD01002345-1","errorCode":null,"errorDesc":null}"#;

#[test]
fn a_confirm_answers_the_elements() {
    let confirmed = Confirmed::read(CONFIRMED).unwrap();
    assert_eq!(confirmed.code.as_str(), "TESTFEW73TJMEJCGFOCXPDOX");
    assert_eq!(confirmed.counters.unwrap().total, 65);
    assert_eq!(confirmed.date_time.unwrap().timestamp().unwrap().to_string(), "2026-02-04T10:15:31");
    assert!(confirmed.qr.unwrap().starts_with("F;CD01002345-1;"));
}

#[test]
fn a_code_is_kept_whatever_else_is_left_out_or_odd() {
    let usual = Confirmed::read(CONFIRMED).unwrap();
    let long = format!("F;{}", "x".repeat(511));
    let read = |from: &str, to: &str| Confirmed::read(&CONFIRMED.replace(from, to)).unwrap();
    for (from, to) in [("\"qrCode\"", "\"qrC\""), ("F;CD", "F\\n;CD"), ("F;CD", &long), ("F;CD", "\u{202e}F")]
    {
        assert_eq!(read(from, to), Confirmed { qr: None, ..usual.clone() }, "{to}");
    }
    for to in ["", &"2".repeat(41), "\u{202e}now"] {
        assert_eq!(read("04/02/2026 11:15:31", to), Confirmed { date_time: None, ..usual.clone() }, "{to}");
    }
    for to in ["null", "7", "\"\u{e9}\u{e9}\u{e9}\u{e9}\""] {
        assert_eq!(read("\"CD01002345-1\"", to), Confirmed { nim: None, ..usual.clone() }, "{to}");
    }
    for to in ["null", "64", "\"many\""] {
        assert_eq!(read("\"64/65 FV\"", to), Confirmed { counters: None, ..usual.clone() }, "{to}");
    }
    assert_eq!(read("\"CD01002345-1\"", "\"cd01002345-1\""), usual);
    let bare = Confirmed::read(r#"{"codeDEFDGI":"TESTFEW73TJMEJCGFOCXPDOX"}"#).unwrap();
    assert_eq!((bare.code, bare.qr, bare.nim, bare.date_time), (usual.code, None, None, None));
}

#[test]
fn a_confirm_without_a_code_is_malformed() {
    for to in ["TEST", "TEST-TEST-FEW7", ""] {
        assert_eq!(Confirmed::read(&CONFIRMED.replace("TEST-FEW7", to)), Err(CallFault::Malformed), "{to}");
    }
}

#[test]
fn an_answer_that_says_two_things_under_one_name_is_malformed_unless_it_holds_a_code() {
    for twice in [r#""Total":2,"#, r#""total":2,"#, r#""errorCode":0,"ErrorCode":20,"#] {
        let body = format!(r#"{{{twice}"uid":"u-1","total":1,"vtotal":1}}"#);
        assert_eq!(Requested::read(&body), Err(CallFault::Malformed), "{body}");
    }
    assert!(Requested::read(r#"{"Total":1,"uid":"u-1","total":1,"vtotal":1}"#).is_ok());
    let body = CONFIRMED.replace("\"nim\"", "\"NIM\":\"CD01002345-1\",\"nim\":null,\"nim\"");
    assert_eq!(Confirmed::read(&body), Confirmed::read(CONFIRMED));
}

#[test]
fn a_code_that_came_with_an_error_is_kept() {
    let body = CONFIRMED.replace("\"errorCode\":null", "\"errorCode\":20");
    assert_eq!(Confirmed::read(&body), Confirmed::read(CONFIRMED));
    let refused = Confirmed::read(r#"{"errorCode":20,"errorDesc":"déjà traitée"}"#);
    assert!(matches!(refused, Err(CallFault::Refused { code: ErrorCode::UnknownOrFinalised, .. })));
}

#[test]
fn a_pending_invoice_of_unknown_form_says_nothing() {
    assert_eq!(PendingInvoice::read("{}"), Ok(PendingInvoice::default()));
    assert_eq!(PendingInvoice::read("gone"), Err(CallFault::Malformed));
    let refused = PendingInvoice::read(r#"{"errorCode":20,"errorDesc":"inconnue"}"#);
    assert!(matches!(refused, Err(CallFault::Refused { code: ErrorCode::UnknownOrFinalised, .. })));
}

#[test]
fn tax_groups_are_read_as_an_object_and_as_a_list() {
    let usual = TaxGroups::read(r#"{"a":0,"b":16,"c":"5.0"}"#).unwrap();
    assert_eq!(usual.0.present().count(), 3);
    for other in [
        r#"{"A":0,"B":16.00,"C":5,"d":null}"#,
        r#"[{"group":"A","rate":0},{"group":"B","rate":"16"},{"group":"C","rate":5}]"#,
        r#"{"taxGroups":[{"type":"a","value":0},{"type":"b","value":16},{"type":"c","value":5},{"type":"standard","value":7}]}"#,
    ] {
        assert_eq!(TaxGroups::read(other).unwrap(), usual, "{other}");
    }
    for wrong in ["{}", "[]", "7", r#"{"b":"sixteen"}"#] {
        assert_eq!(TaxGroups::read(wrong), Err(CallFault::Malformed), "{wrong}");
    }
}

#[test]
fn exchange_rates_are_read_in_several_spellings() {
    let usual =
        CurrencyRates::read(r#"[{"type":"USD","description":"Dollar","date":"2026-02-04","rate":2850.125}]"#)
            .unwrap();
    assert_eq!(usual.0[0].rate.to_string(), "2850.125");
    for other in [
        r#"[{"code":"usd","libelle":"Dollar","curDate":"2026-02-04","curRate":"2850.125"},{"type":"??","rate":1}]"#,
        r#"{"currencyRates":[{"Currency":"USD","Label":"Dollar","Date":"2026-02-04","Value":2850.1250}]}"#,
        r#"{"data":[{"currencyCode":"USD","description":"Dollar","date":"2026-02-04","currencyRate":2850.125,"rate":null}]}"#,
    ] {
        assert_eq!(CurrencyRates::read(other).unwrap(), usual, "{other}");
    }
    assert_eq!(CurrencyRates::read("[]").unwrap().0, []);
    assert_eq!(CurrencyRates::read("{}"), Err(CallFault::Malformed));
}

#[test]
fn lists_of_codes_are_read_with_and_without_descriptions() {
    let codes = NamedCodes::read(r#"[{"type":"FV","description":"Facture de vente"},"FT"]"#).unwrap();
    assert_eq!(codes.0[0].description.as_deref(), Some("Facture de vente"));
    assert_eq!(codes.0[1].code, "FT");
    assert_eq!(NamedCodes::read(r#"[{"description":"x"}]"#), Err(CallFault::Malformed));
}

#[test]
fn the_machines_of_a_taxpayer_are_listed() {
    let body = r#"{"status":true,"version":"1","nif":"A1234567Z","nim":"CD01002345-1","emcfList":[
        {"nim":"CD01002345-1","status":"Actif","shopName":"Gombe","address1":"12, av.","address2":"Kinshasa"},{"nim":7}]}"#;
    let info = InfoStatus::read(body).unwrap();
    assert_eq!(info.machines.len(), 1);
    assert_eq!(info.machines[0].address.as_deref(), Some("12, av., Kinshasa"));
}
