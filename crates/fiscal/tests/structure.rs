//! Faults of structure (P3): the reason and the path for members and marks that stand where they must not.

#[macro_use]
#[path = "support/vector.rs"]
mod vector;

use fiscal::{Reason, Validated};

const EXPORT: &str = vector!("export_usd");
const RETURN: &str = vector!("credit_note_return");
const REBATE: &str = vector!("credit_note_rebate");
const LISTS: &str = vector!("sale_discount_and_escapes");

/// A payload, the first occurrence of a text in it, what is written instead, and the fault that this is.
type Edit = (&'static str, &'static str, &'static str, &'static str, Reason);

fn assert_faults(edits: &[Edit]) {
    for (payload, from, to, path, reason) in edits {
        assert!(payload.contains(from), "{from} is not in {payload}");
        assert!(Validated::read(payload.as_bytes()).is_ok());
        let edited = payload.replacen(from, to, 1);
        let fault = Validated::read(edited.as_bytes()).expect_err(to);
        assert_eq!((fault.path.to_string().as_str(), fault.reason), (*path, *reason), "{from} as {to}");
    }
}

#[test]
fn an_unknown_member_is_refused_at_every_depth() {
    let unknown = Reason::MemberUnknown;
    assert_faults(&[
        (EXPORT, r#"{"merchant_nif""#, r#"{"colour":"red","merchant_nif""#, "", unknown),
        (EXPORT, r#""outlet_id""#, r#""colour":"red","outlet_id""#, "", unknown),
        (EXPORT, r#","annex""#, r#","colour":"red","annex""#, "", unknown),
        (EXPORT, r#"}}}"#, r#"}},"colour":"red"}"#, "", unknown),
        (EXPORT, r#"{"code""#, r#"{"colour":"red","code""#, "items[0]", unknown),
        (EXPORT, r#""quantity""#, r#""colour":"red","quantity""#, "items[0]", unknown),
        (EXPORT, r#""t"}"#, r#""t","colour":"red"}"#, "items[0]", unknown),
        (EXPORT, r#""client_address""#, r#""colour":"red","client_address""#, "annex", unknown),
        (EXPORT, r#"}}}"#, r#"},"colour":"red"}}"#, "annex", unknown),
        (EXPORT, r#""date""#, r#""colour":"red","date""#, "annex.exchange", unknown),
        (EXPORT, r#"}}}"#, r#","colour":"red"}}}"#, "annex.exchange", unknown),
        (RETURN, r#"EF"}"#, r#"EF","colour":"red"}"#, "reference", unknown),
        (LISTS, r#""BIE""#, r#""BIE","colour":"red""#, "annex.items[0]", unknown),
    ]);
}

#[test]
fn a_member_that_exists_elsewhere_is_unknown_here() {
    let unknown = Reason::MemberUnknown;
    assert_faults(&[
        (EXPORT, r#""outlet_id""#, r#""total":"1.00","outlet_id""#, "", unknown),
        (EXPORT, r#""quantity""#, r#""rate":"1.00","quantity""#, "items[0]", unknown),
        (EXPORT, r#""date""#, r#""amount":"1.00","date""#, "annex.exchange", unknown),
    ]);
}

#[test]
fn a_doubled_member_is_refused_at_every_depth() {
    let twice = Reason::MemberTwice;
    // After optional members, a second one cannot be told from one that comes too late.
    let misplaced = Reason::MemberMisplaced;
    assert_faults(&[
        (EXPORT, r#""outlet_id""#, r#""merchant_nif":"A1234567Z","outlet_id""#, "merchant_nif", twice),
        (EXPORT, r#"}}}"#, r#"}},"timestamp":"2026-02-05T08:00:00"}"#, "timestamp", misplaced),
        (EXPORT, r#"}}}"#, r#"}},"annex":{"price_mode":"ht"}}"#, "annex", misplaced),
        (EXPORT, r#""quantity""#, r#""code":"A","quantity""#, "items[0].code", twice),
        (EXPORT, r#""t"}"#, r#""t","code":"A"}"#, "items[0].code", misplaced),
        (
            EXPORT,
            r#""client_address""#,
            r#""client_name":"A","client_address""#,
            "annex.client_name",
            misplaced,
        ),
        (EXPORT, r#"}}}"#, r#"},"client_name":"A"}}"#, "annex.client_name", misplaced),
        (EXPORT, r#""date""#, r#""currency":"USD","date""#, "annex.exchange.currency", twice),
        (EXPORT, r#"}}}"#, r#","total":"1.00"}}}"#, "annex.exchange.total", misplaced),
        (RETURN, r#""epoch""#, r#""nature":"RAM","epoch""#, "reference.nature", twice),
    ]);
}

#[test]
fn a_missing_or_misplaced_member_is_named() {
    let expected = Reason::MemberExpected;
    assert_faults(&[
        (EXPORT, r#""merchant_nif":"A1234567Z","#, "", "merchant_nif", expected),
        (EXPORT, r#""outlet_id":"OUTLET-001","#, "", "outlet_id", expected),
        (EXPORT, r#","taxable_unit":"t""#, "", "items[0].taxable_unit", expected),
        (EXPORT, r#""rate":"2850.0000","#, "", "annex.exchange.rate", expected),
        (EXPORT, r#","total_vat":"0.00"}}"#, "}}", "annex.exchange.total_vat", expected),
        (RETURN, r#""epoch":0,"#, "", "reference.epoch", expected),
        (LISTS, r#""type":"BIE","#, "", "annex.items[0].type", expected),
        (EXPORT, r#"{"merchant_nif""#, r#"{"outlet_id":"A","merchant_nif""#, "merchant_nif", expected),
        (EXPORT, r#""quantity""#, r#""unit_price":"1.00","quantity""#, "items[0].quantity", expected),
        (EXPORT, r#""rate":"2"#, r#""date":"2026-02-05","rate":"2"#, "annex.exchange.rate", expected),
        (EXPORT, r#"{"merchant_nif""#, "{merchant_nif", "merchant_nif", expected),
    ]);
}

#[test]
fn an_optional_member_out_of_order_was_not_written_twice() {
    let misplaced = Reason::MemberMisplaced;
    assert_faults(&[
        (RETURN, r#","reference""#, r#","annex":{"price_mode":"ht"},"reference""#, "reference", misplaced),
        (EXPORT, r#""exchange""#, r#""comments":["a"],"exchange""#, "annex.exchange", misplaced),
    ]);
}

#[test]
fn an_annex_that_begins_with_an_unknown_member_says_so() {
    assert_faults(&[(
        EXPORT,
        r#"{"client_name""#,
        r#"{"colour":"red","client_name""#,
        "annex",
        Reason::MemberUnknown,
    )]);
}

#[test]
fn white_space_outside_strings_is_refused_wherever_it_stands() {
    let space = Reason::WhiteSpace;
    assert_faults(&[
        (EXPORT, r#"{"merchant_nif""#, r#" {"merchant_nif""#, "", space),
        (EXPORT, r#"{"merchant_nif""#, "{\r\n\"merchant_nif\"", "merchant_nif", space),
        (EXPORT, r#""merchant_nif":"#, "\"merchant_nif\":\t", "merchant_nif", space),
        (EXPORT, r#""A1234567Z","#, r#""A1234567Z" ,"#, "outlet_id", space),
        (EXPORT, r#""A1234567Z","#, "\"A1234567Z\",\n", "outlet_id", space),
        (EXPORT, r#""items":["#, r#""items": ["#, "items", space),
        (EXPORT, r#""items":["#, r#""items":[ "#, "items[0]", space),
        (EXPORT, r#""quantity":"#, r#""quantity": "#, "items[0].quantity", space),
        (EXPORT, r#""t"}"#, r#""t" }"#, "items[0]", space),
        (EXPORT, r#""t"}]"#, r#""t"} ]"#, "items", space),
        (EXPORT, r#","annex""#, r#" ,"annex""#, "", space),
        (EXPORT, r#","annex""#, r#", "annex""#, "", space),
        (EXPORT, r#""annex":"#, r#""annex": "#, "annex", space),
        (EXPORT, r#"{"client_name""#, r#"{ "client_name""#, "annex", space),
        (EXPORT, r#""exchange":{"#, r#""exchange":{ "#, "annex.exchange.currency", space),
        (EXPORT, r#""date":"#, r#""date": "#, "annex.exchange.date", space),
        (EXPORT, r#"}}}"#, r#" }}}"#, "annex.exchange", space),
        (EXPORT, r#"}}}"#, r#"} }}"#, "annex", space),
        (EXPORT, r#"}}}"#, r#"}} }"#, "", space),
        (LISTS, r#""comments":["#, r#""comments":[ "#, "annex.comments[0]", space),
        (LISTS, r#""ext":[["#, r#""ext":[[ "#, "annex.ext[0]", space),
        (LISTS, r#"livraison","#, r#"livraison", "#, "annex.ext[0]", space),
        (RETURN, r#""epoch":0"#, r#""epoch":0 "#, "reference.invoice_seq", space),
    ]);
}

#[test]
fn white_space_is_called_so_before_colons_integers_and_the_end_of_a_rebate() {
    let space = Reason::WhiteSpace;
    assert_faults(&[
        (EXPORT, r#""merchant_nif":"#, r#""merchant_nif" :"#, "merchant_nif", space),
        (EXPORT, r#""date":"#, r#""date" :"#, "annex.exchange.date", space),
        (EXPORT, r#""annex":"#, r#""annex" :"#, "", space),
        (RETURN, r#""epoch":0"#, r#""epoch": 0"#, "reference.epoch", space),
        (REBATE, r#""RRR"}"#, r#""RRR" }"#, "reference", space),
    ]);
}

#[test]
fn nothing_follows_the_closing_brace() {
    let trailing = Reason::TrailingBytes;
    assert_faults(&[
        (EXPORT, "}}}", "}}}\n", "", trailing),
        (EXPORT, "}}}", "}}} ", "", trailing),
        (EXPORT, "}}}", "}}}}", "", trailing),
        (EXPORT, "}}}", "}}}{}", "", trailing),
        (EXPORT, "}}}", "}}}\0", "", trailing),
    ]);
}

#[test]
fn a_value_of_another_kind_is_refused_at_every_depth() {
    assert_faults(&[
        (EXPORT, r#""A1234567Z""#, "1234567", "merchant_nif", Reason::NifForm),
        (EXPORT, r#""POS-01""#, "1", "pos_terminal_id", Reason::IdForm),
        (EXPORT, r#""export","ti"#, r#"true,"ti"#, "invoice_type", Reason::InvoiceTypeUnknown),
        (EXPORT, r#""12.125""#, "12.125", "items[0].quantity", Reason::QuantityForm),
        (EXPORT, r#""8450.7500""#, "8450.7500", "items[0].unit_price", Reason::PriceForm),
        (EXPORT, r#""Cathodes de cuivre""#, "7", "items[0].description", Reason::StringExpected),
        (EXPORT, r#""Kafue Metals Ltd""#, "null", "annex.client_name", Reason::StringExpected),
        (EXPORT, r#""2850.0000""#, "2850.0000", "annex.exchange.rate", Reason::ExchangeRateForm),
        (EXPORT, r#""292026229.69""#, "292026229.69", "annex.exchange.total", Reason::AmountForm),
        (EXPORT, r#""2026-02-05","total"#, r#"20260205,"total"#, "annex.exchange.date", Reason::DateForm),
        (EXPORT, r#""A1234567Z""#, r#"["A1234567Z"]"#, "merchant_nif", Reason::StringExpected),
        (EXPORT, r#""client":{"#, r#""client":[{"#, "client", Reason::ObjectExpected),
        (EXPORT, r#""items":["#, r#""items":{"#, "items", Reason::ArrayExpected),
        (EXPORT, r#""items":["#, r#""items":[7,"#, "items[0]", Reason::ObjectExpected),
        (EXPORT, r#""exchange":{"#, r#""exchange":[{"#, "annex.exchange", Reason::ObjectExpected),
        (EXPORT, r#""annex":{"#, r#""annex":[{"#, "annex", Reason::ObjectExpected),
        (LISTS, r#""comments":["#, r#""comments":[7,"#, "annex.comments[0]", Reason::StringExpected),
        (LISTS, r#""ext":[["#, r#""ext":["a",["#, "annex.ext[0]", Reason::ArrayExpected),
        (RETURN, r#""epoch":0"#, r#""epoch":"0""#, "reference.epoch", Reason::EpochForm),
        (RETURN, r#""epoch":0"#, r#""epoch":00"#, "reference.epoch", Reason::EpochForm),
        (RETURN, r#""epoch":0"#, r#""epoch":-1"#, "reference.epoch", Reason::EpochForm),
        (EXPORT, "{\"merchant_nif\"", "[{\"merchant_nif\"", "", Reason::ObjectExpected),
        (EXPORT, "{\"merchant_nif\"", "\u{FEFF}{\"merchant_nif\"", "", Reason::ObjectExpected),
    ]);
}

#[test]
fn an_integer_with_a_fraction_or_an_exponent_is_named_itself() {
    assert_faults(&[
        (RETURN, r#""epoch":0"#, r#""epoch":0.0"#, "reference.epoch", Reason::EpochForm),
        (RETURN, r#""invoice_seq":1"#, r#""invoice_seq":1e1"#, "reference.invoice_seq", Reason::NumberForm),
    ]);
}

#[test]
fn a_comma_too_many_is_refused_at_every_depth() {
    assert_faults(&[
        (EXPORT, r#"{"merchant_nif""#, r#"{,"merchant_nif""#, "merchant_nif", Reason::MemberExpected),
        (EXPORT, r#""A1234567Z","#, r#""A1234567Z",,"#, "outlet_id", Reason::MemberExpected),
        (EXPORT, r#""t"}]"#, r#""t"},]"#, "items[1]", Reason::ObjectExpected),
        (EXPORT, r#""t"}"#, r#""t",}"#, "items[0]", Reason::SeparatorExpected),
        (EXPORT, "}}}", "},}}", "annex", Reason::SeparatorExpected),
        (EXPORT, "}}}", "}},}", "", Reason::SeparatorExpected),
        (LISTS, r#"mois"]"#, r#"mois",]"#, "annex.comments[1]", Reason::StringExpected),
        (LISTS, r#"0042"]"#, r#"0042",]"#, "annex.ext[0]", Reason::SeparatorExpected),
    ]);
}

#[test]
fn a_reference_names_an_original_or_is_a_rebate() {
    assert_faults(&[
        (RETURN, r#""RAM""#, r#""RRR""#, "reference", Reason::RebateWithOriginal),
        (RETURN, r#""RAM""#, r#""RAX""#, "reference.nature", Reason::NatureUnknown),
        (REBATE, r#""RRR""#, r#""RAM""#, "reference.outlet_id", Reason::MemberExpected),
        (REBATE, r#","reference":{"nature":"RRR"}"#, "", "reference", Reason::ReferenceMissing),
        (RETURN, r#""credit_note""#, r#""sale""#, "reference", Reason::ReferenceForbidden),
    ]);
}

#[test]
fn a_pair_of_ext_has_two_texts_and_the_first_says_something() {
    let pair = r#"["bon_de_livraison","BL-2026-0042"]"#;
    assert_faults(&[
        (LISTS, pair, r#"["a"]"#, "annex.ext[0]", Reason::SeparatorExpected),
        (LISTS, pair, r#"["a","b","c"]"#, "annex.ext[0]", Reason::SeparatorExpected),
        (LISTS, pair, r#"["","b"]"#, "annex.ext[0]", Reason::TextEmpty),
        (LISTS, pair, r#"{"a":"b"}"#, "annex.ext[0]", Reason::ArrayExpected),
        (LISTS, pair, r#"["a","b"],[]"#, "annex.ext[1]", Reason::StringExpected),
    ]);
}
