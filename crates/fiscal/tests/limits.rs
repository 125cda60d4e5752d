//! Every bound of a payload (P1, P3, P8): at it and below it accepted, above it refused with its reason and path.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use fiscal::{
    AuthCode, CashierId, Currency, Epoch, Fault, GroupCode, Invoice, InvoiceNumber, ItemCode, Nif, OutletId,
    Reason, TerminalId, Text, Validated, VoucherToken, limits,
};

const SALE: &str = include_str!("../../../vectors/canonical/valid_sale_ht_one_item.json");
const RETURN: &str = include_str!("../../../vectors/canonical/valid_credit_note_return.json");

fn verdict(payload: &str) -> Result<(), (String, Reason)> {
    Validated::read(payload.as_bytes()).map(|_| ()).map_err(said)
}

/// What reading alone says, for edits that also change a sum.
fn form_verdict(payload: &str) -> Result<(), (String, Reason)> {
    Invoice::read(payload.as_bytes()).map(|_| ()).map_err(said)
}

fn said(fault: Fault) -> (String, Reason) {
    (fault.path.to_string(), fault.reason)
}

fn at(path: &str, reason: Reason) -> Result<(), (String, Reason)> {
    Err((path.to_owned(), reason))
}

/// A payload with every occurrence of a text replaced.
fn with(payload: &str, from: &str, to: &str) -> String {
    assert!(payload.contains(from), "{from} is not in {payload}");
    payload.replace(from, to)
}

fn list(count: usize, element: impl Fn(usize) -> String) -> String {
    (0..count).map(element).collect::<Vec<_>>().join(",")
}

