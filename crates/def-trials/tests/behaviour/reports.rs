//! `RPT|A`, `ADM|DUMPLOG`, `QRY|LOG`, frames (D1, D13, D14).

use std::collections::BTreeMap;

use def_protocol::{FRAME_BYTES, FrameReader, REPLY_BYTES};
use def_trials::{Sale, authority::at};
use serde_json::{Value, json};
use verify::{Referee, Trust};

use crate::shop::{Shop, money, newest, number, original, text};

fn all_articles(shop: &mut Shop, since: &str, until: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let answer = shop.ok(&format!(r#"RPT|A {{"since":"{since}","until":"{until}"{after}}}"#));
        let page = answer["articles"].as_array().expect("articles");
        assert!(page.len() <= 64);
        rows.extend(page.iter().cloned());
        pages += 1;
        if answer["last"] == json!(true) {
            assert_eq!(answer.get("next"), None);
            return (rows, pages);
        }
        after = format!(r#","after":"{}""#, text(&answer["next"]));
    }
}

#[test]
fn articles_are_summed_over_all_pages() {
    let mut shop = Shop::open();
    let mut expected: BTreeMap<(String, u32), (u64, i64)> = BTreeMap::new();
    for round in 0..4 {
        let lines: Vec<_> = (0..100)
            .map(|line| (format!("C{:03}", (line * 7 + round) % 150), 1 + line % 3, 100 + line))
            .collect();
        for (code, quantity, price) in &lines {
            let sum = expected.entry((code.clone(), 0)).or_default();
            sum.0 += u64::from(*quantity);
            sum.1 += i64::from(quantity * price) * 100;
        }
        shop.pass(1_000);
        let payload = Sale { lines, ..shop.sale() }.payload();
        shop.seal(&payload);
    }
    let (rows, pages) = all_articles(&mut shop, "2026-03-14", "2026-03-14");
    assert!(pages >= 3, "{pages}");
    assert_eq!(rows.len(), expected.len());
    for row in &rows {
        let (quantity, amount) = expected[&(text(&row["code"]), 0)];
        assert_eq!((number(&row["quantity"]), money(&row["amount"])), (quantity, amount), "{row}");
    }
    assert!(rows.windows(2).all(|pair| text(&pair[0]["code"]) < text(&pair[1]["code"])));
    assert_eq!(all_articles(&mut shop, "2026-03-13", "2026-03-13").0, Vec::<Value>::new());
    assert_eq!(all_articles(&mut shop, "2026-03-15", "2026-04-13").0, Vec::<Value>::new());
}

#[test]
fn articles_have_fractions_and_go_below_zero() {
    let mut shop = Shop::open();
    let sale = Sale { lines: vec![("A".into(), 1, 100)], ..shop.sale() };
    let payload = sale.payload().replace(r#""quantity":"1""#, r#""quantity":"0.125""#);
    let payload = payload.replace("\"100.00\",\"tax_amount\":\"16.00\"", "\"12.50\",\"tax_amount\":\"2.00\"");
    let payload = payload.replace(
        "\"subtotal\":\"100.00\",\"total_vat\":\"16.00\",\"total\":\"116.00\"",
        "\"subtotal\":\"12.50\",\"total_vat\":\"2.00\",\"total\":\"14.50\"",
    );
    let payload = payload.replace("116.00", "14.50");
    shop.seal(&payload);
    let row = all_articles(&mut shop, "2026-03-14", "2026-03-14").0.remove(0);
    assert_eq!((row["quantity"].to_string(), &row["amount"]), ("0.125".into(), &json!("12.50")));
    let sale = Sale { lines: vec![("B".into(), 2, 50)], ..shop.sale() };
    let seal = shop.seal(&sale.payload());
    let note = sale.back(shop.now(), original("RAM", &seal), 1).payload();
    shop.seal(&note);
    let row = all_articles(&mut shop, "2026-03-14", "2026-03-14").0.remove(1);
    assert_eq!((row["quantity"].to_string(), &row["amount"]), ("0".into(), &json!("0.00")));
}

#[test]
fn articles_are_asked_for_with_days_and_with_a_cursor_as_it_was() {
    let mut shop = Shop::open();
    for after in ["x", "C001:zz", "C001:12", ":0000000000000000"] {
        let request = format!(r#"RPT|A {{"since":"2026-03-14","until":"2026-03-14","after":"{after}"}}"#);
        shop.refused(&request, "SCHEMA_INVALID");
    }
    shop.refused(r#"RPT|A {"since":"2026-03-14"}"#, "SCHEMA_INVALID");
    shop.refused(r#"RPT|A {"since":"2026-02-30","until":"2026-03-14"}"#, "SCHEMA_INVALID");
}

fn referee(shop: &mut Shop) -> verify::JournalVerdict {
    let key = shop.world.change(|state| state.element.peek_key()).expect("a key");
    let trust = Trust::Keys(vec![key]);
    let mut referee = Referee::new(&trust, []);
    for line in shop.dump("json") {
        referee.read(line.to_string().as_bytes());
    }
    referee.conclude()
}

#[test]
fn a_dump_is_a_journal_that_the_referee_finds_true() {
    let mut shop = Shop::open();
    for round in 0..12 {
        let (sale, seal) = shop.sell();
        shop.pass(1_000);
        let note = sale.back(shop.now(), original("RAM", &seal), 1).payload();
        shop.seal(&note);
        if round % 4 == 0 {
            shop.reboot();
            shop.close("2026-03-14");
        }
    }
    let counter = number(&shop.status()["secure_element"]["counter"]);
    shop.world.change(|state| state.element.set_counter(counter + 3));
    shop.reboot();
    let (_, seal) = shop.sell();
    let verdict = referee(&mut shop);
    assert!(verdict.is_true(), "{:?}", verdict.findings);
    assert_eq!((verdict.invoices, verdict.payloads_absent, verdict.is_part), (25, 0, false));
    shop.acknowledge(&seal);
    shop.close("2026-03-14");
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.sell();
    let verdict = referee(&mut shop);
    assert!(verdict.is_true(), "{:?}", verdict.findings);
    assert!(verdict.is_part, "the epoch before it is elsewhere");
}

#[test]
fn chunks_of_a_dump_follow_each_other_and_may_be_asked_for_again() {
    let mut shop = Shop::open();
    for _ in 0..40 {
        shop.sell();
    }
    let digest = shop.dump("digest");
    let positions: Vec<u64> = digest.iter().map(|line| number(&line["position"])).collect();
    assert_eq!(positions, (1..=digest.len() as u64).collect::<Vec<_>>());
    let one = shop.ok(r#"ADM|DUMPLOG {"format":"digest","after":7}"#);
    assert_eq!(number(&one["records"][0]["position"]), 8);
    assert_eq!(shop.ok(r#"ADM|DUMPLOG {"format":"digest","after":7}"#), one);
    let end = digest.len() as u64;
    let last = shop.ok(&format!(r#"ADM|DUMPLOG {{"format":"json","after":{}}}"#, end - 1));
    assert_eq!((&last["last"], last["records"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    let after = shop.ok(&format!(r#"ADM|DUMPLOG {{"format":"json","after":{}}}"#, end + 5));
    assert_eq!((&after["last"], &after["records"]), (&json!(true), &json!([])));
    shop.refused(r#"ADM|DUMPLOG {"format":"xml"}"#, "SCHEMA_INVALID");
}

#[test]
fn only_what_is_new_is_exported_on_record() {
    let mut shop = Shop::open();
    shop.sell();
    let exports =
        |shop: &mut Shop| shop.dump("digest").iter().filter(|line| line["kind"] == "export").count();
    assert_eq!(exports(&mut shop), 1);
    assert_eq!(exports(&mut shop), 1);
    shop.sell();
    assert_eq!(exports(&mut shop), 2);
    shop.reboot();
    assert_eq!(exports(&mut shop), 2);
}

#[test]
fn the_largest_payload_is_sealed_logged_and_dumped() {
    let mut shop = Shop::open();
    let lines: Vec<_> =
        (0..150).map(|line| (format!("ARTICLE-{line:09}"), 1 + line % 5, 100 + line)).collect();
    let payload = Sale { lines, ..shop.sale() }.payload();
    assert!(payload.len() > 20_000 && payload.len() <= 24 * 1024, "{}", payload.len());
    for _ in 0..3 {
        shop.pass(1_000);
        let payload = payload.replacen("07:15:00", &shop.now().to_string()[11..], 1);
        shop.seal(&payload);
    }
    assert!(referee(&mut shop).is_true());
    shop.reboot();
    let logged = text(&shop.log("2")["payload"]);
    assert_eq!(logged, payload.replacen("07:15:00", "07:15:02", 1));
}

#[test]
fn logs_are_of_numbers_that_were_given() {
    let mut shop = Shop::open();
    shop.refused("QRY|LOG 1", "NOT_FOUND");
    shop.sell();
    assert_eq!(shop.log("1"), shop.log("0/1"));
    for (key, code) in [
        ("2", "NOT_FOUND"),
        ("1/1", "NOT_FOUND"),
        ("0", "SCHEMA_INVALID"),
        ("x", "SCHEMA_INVALID"),
        ("", "SCHEMA_INVALID"),
    ] {
        shop.refused(&format!("QRY|LOG {key}"), code);
    }
}

#[test]
fn a_clock_that_was_ahead_for_a_while_does_not_cost_the_day_its_sales() {
    let mut shop = Shop::open();
    shop.sell();
    let day = shop.snapshot("day");
    shop.set_now("2026-03-16T10:00:00");
    assert_eq!(shop.snapshot("day")["transaction_count"], 0);
    shop.set_now("2026-03-14T07:15:00");
    assert_eq!(shop.snapshot("day"), day);
}

fn replies(bytes: &[u8]) -> Vec<String> {
    let mut reader = FrameReader::new(vec![0; REPLY_BYTES].into_boxed_slice());
    let mut replies = Vec::new();
    for byte in bytes {
        if let Some(frame) = reader.push(*byte) {
            frame.expect("a good frame");
            replies.push(String::from_utf8(reader.content().to_vec()).expect("text"));
        }
    }
    replies
}

#[test]
fn frames_may_come_in_any_pieces() {
    let mut shop = Shop::open();
    shop.sell();
    let request = b"noise\x02QRY|L\x02QRY|LOG@7 1\r\n\x03\x02QRY|LOG@8 2\x03";
    let whole = replies(&shop.host.exchange(request));
    assert_eq!(whole.len(), 2);
    assert!(whole[0].starts_with("@7 {\"status\":\"OK\"") && whole[1].starts_with("@8 {\"status\":\"ERR\""));
    for split in 0..request.len() {
        let mut bytes = shop.host.exchange(&request[..split]);
        bytes.extend(shop.host.exchange(&request[split..]));
        assert_eq!(replies(&bytes), whole, "split at {split}");
    }
    let one_by_one: Vec<u8> = request.iter().flat_map(|byte| shop.host.exchange(&[*byte])).collect();
    assert_eq!(replies(&one_by_one), whole);
}

#[test]
fn a_frame_with_a_wrong_check_sum_executes_nothing() {
    let mut shop = Shop::open();
    let good = b"\x02QRY|STATUS\x1eB263BD7B\x03";
    assert!(replies(&shop.host.exchange(good))[0].contains("\"OK\""));
    let bad = b"\x02QRY|STATUS@5\x1eB263BD7B\x03";
    let answer = &replies(&shop.host.exchange(bad))[0];
    assert!(answer.starts_with("@5 ") && answer.contains("FRAME_INVALID"), "{answer}");
    let lrc = b"\x02QRY|STATUS\x1e32\x03";
    assert!(replies(&shop.host.exchange(lrc))[0].contains("\"OK\""));
    let mut long = vec![2];
    long.extend(vec![b'x'; FRAME_BYTES + 1]);
    long.push(3);
    assert!(replies(&shop.host.exchange(&long))[0].contains("FRAME_INVALID"));
    shop.refused("QRY|NOTHING", "UNKNOWN_COMMAND");
    shop.refused("", "UNKNOWN_COMMAND");
    let errors = shop.status()["metrics"]["errors"].clone();
    assert_eq!(
        errors,
        json!([{"code": "FRAME_INVALID", "count": 2}, {"code": "UNKNOWN_COMMAND", "count": 2}])
    );
}

#[test]
fn the_status_counts_what_happened_since_the_start() {
    let mut shop = Shop::open();
    let payload = shop.sale().payload();
    let nonce = shop.prepare(&payload);
    shop.prepare(&payload);
    shop.pass(120);
    shop.ok(&crate::shop::commit(&nonce));
    shop.ok(&crate::shop::commit(&nonce));
    let open = shop.sale().payload();
    shop.prepare(&open);
    shop.pass(7_000);
    let metrics = shop.status()["metrics"].clone();
    assert_eq!(metrics["latency_ms"], json!({"count": 1, "sum": 120, "max": 120}));
    assert_eq!((&metrics["prepares"], &metrics["commits"]), (&json!(2), &json!(1)));
    assert_eq!((&metrics["retries"], &metrics["expired_nonces"]), (&json!(2), &json!(1)));
    let _ = at("2026-03-14T07:15:00");
}
