//! What is counted along a chain: sums, room, closures, and the bytes of all that.

#[path = "support/counting.rs"]
mod counting;
mod support;

use std::collections::BTreeMap;

use counting::{Step, bytes, chain_of, date, header, link, number, steps, time};
use fiscal::{
    Amount, Currency, EventKind, HeadState, Invoice, InvoiceType, List, Position, Rate, RecordHash, TaxGroup,
    Totals, UtcOffset, Validated,
    totals::{Closure, Counted, Day, Due, GroupTotals, InvoiceTotals, KindTotals, Nature, Session, cdf_of},
};
use proptest::prelude::*;
use rust_decimal::Decimal;

const ZONE: UtcOffset = UtcOffset::KINSHASA;
const SALE: &[u8] = include_bytes!("../../../vectors/canonical/valid_sale_ht_one_item.json");
const VOID: &[u8] = include_bytes!("../../../vectors/canonical/valid_credit_note_void.json");
const RETURN: &[u8] = include_bytes!("../../../vectors/canonical/valid_credit_note_return.json");
const REBATE: &[u8] = include_bytes!("../../../vectors/canonical/valid_credit_note_rebate.json");
const EXPORT: &[u8] = include_bytes!("../../../vectors/canonical/valid_export_usd.json");

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// An invoice that another one is but for its currency and total.
fn with_total(currency: &str, total: Amount) -> InvoiceTotals {
    let totals = Totals { total, currency: currency.parse().unwrap(), ..invoice(SALE).totals };
    InvoiceTotals::of(&Invoice { totals, ..invoice(SALE) })
}

fn invoice(payload: &'static [u8]) -> Invoice<'static> {
    *Validated::read(payload).unwrap().invoice()
}

/// Sums of counts and centimes, by an independent way to count.
type Sums = BTreeMap<String, [i128; 3]>;

fn put(sums: &mut Sums, key: String, amounts: [Amount; 2]) {
    let sum = sums.entry(key).or_default();
    let [first, second] = amounts.map(|amount| i128::from(amount.centimes()));
    *sum = [sum[0] + 1, sum[1] + first, sum[2] + second];
}

fn kind_key(invoice_type: InvoiceType, nature: Option<Nature>, currency: Currency) -> String {
    format!("{invoice_type:?} {nature:?} {currency}")
}

fn worth(rate: Rate) -> Decimal {
    rate.to_string().parse::<Decimal>().unwrap().normalize()
}

/// What invoices come to: of kinds, and of groups by the value of their rate.
fn sums_of<'a>(invoices: impl IntoIterator<Item = &'a InvoiceTotals>) -> (Sums, Sums) {
    let (mut kinds, mut groups) = (Sums::new(), Sums::new());
    for invoice in invoices {
        let kind = kind_key(invoice.kind.invoice_type, invoice.kind.nature, invoice.currency);
        put(&mut kinds, kind.clone(), [invoice.total, invoice.vat]);
        for group in invoice.groups() {
            let rate = worth(group.rate);
            put(&mut groups, format!("{kind} {} {rate}", group.group), [group.base, group.vat]);
        }
    }
    (kinds, groups)
}