/// An exempt sale of lines at 1.00, spread over groups, paid by the first of its payments.
fn sale(descriptions: &[String], groups: usize, payments: usize, annex: &str) -> String {
    let lines = descriptions.len();
    let items = list(lines, |index| {
        let (description, group) = (&descriptions[index], index % groups);
        format!(
            r#"{{"code":"A","description":"{description}","quantity":"1","unit_price":"1.00","tax_group":"g{group}","taxable_unit":"u"}}"#
        )
    });
    let tax_groups = list(groups, |group| {
        let used = (0..lines).filter(|line| line % groups == group).count();
        format!(
            r#"{{"code":"g{group}","name":"G","rate":"0.00","base_amount":"{used}.00","tax_amount":"0.00"}}"#
        )
    });
    let paid = list(payments, |index| {
        let amount = if index == 0 { lines } else { 0 };
        format!(r#"{{"method":"cash","amount":"{amount}.00","instrument_id":""}}"#)
    });
    let head = SALE.split(r#""items""#).next().unwrap();
    format!(
        r#"{head}"items":[{items}],"tax_groups":[{tax_groups}],"totals":{{"subtotal":"{lines}.00","total_vat":"0.00","total":"{lines}.00","currency":"CDF"}},"payments":[{paid}]{annex}}}"#
    )
}

fn sale_of(lines: usize, groups: usize, payments: usize) -> String {
    sale(&vec!["x".to_owned(); lines], groups, payments, "")
}

fn sale_with_annex(annex: &str) -> String {
    sale(&["x".to_owned()], 1, 1, &format!(r#","annex":{{{annex}}}"#))
}

/// A valid payload of so many bytes: the descriptions of 150 items take up what is missing.
fn sale_of_bytes(length: usize) -> String {
    let mut missing = length - sale_of(limits::ITEMS, 1, 1).len();
    let mut descriptions = vec![String::new(); limits::ITEMS];
    for description in &mut descriptions {
        let more = missing.min(Text::MAX_LENGTH - 1);
        *description = "x".repeat(1 + more);
        missing -= more;
    }
    let payload = sale(&descriptions, 1, 1, "");
    assert_eq!(payload.len(), length);
    payload
}

/// The limit and one below pass, one above is this fault.
fn assert_limit(limit: usize, path: &str, reason: Reason, payload: impl Fn(usize) -> String) {
    assert_eq!(verdict(&payload(limit - 1)), Ok(()), "{path} below");
    assert_eq!(verdict(&payload(limit)), Ok(()), "{path} at");
    assert_eq!(verdict(&payload(limit + 1)), at(path, reason), "{path} above");
}

#[test]
fn the_bounds_are_those_of_the_decisions() {
    let counts = [limits::ITEMS, limits::GROUPS, limits::PAYMENTS, limits::TENDERED];
    assert_eq!(counts, [150, 16, 16, 16]);
    assert_eq!([limits::COMMENTS, limits::EXTENSIONS, fiscal::Unit::MAX_LENGTH], [8, 16, 16]);
    assert_eq!((limits::PAYLOAD_BYTES, Text::MAX_LENGTH, VoucherToken::MAX_LENGTH), (24 * 1024, 128, 2_048));
    assert_eq!((Nif::MIN_LENGTH, Nif::MAX_LENGTH, Currency::MIN_LENGTH, Currency::MAX_LENGTH), (5, 15, 3, 3));
    let ids = [OutletId::MAX_LENGTH, TerminalId::MAX_LENGTH, CashierId::MAX_LENGTH];
    assert_eq!(ids, [20; 3]);
    assert_eq!([ItemCode::MAX_LENGTH, GroupCode::MAX_LENGTH, AuthCode::LENGTH], [32, 32, 16]);
    assert_eq!(InvoiceNumber::LAST.value(), (1 << 53) - 1);
}

#[test]
fn a_payload_has_at_most_24_kib() {
    assert_limit(limits::PAYLOAD_BYTES, "", Reason::TooLarge, sale_of_bytes);
}

#[test]
fn size_is_looked_at_before_anything_else() {
    let bytes = vec![0xFF; limits::PAYLOAD_BYTES + 1];
    assert_eq!(Invoice::read(&bytes).unwrap_err(), Fault::whole(Reason::TooLarge));
    assert_eq!(Invoice::read(&bytes[1..]).unwrap_err(), Fault::whole(Reason::NotUtf8));
}

#[test]
fn an_invoice_has_1_to_150_items() {
    assert_limit(limits::ITEMS, "items", Reason::ItemsCount, |lines| sale_of(lines, 1, 1));
    assert_eq!(verdict(&sale_of(1, 1, 1)), Ok(()));
    assert_eq!(verdict(&sale_of(0, 1, 1)), at("items", Reason::ItemsCount));
}

#[test]
fn an_invoice_has_1_to_16_tax_groups() {
    assert_limit(limits::GROUPS, "tax_groups", Reason::GroupsCount, |groups| sale_of(20, groups, 1));
    let one = sale_of(1, 1, 1);
    let group = r#"{"code":"g0","name":"G","rate":"0.00","base_amount":"1.00","tax_amount":"0.00"}"#;
    assert_eq!(verdict(&with(&one, group, "")), at("tax_groups", Reason::GroupsCount));
}

#[test]
fn an_invoice_has_at_most_16_payments_and_none_when_nothing_is_due() {
    assert_limit(limits::PAYMENTS, "payments", Reason::PaymentsCount, |payments| sale_of(3, 1, payments));
    assert_eq!(verdict(&sale_of(3, 1, 0)), at("payments", Reason::PaymentsMismatch));
    let free = sale_of(1, 1, 0).replace(r#""1.00""#, r#""0.00""#);
    assert_eq!(verdict(&free), Ok(()));
}

#[test]
fn the_lists_of_the_annex_have_1_to_8_or_16_elements() {
    let annex = |member: &str, count, element: &str| {
        sale_with_annex(&format!(r#""{member}":[{}]"#, list(count, |_| element.to_owned())))
    };
    for (member, limit, reason, element) in [
        (
            "tendered",
            limits::TENDERED,
            Reason::TenderedCount,
            r#"{"currency":"USD","amount":"1.00","rate":"2850.0000"}"#,
        ),
        ("comments", limits::COMMENTS, Reason::CommentsCount, r#""x""#),
        ("ext", limits::EXTENSIONS, Reason::ExtCount, r#"["x",""]"#),
    ] {
        let path = format!("annex.{member}");
        assert_limit(limit, &path, reason, |count| annex(member, count, element));
        assert_eq!(verdict(&annex(member, 1, element)), Ok(()));
        assert_eq!(verdict(&annex(member, 0, element)), at(&path, reason));
    }
}

#[test]
fn annex_items_are_as_many_as_the_items() {
    let annexed = |lines: usize, count: usize| {
        let more = list(count, |_| r#"{"type":"BIE"}"#.to_owned());
        sale(&vec!["x".to_owned(); lines], 1, 1, &format!(r#","annex":{{"items":[{more}]}}"#))
    };
    for lines in [1, 2, limits::ITEMS] {
        assert_eq!(verdict(&annexed(lines, lines)), Ok(()));
        for other in [lines - 1, lines + 1] {
            assert_eq!(verdict(&annexed(lines, other)), at("annex.items", Reason::AnnexItemsCount));
        }
    }
}

#[test]
fn an_empty_annex_is_not_written() {
    assert_eq!(verdict(&sale_with_annex("")), at("annex", Reason::AnnexEmpty));
}

#[test]
fn a_text_has_at_most_128_bytes_and_only_some_may_be_empty() {
    let annex = r#""client_name":"@","client_contact":"@","client_address":"@","operator_name":"@","comments":["@"],"ext":[["@","@"]]"#;
    let full = sale_with_annex(annex).replace(r#""x""#, r#""@""#).replace(r#""G""#, r#""@""#);
    let full = full.replace(r#"_id":"""#, r#"_id":"@""#).replace(r#"ion":"","#, r#"ion":"@","#);
    let members = [
        ("client.registration", true),
        ("items[0].description", false),
        ("tax_groups[0].name", false),
        ("payments[0].instrument_id", true),
        ("annex.client_name", false),
        ("annex.client_contact", false),
        ("annex.client_address", false),
        ("annex.operator_name", false),
        ("annex.comments[0]", false),
        ("annex.ext[0]", false),
        ("annex.ext[0]", true),
    ];
    let places: Vec<usize> = full.match_indices('@').map(|(at, _)| at).collect();
    assert_eq!(places.len(), members.len());
    for (place, (path, may_be_empty)) in places.into_iter().zip(members) {
        let holding =
            |text: &str| format!("{}{text}{}", &full[..place], &full[place + 1..]).replace('@', "x");
        assert_limit(Text::MAX_LENGTH, path, Reason::TextTooLong, |bytes| holding(&"y".repeat(bytes)));
        assert_limit(Text::MAX_LENGTH, path, Reason::TextTooLong, |bytes| {
            holding(&("é".repeat(bytes / 2) + &"y".repeat(bytes % 2)))
        });
        assert_limit(Text::MAX_LENGTH, path, Reason::TextTooLong, |bytes| holding(&"\\\"".repeat(bytes)));
        let empty = if may_be_empty { Ok(()) } else { at(path, Reason::TextEmpty) };
        assert_eq!(verdict(&holding("")), empty, "{path}");
    }
}

#[test]
fn a_unit_has_1_to_16_bytes() {
    let unit = |text: &str| with(SALE, r#":"unit""#, &format!(r#":"{text}""#));
    let path = "items[0].taxable_unit";
    assert_limit(fiscal::Unit::MAX_LENGTH, path, Reason::UnitForm, |bytes| unit(&"u".repeat(bytes)));
    assert_eq!(verdict(&unit(&"é".repeat(fiscal::Unit::MAX_LENGTH / 2))), Ok(()));
    assert_eq!(verdict(&unit(&"é".repeat(fiscal::Unit::MAX_LENGTH / 2 + 1))), at(path, Reason::UnitForm));
    assert_eq!(verdict(&unit(&"\\\"".repeat(fiscal::Unit::MAX_LENGTH))), Ok(()), "escapes are undone first");
    assert_eq!(verdict(&unit("")), at(path, Reason::TextEmpty));
    assert_eq!(verdict(&unit(&"u".repeat(Text::MAX_LENGTH + 1))), at(path, Reason::TextTooLong));
}

#[test]
fn an_id_or_code_has_a_shortest_and_a_longest_form() {
    for (text, path, shortest, longest, reason) in [
        ("A1234567Z", "merchant_nif", Nif::MIN_LENGTH, Nif::MAX_LENGTH, Reason::NifForm),
        ("OUTLET-001", "outlet_id", OutletId::MIN_LENGTH, OutletId::MAX_LENGTH, Reason::IdForm),
        ("POS-01", "pos_terminal_id", TerminalId::MIN_LENGTH, TerminalId::MAX_LENGTH, Reason::IdForm),
        ("C-07", "cashier_id", CashierId::MIN_LENGTH, CashierId::MAX_LENGTH, Reason::IdForm),
        ("ITEM-001", "items[0].code", ItemCode::MIN_LENGTH, ItemCode::MAX_LENGTH, Reason::CodeForm),
        (
            "standard_vat",
            "items[0].tax_group",
            GroupCode::MIN_LENGTH,
            GroupCode::MAX_LENGTH,
            Reason::CodeForm,
        ),
        ("CDF", "totals.currency", Currency::MIN_LENGTH, Currency::MAX_LENGTH, Reason::CurrencyForm),
    ] {
        let of_length = |length| form_verdict(&with(SALE, text, &"A".repeat(length)));
        for length in [shortest, longest] {
            assert_eq!(of_length(length), Ok(()), "{path} of {length}");
        }
        for length in [shortest - 1, longest + 1] {
            assert_eq!(of_length(length), at(path, reason), "{path} of {length}");
        }
    }
}

#[test]
fn a_reference_has_numbers_that_every_reader_holds() {
    let last = InvoiceNumber::LAST.value();
    let endless = "9".repeat(40);
    for (member, value, accepted) in [
        ("invoice_seq", "0", false),
        ("invoice_seq", "1", true),
        ("invoice_seq", &(last - 1).to_string(), true),
        ("invoice_seq", &last.to_string(), true),
        ("invoice_seq", &(last + 1).to_string(), false),
        ("invoice_seq", &u64::MAX.to_string(), false),
        ("invoice_seq", "18446744073709551616", false),
        ("invoice_seq", &endless, false),
        ("epoch", "0", true),
        ("epoch", &(u32::MAX - 1).to_string(), true),
        ("epoch", &Epoch(u32::MAX).to_string(), true),
        ("epoch", "4294967296", false),
        ("epoch", &endless, false),
    ] {
        let old = if member == "epoch" { r#""epoch":0"# } else { r#""invoice_seq":1"# };
        let payload = with(RETURN, old, &format!(r#""{member}":{value}"#));
        let reason = if member == "epoch" { Reason::EpochForm } else { Reason::NumberForm };
        let expected = if accepted { Ok(()) } else { at(&format!("reference.{member}"), reason) };
        assert_eq!(verdict(&payload), expected, "{member} {value}");
    }
}

#[test]
fn a_reference_has_a_code_of_16_characters_and_a_voucher_of_1_to_2048() {
    let code = "0123456789ABCDEF";
    let path = "reference.auth_code";
    assert_eq!(verdict(&with(RETURN, code, &"Z".repeat(AuthCode::LENGTH))), Ok(()));
    for length in [0, AuthCode::LENGTH - 1, AuthCode::LENGTH + 1] {
        let payload = with(RETURN, code, &"Z".repeat(length));
        assert_eq!(verdict(&payload), at(path, Reason::AuthCodeForm), "{length}");
    }
    let voucher = |length| with(RETURN, r#"EF"}"#, &format!(r#"EF","voucher":"{}"}}"#, "v".repeat(length)));
    assert_limit(VoucherToken::MAX_LENGTH, "reference.voucher", Reason::VoucherForm, voucher);
    assert_eq!(verdict(&voucher(1)), Ok(()));
    assert_eq!(verdict(&voucher(0)), at("reference.voucher", Reason::VoucherForm));
}
