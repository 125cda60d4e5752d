//! `RPT|Z` and `RPT|X` (D12): sums, days, and that asking again changes nothing.

use std::collections::BTreeMap;

use def_trials::Sale;
use serde_json::{Value, json};

use crate::shop::{Shop, money, number, original};

#[test]
fn a_closure_sums_sales_returns_and_voids() {
    let mut shop = Shop::open();
    let (mut sales, mut returns, mut voids) = (0, 0, 0);
    let mut vat = 0;
    let mut add = |sum: &mut i64, entry: &Value| {
        *sum += money(&entry["total"]);
        vat += money(&entry["vat_total"]);
    };
    for round in 0..4 {
        let (sale, seal) = shop.sell();
        add(&mut sales, &shop.log(&seal["invoice_seq"].to_string()));
        shop.pass(1_000);
        if round < 3 {
            let (nature, lines) = if round == 0 { ("RAN", 2) } else { ("RAM", 1) };
            let note = shop.seal(&sale.back(shop.now(), original(nature, &seal), lines).payload());
            let sum = if round == 0 { &mut voids } else { &mut returns };
            add(sum, &shop.log(&note["invoice_seq"].to_string()));
        }
    }
    let snapshot = shop.snapshot("session");
    let closure = shop.close("2026-03-14");
    assert_eq!(closure["currencies"], snapshot["currencies"]);
    let totals = &closure["currencies"][0];
    assert_eq!(closure["currencies"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (money(&totals["sales"]), money(&totals["returns"]), money(&totals["voids"])),
        (sales, returns, voids)
    );
    assert_eq!((money(&totals["net"]), money(&totals["vat"])), (sales + returns + voids, vat));
    assert_eq!(totals["count"], 7);
    assert_eq!((&closure["sequence_start"], &closure["sequence_end"]), (&json!(1), &json!(7)));
    let groups = closure["totals"].as_array().expect("groups");
    assert_eq!(groups.len(), 3, "{groups:?}");
    assert_eq!(groups.iter().map(|group| money(&group["vat"])).sum::<i64>(), vat);
    assert_eq!(groups.iter().map(|group| money(&group["base"])).sum::<i64>(), sales + returns + voids - vat);
    assert_eq!(groups.iter().map(|group| number(&group["count"])).sum::<u64>(), 7);
    assert_eq!(shop.snapshot("session")["transaction_count"], 0);
    assert_eq!(shop.snapshot("day")["currencies"], snapshot["currencies"], "the day goes on");
}

#[test]
fn a_closed_day_is_said_again_as_it_was() {
    let mut shop = Shop::open();
    shop.sell();
    let closure = shop.close("2026-03-14");
    assert_eq!((&closure["repeated"], &closure["closure"]), (&json!(false), &json!(1)));
    let operations = shop.world.operations();
    let mut again = shop.close("2026-03-14");
    assert_eq!(shop.world.operations(), operations, "nothing is written");
    assert_eq!(again["repeated"], true);
    again["repeated"] = json!(false);
    assert_eq!(again, closure);
}

#[test]
fn closures_are_numbered_and_each_begins_where_the_one_before_ended() {
    let mut shop = Shop::open();
    let mut before: Option<Value> = None;
    for day in 14..=17 {
        shop.set_now(&format!("2026-03-{day}T10:00:00"));
        shop.sell();
        let closure = shop.close(&format!("2026-03-{day}"));
        if let Some(before) = before {
            assert_eq!(number(&closure["closure"]), number(&before["closure"]) + 1);
            assert_eq!(number(&closure["position_start"]), number(&before["position_end"]) + 2);
        }
        before = Some(closure);
    }
    let status = shop.status();
    assert_eq!((&status["closures"], &status["unclosed"]), (&json!(4), &json!(0)));
    for (day, sequence) in [(17, 4), (14, 1), (16, 3), (15, 2)] {
        let closure = shop.close(&format!("2026-03-{day}"));
        assert_eq!((&closure["repeated"], &closure["sequence_start"]), (&json!(true), &json!(sequence)));
    }
    shop.refused(r#"RPT|Z {"date":"2026-03-13"}"#, "NOT_FOUND");
    shop.refused(r#"RPT|Z {"date":"2026-03-18"}"#, "NOT_FOUND");
}

#[test]
fn one_closure_may_be_over_several_days() {
    let mut shop = Shop::open();
    for day in [14, 15, 18] {
        shop.set_now(&format!("2026-03-{day}T10:00:00"));
        shop.sell();
    }
    let closure = shop.close("2026-03-18");
    assert_eq!((&closure["first_day"], &closure["last_day"]), (&json!("2026-03-14"), &json!("2026-03-18")));
    assert_eq!(closure["sequence_end"], 3);
    for day in 14..=18 {
        let again = shop.close(&format!("2026-03-{day}"));
        assert_eq!((&again["repeated"], &again["closure"]), (&json!(true), &json!(1)));
    }
}

#[test]
fn asking_for_yesterday_closes_what_is_open_since() {
    let mut shop = Shop::open();
    shop.sell();
    shop.set_now("2026-03-15T10:00:00");
    shop.sell();
    let closure = shop.close("2026-03-14");
    assert_eq!((&closure["sequence_start"], &closure["sequence_end"]), (&json!(1), &json!(2)));
    shop.sell();
    let again = shop.close("2026-03-14");
    assert_eq!(again["repeated"], true, "what is open is of a later day");
    assert_eq!(shop.close("2026-03-15")["sequence_start"], 3);
}

#[test]
fn who_closes_a_day_late_may_ask_again() {
    let mut shop = Shop::open();
    shop.sell();
    shop.set_now("2026-03-15T06:00:00");
    let closure = shop.close("2026-03-15");
    assert_eq!((&closure["period"], &closure["last_day"]), (&json!("2026-03-15"), &json!("2026-03-14")));
    for day in ["2026-03-15", "2026-03-14"] {
        let again = shop.close(day);
        assert_eq!((&again["repeated"], &again["closure"]), (&json!(true), &json!(1)));
    }
}

#[test]
fn a_day_without_sales_has_a_closure_without_numbers() {
    let mut shop = Shop::open();
    let closure = shop.close("2026-03-14");
    assert_eq!((&closure["sequence_start"], &closure["totals"]), (&Value::Null, &json!([])));
    assert_eq!(closure["currencies"], json!([]));
    shop.refused(r#"RPT|Z {"date":"2026-03-20"}"#, "NOT_FOUND");
}

#[test]
fn days_turn_at_midnight_of_kinshasa() {
    let mut shop = Shop::open();
    shop.set_now("2026-03-14T22:59:59");
    shop.sell();
    assert_eq!(shop.snapshot("day")["transaction_count"], 1);
    shop.pass(1_000);
    assert_eq!(shop.snapshot("day")["transaction_count"], 0);
    assert_eq!(shop.snapshot("session")["transaction_count"], 1);
    shop.sell();
    let day = shop.snapshot("day");
    assert_eq!((&day["transaction_count"], &day["sequence_start"]), (&json!(1), &json!(2)));
    assert_eq!(day["since"], "2026-03-14T23:00:00");
    shop.reboot();
    let mut after = shop.snapshot("day");
    after["period"] = json!("day");
    assert_eq!(after, day);
    let closure = shop.close("2026-03-15");
    assert_eq!((&closure["first_day"], &closure["last_day"]), (&json!("2026-03-14"), &json!("2026-03-15")));
}

#[test]
fn open_records_of_the_device_alone_do_not_hide_the_closure_of_a_day() {
    let mut shop = Shop::open();
    shop.sell();
    let lost = shop.close("2026-03-14");
    shop.reboot();
    let again = shop.close("2026-03-14");
    assert_eq!(again["closure"], lost["closure"], "a lost answer is had by asking again");
}

/// A sale in some currency, tax group and rate.
fn in_group(shop: &mut Shop, currency: &str, group: &str) -> String {
    let sale = Sale { lines: vec![("A".into(), 1, 100)], ..shop.sale() };
    shop.pass(1_000);
    let mut payload = sale.payload().replace(r#""currency":"CDF""#, &format!(r#""currency":"{currency}""#));
    payload = payload.replace("standard_vat", group);
    if currency != "CDF" {
        payload.pop();
        payload += &format!(
            r#","annex":{{"exchange":{{"currency":"{currency}","rate":"2.0000","date":"2026-03-14","total":"232.00","total_vat":"32.00"}}}}}}"#
        );
    }
    payload
}

#[test]
fn when_the_table_of_groups_is_full_the_day_has_to_be_closed() {
    use def_engine::limits::GROUP_ROWS;
    let mut shop = Shop::open();
    for row in 0..GROUP_ROWS {
        let near = shop.status()["warnings"].as_array().is_some_and(|all| all.contains(&json!("totals")));
        assert_eq!(near, row * 10 >= GROUP_ROWS * 9, "{row}");
        let payload = in_group(&mut shop, "CDF", &format!("g{row}"));
        shop.seal(&payload);
    }
    let payload = in_group(&mut shop, "CDF", "one_more");
    shop.not_prepared(&payload, "CLOSURE_REQUIRED");
    let known = in_group(&mut shop, "CDF", "g7");
    shop.seal(&known);
    let closure = shop.close("2026-03-14");
    assert_eq!(closure["totals"].as_array().map(Vec::len), Some(GROUP_ROWS));
    shop.seal(&payload);
}

#[test]
fn currencies_are_summed_apart_and_a_full_table_has_to_be_closed() {
    use def_engine::limits::KIND_ROWS;
    let mut shop = Shop::open();
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for row in 0..KIND_ROWS {
        let currency =
            if row == 0 { "CDF".into() } else { format!("X{}{}", letter(row / 26), letter(row % 26)) };
        let payload = in_group(&mut shop, &currency, "standard_vat");
        shop.seal(&payload);
        *sums.entry(currency).or_default() += 11_600;
    }
    let payload = in_group(&mut shop, "USD", "standard_vat");
    shop.not_prepared(&payload, "CLOSURE_REQUIRED");
    let closure = shop.close("2026-03-14");
    let told: BTreeMap<String, u64> = closure["currencies"]
        .as_array()
        .expect("currencies")
        .iter()
        .map(|row| (crate::shop::text(&row["currency"]), money(&row["net"]) as u64))
        .collect();
    assert_eq!(told, sums);
}

fn letter(index: usize) -> char {
    char::from(b'A' + index as u8)
}

#[test]
fn sums_that_would_be_too_long_for_an_amount_wait_for_a_closure() {
    let mut shop = Shop::open();
    // 4,294,967,295 times 2,000 francs, with tax, is near the greatest amount.
    let mut refused = None;
    for seed in 0..12 {
        let sale = Sale { lines: vec![(format!("B{seed}"), 999_999_999, 2_000)], ..shop.sale() };
        let answer = shop.ask(&format!("TXN|PREPARE {}", sale.payload()));
        if answer["status"] == "ERR" {
            refused = Some(answer);
            break;
        }
        let nonce = crate::shop::text(&answer["nonce"]);
        shop.ok(&crate::shop::commit(&nonce));
        shop.pass(1_000);
    }
    assert_eq!(refused.expect("one does not fit")["code"], "CLOSURE_REQUIRED");
    shop.close("2026-03-14");
}