/// The same of the rows of sessions.
fn sums_in<const K: usize, const G: usize>(sessions: &[Session<K, G>]) -> (Sums, Sums) {
    let (mut kinds, mut groups) = (Sums::new(), Sums::new());
    let mut merge = |key: String, count: u32, amounts: [Amount; 2], of_group: bool| {
        let sums = if of_group { &mut groups } else { &mut kinds };
        let sum = sums.entry(key).or_default();
        let [first, second] = amounts.map(|amount| i128::from(amount.centimes()));
        *sum = [sum[0] + i128::from(count), sum[1] + first, sum[2] + second];
    };
    for session in sessions {
        for row in session.sales.kinds.rows() {
            let key = kind_key(row.kind.invoice_type, row.kind.nature, row.currency);
            merge(key, row.count, [row.total, row.vat], false);
        }
        for row in session.groups.rows() {
            let kind = kind_key(row.kind.invoice_type, row.kind.nature, row.currency);
            let rate = worth(row.rate);
            merge(format!("{kind} {} {rate}", row.group), row.count, [row.base, row.vat], true);
        }
    }
    (kinds, groups)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn parts_come_to_the_whole_wherever_closures_stand(steps in steps(40)) {
        let mut counted = Counted::<64, 1_024>::new();
        let (mut closed, mut invoices) = (Vec::new(), Vec::new());
        for (position, step) in (1..).zip(&steps) {
            if step.counted(&mut counted, position, &mut closed) {
                invoices.extend(step.invoice());
            }
        }
        closed.push(counted.session.clone());
        prop_assert_eq!(sums_in(&closed), sums_of(invoices.iter().copied()));
        for session in &closed {
            let by_currency = session.sales.kinds.by_currency();
            prop_assert_eq!(by_currency.iter().map(|totals| totals.count).sum::<u64>(), u64::from(session.sales.count));
            for totals in &by_currency {
                let parts = [totals.sales, totals.returns, totals.voids];
                prop_assert_eq!(Amount::sum(parts), Ok(totals.net));
                prop_assert!(totals.sales >= Amount::ZERO && totals.returns <= Amount::ZERO && totals.voids <= Amount::ZERO);
                // What groups come to is what invoices come to.
                let rows = session.groups.rows().iter().filter(|row| row.currency == totals.currency);
                prop_assert_eq!(Amount::sum(rows.clone().map(|row| row.vat)), Ok(totals.vat));
                prop_assert_eq!(Amount::sum(rows.flat_map(|row| [row.base, row.vat])), Ok(totals.net));
            }
        }
    }

    #[test]
    fn there_is_room_exactly_where_every_row_finds_a_place(steps in steps(30)) {
        const KINDS: usize = 3;
        const GROUPS: usize = 12;
        let mut counted = Counted::<KINDS, GROUPS>::new();
        let (mut let_in, mut refused): (Vec<&InvoiceTotals>, usize) = (Vec::new(), 0);
        for (position, invoice) in (1..).zip(steps.iter().filter_map(Step::invoice)) {
            let (kinds, groups) = sums_of(let_in.iter().copied().chain([invoice]));
            let fits = kinds.len() <= KINDS && groups.len() <= GROUPS;
            // All on one day.
            let at = time("2026-02-04T10:00:00");
            prop_assert_eq!(counted.has_room(invoice, at.date_at(ZONE)), fits);
            if fits {
                counted.invoice(&header(at), &link(position), number(position), invoice, ZONE);
                let_in.push(invoice);
                prop_assert_eq!(sums_in(std::slice::from_ref(&counted.session)), (kinds, groups));
                prop_assert_eq!(&counted.day.sales, &counted.session.sales);
            } else {
                refused += 1;
            }
        }
        prop_assert_eq!(counted.session.sales.count as usize + refused, steps.iter().filter_map(Step::invoice).count());
    }

    #[test]
    fn what_is_written_is_read_and_no_part_of_it(steps in steps(12), cut in any::<prop::sample::Index>()) {
        let mut counted = Counted::<24, 200>::new();
        for (position, step) in (1..).zip(&steps) {
            step.counted(&mut counted, position, &mut Vec::new());
        }
        let written = bytes(|put| counted.encode(put));
        prop_assert_eq!(Counted::decode(&written), Some(counted.clone()));
        prop_assert_eq!(Counted::<24, 200>::decode(&written[..cut.index(written.len())]), None);
        prop_assert_eq!(Counted::<24, 200>::decode(&[&written[..], &[0]].concat()), None);
        // Capacities are no part of the form.
        let wider = Counted::<99, 999>::decode(&written).unwrap();
        prop_assert_eq!(bytes(|put| wider.encode(put)), written.clone());
        if counted.session.groups.rows().len() > 2 {
            prop_assert_eq!(Counted::<24, 2>::decode(&written), None);
        }
        let front = &mut &written[5..];
        prop_assert_eq!(Session::decode(front), Some(counted.session));
        prop_assert_eq!(Day::decode(front), Some(counted.day));
        prop_assert!(front.is_empty());
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_read(noise in proptest::collection::vec(any::<u8>(), 0..300), rows in 0_u8..4) {
        let mut noise = noise;
        if let [version, _, _, _, _, groups, ..] = &mut noise[..] {
            (*version, *groups) = (1, rows);
        }
        if let Some(counted) = Counted::<8, 8>::decode(&noise) {
            let again = bytes(|put| counted.encode(put));
            prop_assert_eq!(Counted::decode(&again), Some(counted));
        }
    }
}

#[test]
fn the_totals_of_an_invoice_are_those_that_it_states() {
    let void = InvoiceTotals::of(&invoice(VOID));
    assert_eq!((void.kind.invoice_type, void.kind.nature), (InvoiceType::CreditNote, Some(Nature::Void)));
    assert!(void.kind.is_void());
    let stated = invoice(VOID);
    assert_eq!((void.total, void.vat, void.currency), (amount("-116.00"), amount("-16.00"), Currency::CDF));
    assert_eq!(void.groups().len(), stated.tax_groups.len());
    for (group, TaxGroup { code, rate, base_amount, tax_amount, .. }) in
        void.groups().iter().zip(&stated.tax_groups)
    {
        assert_eq!((group.group, group.rate, group.base, group.vat), (code, rate, base_amount, tax_amount));
    }
    assert_eq!(InvoiceTotals::of(&invoice(REBATE)).kind.nature, Some(Nature::Rebate));
    assert_eq!(InvoiceTotals::of(&invoice(SALE)).kind.nature, None);
}

#[test]
fn a_rate_is_one_however_it_is_written_and_stands_as_it_was_written_first() {
    let sale = invoice(SALE);
    let with_rate = |rate: &str| {
        let groups: Vec<_> =
            sale.tax_groups.iter().map(|group| TaxGroup { rate: rate.parse().unwrap(), ..group }).collect();
        InvoiceTotals::of(&Invoice { tax_groups: List::from(&groups[..]), ..sale })
    };
    let mut groups = GroupTotals::<2>::new();
    for rate in ["0.16", "0.1600", "0.17"] {
        assert!(groups.has_room(&with_rate(rate)));
        groups.add(&with_rate(rate));
    }
    let rows: Vec<_> = groups.rows().iter().map(|row| (row.rate.to_string(), row.count)).collect();
    assert_eq!(rows, [("0.16".to_owned(), 2), ("0.17".to_owned(), 1)]);
    assert!(groups.has_room(&with_rate("0.160")) && !groups.has_room(&with_rate("0.18")));
}

#[test]
fn an_offline_bound_counts_francs_whatever_the_sign_and_the_currency() {
    assert_eq!((cdf_of(&invoice(SALE)), cdf_of(&invoice(VOID))), (11_600, 11_600));
    let export = invoice(EXPORT);
    let francs = export.annex.exchange.unwrap().total.centimes();
    assert_eq!(cdf_of(&export), u128::from(francs.unsigned_abs()));
}

#[test]
fn a_sum_has_room_up_to_the_longest_amount_and_not_a_centime_further() {
    let mut kinds = KindTotals::<4>::new();
    kinds.add(&with_total("CDF", amount("9999999999999.98")));
    let centime = |currency: &str, total: &str| with_total(currency, amount(total));
    assert!(kinds.has_room(&centime("CDF", "0.01")));
    assert!(!kinds.has_room(&centime("CDF", "0.02")));
    // Another currency has sums of its own; a note of the same one is counted without its sign, so that no sum depends on
    // the order.
    assert!(kinds.has_room(&centime("USD", "9999999999999.99")));
    assert!(!kinds.has_room(&centime("CDF", "-0.02")));
    kinds.add(&centime("CDF", "0.01"));
    assert_eq!(kinds.by_currency()[0].sales, Amount::MAX);
    assert!(!kinds.has_room(&centime("CDF", "0.01")));
}

#[test]
fn a_full_day_has_room_again_tomorrow_and_after_no_closure() {
    let mut counted = Counted::<1, 99>::new();
    let noon = time("2026-02-04T11:00:00");
    let invoices = [SALE, EXPORT].map(|payload| InvoiceTotals::of(&invoice(payload)));
    counted.invoice(&header(noon), &link(1), number(1), &invoices[0], ZONE);
    let [today, tomorrow] = ["2026-02-04", "2026-02-05"].map(date);
    assert!(counted.has_room(&invoices[0], today));
    assert!(!counted.has_room(&invoices[1], today));
    counted.event(&header(noon), &link(2), EventKind::Closure, 0, ZONE);
    assert!(!counted.has_room(&invoices[1], today), "the report of the day has no room");
    assert!(counted.has_room(&invoices[1], tomorrow));
    // Its time is still the day before in universal time.
    let late = time("2026-02-04T23:30:00");
    counted.invoice(&header(late), &link(3), number(2), &invoices[1], ZONE);
    assert_eq!((counted.day.date, counted.day.sales.count), (Some(tomorrow), 1));
}

#[test]
fn a_closure_and_an_epoch_begin_anew_and_other_records_go_on() {
    let mut counted = Counted::<4, 16>::new();
    let at = |day: u32| header(time(&format!("2026-02-{day:02}T10:00:00")));
    let sale = InvoiceTotals::of(&invoice(SALE));
    counted.event(&at(3), &link(7), EventKind::Boot, 0, ZONE);
    counted.invoice(&at(4), &link(8), number(5), &sale, ZONE);
    counted.event(&at(4), &link(9), EventKind::Recovery, 2, ZONE);
    counted.event(&at(5), &link(10), EventKind::Recovery, 3, ZONE);
    counted.event(&at(5), &link(11), EventKind::Boot, 0, ZONE);
    let session = &counted.session;
    assert_eq!(session.start, Some((link(7).position, link(7).previous)));
    assert_eq!(session.days, Some((date("2026-02-03"), date("2026-02-05"))));
    assert_eq!((session.skipped, session.sales.count, counted.closures), (5, 1, 0));

    counted.event(&at(5), &link(12), EventKind::Closure, 0, ZONE);
    assert_eq!((&counted.session, counted.closures), (&Session::new(), 1));
    assert_eq!(counted.day.sales.count, 1, "a day goes on over a closure");

    counted.event(&at(6), &link(13), EventKind::Recovery, 3, ZONE);
    counted.event(&at(6), &link(1), EventKind::Epoch, 4, ZONE);
    assert_eq!((&counted.day, counted.closures, counted.session.skipped), (&Day::new(), 0, 4));
    assert_eq!(counted.session.start, Some((link(1).position, link(1).previous)));
}

#[test]
fn a_closure_is_due_for_sales_up_to_its_day_and_for_other_records_of_an_open_day() {
    let [before, first, last, after] = ["2026-02-03", "2026-02-04", "2026-02-05", "2026-02-06"].map(date);
    let mut counted = Counted::<4, 16>::new();
    assert_eq!(counted.session.due(first, last, ZONE), Due::No, "nothing was sealed");
    counted.event(&header(time("2026-02-04T10:00:00")), &link(1), EventKind::Boot, 0, ZONE);
    let due = |counted: &Counted<4, 16>| {
        [before, first, last, after].map(|day| counted.session.due(day, last, ZONE))
    };
    assert_eq!(due(&counted), [Due::No, Due::UnlessClosed, Due::UnlessClosed, Due::No]);
    // In the outlet's zone it is the next day.
    let late = header(time("2026-02-04T23:30:00"));
    counted.invoice(&late, &link(2), number(1), &InvoiceTotals::of(&invoice(SALE)), ZONE);
    assert_eq!(due(&counted), [Due::No, Due::No, Due::Yes, Due::No]);
    assert_eq!(counted.session.due(first, last, UtcOffset::UTC), Due::Yes);
}

#[test]
fn a_closure_states_invoices_or_where_there_are_none_other_records() {
    let mut counted = Counted::<4, 16>::new();
    let head = HeadState { position: Position::new(9), hash: RecordHash([3; 32]), ..HeadState::START };
    let period = date("2026-02-06");
    assert_eq!(counted.closure(period, &head, ZONE), None);
    counted.event(&header(time("2026-02-03T10:00:00")), &link(7), EventKind::Boot, 1, ZONE);
    let stated = counted.closure(period, &head, ZONE).unwrap();
    let [boot, sold] = ["2026-02-03", "2026-02-05"].map(date);
    assert_eq!((stated.period, stated.numbers, stated.days, stated.closure), (period, None, (boot, boot), 1));
    assert_eq!((stated.positions.0, stated.positions.1), (link(7).position, head.position.unwrap()));
    assert_eq!((stated.previous_hash, stated.last_hash), (link(7).previous, head.hash));
    let mut body = String::new();
    stated.write(&mut body).unwrap();
    assert!(
        body.contains(r#""sequence_start":null,"sequence_end":null,"totals":[],"currencies":[],"closure":1"#),
        "{body}"
    );
    assert!(body.ends_with(r#""counter_skipped":1}"#), "{body}");

    let sale = InvoiceTotals::of(&invoice(SALE));
    counted.invoice(&header(time("2026-02-04T23:30:00")), &link(8), number(5), &sale, ZONE);
    counted.event(&header(time("2026-02-06T10:00:00")), &link(9), EventKind::Boot, 0, ZONE);
    let stated = counted.closure(period, &head, ZONE).unwrap();
    assert_eq!((stated.numbers, stated.days), (Some((number(5), number(5))), (sold, sold)));
}

#[test]
fn a_body_is_the_one_of_the_document() {
    let document = include_str!("../../../docs/formats.md");
    let (_, example) = document.split_once("<!-- example: closure-body -->\n```text\n").unwrap();
    let mut counted = Counted::<24, 48>::new();
    counted.closures = 11;
    let sale = InvoiceTotals::of(&invoice(SALE));
    let previous = "abf4fed9093ff28acaab8981590a75c32ed74e48588982541454b7c8af2170f4";
    let link = fiscal::Link { previous: hash(previous), ..link(212) };
    counted.invoice(&header(time("2026-02-04T10:15:31")), &link, number(105), &sale, ZONE);
    let last = hash("9007464c7c712fb21d927e6d8cba03787623e36d06cc4a52184df64579baa382");
    let head = HeadState { position: Position::new(212), hash: last, ..HeadState::START };
    let closure = counted.closure(date("2026-02-04"), &head, ZONE).unwrap();
    let mut body = String::new();
    closure.write(&mut body).unwrap();
    assert_eq!(Some(body.as_str()), example.lines().next());
}

#[test]
fn a_body_of_many_rows_is_json_with_every_figure() {
    let counted = chain_of(&[SALE, VOID, EXPORT, RETURN, REBATE, SALE]);
    let head = HeadState { position: Position::new(6), ..HeadState::START };
    let closure: Closure<'_, 24, 48> = counted.closure(date("2026-02-04"), &head, ZONE).unwrap();
    let mut body = String::new();
    closure.write(&mut body).unwrap();
    let read: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(read.to_string(), body, "no white space, members in order");
    let rows = read["totals"].as_array().unwrap();
    assert_eq!(rows.len(), counted.session.groups.rows().len());
    for (row, stated) in counted.session.groups.rows().iter().zip(rows) {
        let figures = serde_json::json!({
            "tax_group": row.group.as_str(), "base": row.base.to_string(), "vat": row.vat.to_string(),
            "rate": row.rate.to_string(), "currency": row.currency.as_str(),
            "invoice_type": row.kind.invoice_type.name(), "nature": row.kind.nature.map(Nature::as_str),
            "count": row.count,
        });
        assert_eq!(stated, &figures);
    }
    let francs = &read["currencies"][0];
    assert_eq!((&francs["sales"], &francs["voids"]), (&"232.00".into(), &"-116.00".into()));
    assert_eq!((&francs["count"], &read["sequence_end"]), (&5.into(), &6.into()));
    assert_eq!(read["currencies"][1]["currency"], "USD");
}

#[test]
fn the_bytes_of_a_devices_checkpoint_are_for_ever() {
    let empty = Counted::<24, 48>::new();
    assert_eq!(bytes(|put| empty.session.encode(put)), [0; 48]);
    assert_eq!(bytes(|put| empty.day.encode(put)), [0; 38]);

    let mut counted = Counted::<24, 48>::new();
    for (at, payload) in (0..).zip([SALE, VOID, EXPORT, REBATE, SALE]) {
        let time = fiscal::Timestamp::from_unix(1_770_147_600 + at * 3_600).unwrap();
        let link = fiscal::Link { previous: RecordHash([7; 32]), ..link(100 + at) };
        let sale = InvoiceTotals::of(&invoice(payload));
        counted.invoice(&header(time), &link, number(41 + at), &sale, ZONE);
    }
    counted.session.skipped = 3;
    let session = "040100034344460c7374616e646172645f76617404302e3136000000020000000000004e200000000000000c800301\
        034344460c7374616e646172645f76617404302e313600000001ffffffffffffd8f0fffffffffffff9c0040003555344066578706f72\
        7404302e30300000000100000000009c598600000000000000000304034344460c7374616e646172645f76617404302e313600000001\
        ffffffffffd9da60fffffffffff9e58004010003434446000000020000000000005aa00000000000000c8003010343444600000001ff\
        ffffffffffd2b0fffffffffffff9c00400035553440000000100000000009c5986000000000000000003040343444600000001ffffff\
        ffffd3bfe0fffffffffff9e580000000050000000000000029000000000000002d0000000069824f1000000000698287500100000000\
        000000640707070707070707070707070707070707070707070707070707070707070707010a323032362d30322d30330a323032362d\
        30322d30340000000000000003";
    let day = "010a323032362d30322d303401010003434446000000010000000000002d50000000000000064000000001000000000000002d\
        000000000000002d00000000698287500000000069828750";
    assert_eq!(hexadecimal(&bytes(|put| counted.session.encode(put))), session);
    assert_eq!(hexadecimal(&bytes(|put| counted.day.encode(put))), day);
    assert_eq!(hexadecimal(&bytes(|put| counted.encode(put))), ["0100000000", session, day].concat());
}

#[test]
fn many_rows_take_more_bytes_for_their_number() {
    let letters = || (b'A'..=b'Z').map(char::from);
    let currencies: Vec<String> =
        letters().flat_map(|one| letters().map(move |two| format!("{one}{two}A"))).collect();
    for count in [0, 1, 254, 255, 256, 400] {
        let mut counted = Counted::<400, 400>::new();
        for (position, currency) in (1..).zip(&currencies[..count]) {
            let invoice = with_total(currency, amount("1.00"));
            assert!(counted.has_room(&invoice, date("2026-02-04")));
            counted.invoice(
                &header(time("2026-02-04T10:00:00")),
                &link(position),
                number(position),
                &invoice,
                ZONE,
            );
        }
        let written = bytes(|put| counted.encode(put));
        assert_eq!(Counted::decode(&written), Some(counted), "{count}");
    }
    // A few rows said in the long way are not in their one form.
    let empty = bytes(|put| Day::<4>::new().encode(put));
    let long = [&empty[..1], &[255, 0, 0], &empty[2..]].concat();
    assert_eq!(Day::<4>::decode(&mut &long[..]), None);
}

#[test]
fn another_version_is_not_read() {
    let mut written = bytes(|put| Counted::<4, 4>::new().encode(put));
    written[0] = 2;
    assert_eq!(Counted::<4, 4>::decode(&written), None);
    assert_eq!(Counted::<4, 4>::decode(&[]), None);
}

#[test]
fn every_nature_is_read_as_it_is_written() {
    for nature in Nature::ALL {
        assert_eq!(nature.to_string().parse(), Ok(*nature));
    }
    assert!("RAX".parse::<Nature>().is_err());
}

fn hash(digits: &str) -> RecordHash {
    let bytes = digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16));
    RecordHash(bytes.map(Result::unwrap).collect::<Vec<_>>().try_into().unwrap())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
