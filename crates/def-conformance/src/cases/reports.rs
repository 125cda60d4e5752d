//! Sections 7.5 to 7.7: reports.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use def_trials::authority::{OPENING, at};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, sales::original, same, seal::record_of},
    payload::Draft,
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "7.5 RPT|Z",
        "Z closes what was sold, by group and currency, and says it again when it is asked again",
        closes,
    ),
    Case::new("7.5 RPT|Z", "nothing to close, a day without closure or a day to come is NOT_FOUND", nothing),
    Case::new(
        "7.5 RPT|Z",
        "days follow one another, and each closure begins where the one before it ended",
        days,
    ),
    Case::new("7.5 RPT|Z", "a full table of totals is CLOSURE_REQUIRED, and Z makes room", table_full),
    Case::new("7.6 RPT|X", "X counts the session and the day, and closes nothing", snapshot),
    Case::new("7.7 RPT|A", "A adds up each article once, page after page, in the order of codes", articles),
    Case::new("7.7 RPT|A", "A is over the days that were asked for", article_days),
];

const TODAY: &str = r#"RPT|Z {"date":"2026-03-14"}"#;

fn money(centimes: i64) -> String {
    let sign = if centimes < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", centimes.abs() / 100, centimes.abs() % 100)
}

/// Five sales, a return and a void: totals and taxes of all, and by currency as the document has them.
fn business(device: &mut Device) -> Result<(i64, i64, Value)> {
    let (mut totals, mut vat) = ([0; 3], 0);
    for number in 0..5 {
        let sale = device.new_sale("T1", at(OPENING), 2);
        let seal = device.sell(&sale.payload())?;
        totals[0] += sale.amounts().0;
        vat += sale.amounts().1;
        let note = match number {
            1 => sale.back(at(OPENING), original("RAM", &seal)?, 1),
            3 => sale.back(at(OPENING), original("RAN", &seal)?, 2),
            _ => continue,
        };
        device.sell(&note.payload())?;
        totals[if number == 1 { 1 } else { 2 }] += note.amounts().0;
        vat += note.amounts().1;
    }
    let net = totals.iter().sum();
    let [sales, returns, voids] = totals.map(money);
    let currency = json!({"currency": "CDF", "sales": sales, "returns": returns, "voids": voids, "net": money(net), "vat": money(vat), "count": 7});
    Ok((net, vat, currency))
}

fn closes(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (net, vat, currency) = business(&mut device)?;
    let status = device.status()?;
    let closed = device.ok(TODAY)?;
    same("currencies", &closed["currencies"], &json!([currency]))?;
    same("the numbers", [&closed["sequence_start"], &closed["sequence_end"]], [&json!(1), &json!(7)])?;
    same("the last record", &closed["last_hash"], &status["head_hash"])?;
    same("closure, repeated", [&closed["closure"], &closed["repeated"]], [&json!(1), &json!(false)])?;
    let groups = closed["totals"].as_array().context("totals")?;
    let sum = |member: &str| -> Result<i64> {
        groups
            .iter()
            .map(|group| Ok(group[member].as_str().context("an amount")?.replace('.', "").parse::<i64>()?))
            .sum()
    };
    same("bases and taxes of the groups", (sum("base")? + sum("vat")?, sum("vat")?), (net, vat))?;
    let mut natures: Vec<_> = groups.iter().map(|group| group["nature"].to_string()).collect();
    natures.sort();
    same("natures", natures, vec!["\"RAM\"".to_owned(), "\"RAN\"".into(), "null".into()])?;
    for _ in 0..2 {
        let again = device.unchanged(|device| device.ok(TODAY))?;
        let mut expected = closed.clone();
        expected["repeated"] = json!(true);
        same("Z again", &again, &expected)?;
        device.restart()?;
    }
    Ok(())
}

fn nothing(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    for date in ["2026-03-13", "2025-01-01", "2026-03-15", "2036-01-01"] {
        device.unchanged(|device| device.refused(&format!(r#"RPT|Z {{"date":"{date}"}}"#), "NOT_FOUND"))?;
    }
    device.ok(TODAY)?;
    device.refused(r#"RPT|Z {"date":"2026-03-13"}"#, "NOT_FOUND")?;
    Ok(())
}

fn days(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let first = device.ok(TODAY)?;
    device.sell_one()?;
    let second = device.ok(TODAY)?;
    same(
        "a second closure of a day",
        [&second["closure"], &second["sequence_start"]],
        [&json!(2), &json!(2)],
    )?;
    device.set_clock("2026-03-15T09:00:00")?;
    device.sell_one()?;
    device.set_clock("2026-03-16T09:00:00")?;
    device.sell_one()?;
    let both = device.ok(r#"RPT|Z {"date":"2026-03-16"}"#)?;
    same("its days", [&both["first_day"], &both["last_day"]], [&json!("2026-03-15"), &json!("2026-03-16")])?;
    for (before, after) in [(&first, &second), (&second, &both)] {
        let closure = record_of(before, "")?;
        // The closure itself is in neither.
        same("where it stands", before["position_end"].as_u64(), Some(closure.link.position.value() - 1))?;
        same(
            "where the next begins",
            after["position_start"].as_u64(),
            Some(closure.link.position.value() + 1),
        )?;
        same("what it follows", after["previous_hash"].as_str(), Some(closure.hash().to_string().as_str()))?;
    }
    let again = device.ok(r#"RPT|Z {"date":"2026-03-15"}"#)?;
    same(
        "the day that was closed with the next",
        [&again["closure"], &again["repeated"]],
        [&json!(3), &json!(true)],
    )?;
    let again = device.ok(TODAY)?;
    same(
        "the last closure of the first day",
        [&again["closure"], &again["repeated"]],
        [&json!(2), &json!(true)],
    )?;
    Ok(())
}

/// A sale of 16 groups of its own.
fn of_groups(sale: usize) -> String {
    (0..16)
        .fold(Draft::new("T1", at(OPENING)), |draft, group| {
            draft.item("A", 1, 10_000, &format!("g{sale}_{group}"))
        })
        .write()
}

fn table_full(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let mut sales = 0;
    let refused = loop {
        let payload = of_groups(sales);
        let reply = device.ask(&format!("TXN|PREPARE {payload}"))?;
        match reply.code() {
            None => drop(device.sell(&payload)?),
            Some("CLOSURE_REQUIRED") => break payload,
            Some(other) => anyhow::bail!("after {sales} sales: {other}"),
        }
        sales += 1;
        ensure!(sales < 100, "the table is never full");
    };
    let warnings = device.status()?["warnings"].clone();
    ensure!(
        warnings.as_array().is_some_and(|warnings| warnings.contains(&json!("totals"))),
        "warnings: {warnings}"
    );
    device.restart()?;
    device.refuses(&refused, "CLOSURE_REQUIRED")?;
    device.ok(TODAY)?;
    device.sell(&refused)?;
    Ok(())
}

fn snapshot(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let of = |period: &str| format!(r#"RPT|X {{"period":"{period}"}}"#);
    let empty = device.ok(&of("session"))?;
    same(
        "before the first sale",
        [&empty["since"], &empty["sequence_start"], &empty["sequence_end"]],
        [&Value::Null; 3],
    )?;
    let (net, vat, currency) = business(&mut device)?;
    for period in ["session", "day"] {
        let report = device.unchanged(|device| device.ok(&of(period)))?;
        same("the period", report["period"].as_str(), Some(period))?;
        same("transactions", report["transaction_count"].as_u64(), Some(7))?;
        same("totals", &report["totals"], &json!({"total": money(net), "vat": money(vat)}))?;
        same("currencies", &report["currencies"], &json!([currency]))?;
        same("the numbers", [&report["sequence_start"], &report["sequence_end"]], [&json!(1), &json!(7)])?;
    }
    device.ok(TODAY)?;
    same("the session after Z", device.ok(&of("session"))?["transaction_count"].as_u64(), Some(0))?;
    same("the day after Z", device.ok(&of("day"))?["transaction_count"].as_u64(), Some(7))?;
    device.restart()?;
    same(
        "the day after a power cut",
        device.ok(&of("day"))?["totals"]["total"].as_str(),
        Some(money(net).as_str()),
    )?;
    device.set_clock("2026-03-15T09:00:00")?;
    same("the next day", device.ok(&of("day"))?["transaction_count"].as_u64(), Some(0))?;
    Ok(())
}

fn articles(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for sale in 0..3_u64 {
        // 150 of 190 articles each, in no order.
        let mut draft = Draft::new("T1", at(OPENING));
        for index in 0..150 {
            let (code, quantity) =
                (format!("ART-{:03}", (index * 77 + sale * 20) % 190), 1 + (index + sale) % 4);
            let sum = expected.entry(code.clone()).or_default();
            *sum = (sum.0 + quantity, sum.1 + quantity * 12_345);
            draft = draft.item(&code, quantity, 12_345, "standard_vat");
        }
        device.sell(&draft.write())?;
    }
    let (mut found, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = device.ok(&format!(r#"RPT|A {{"since":"2026-03-14","until":"2026-03-14"{after}}}"#))?;
        found.extend(page["articles"].as_array().context("articles")?.iter().cloned());
        pages += 1;
        if page["last"] == true {
            break;
        }
        let next = page["next"].as_str().context("next")?;
        let most = crate::document::limit("cursor of `RPT|A`");
        ensure!(next.len() <= most && next.bytes().all(|byte| byte.is_ascii_graphic()), "no cursor: {next}");
        after = format!(r#","after":"{next}""#);
        ensure!(pages < 100, "the report does not end");
    }
    same("articles", found.len(), expected.len())?;
    ensure!(pages > 1, "the case needs several pages");
    for (article, (code, (quantity, centimes))) in found.iter().zip(&expected) {
        same("an article", article["code"].as_str(), Some(code.as_str()))?;
        same("its quantity", article["quantity"].as_u64(), Some(*quantity))?;
        same(
            "its amount",
            article["amount"].as_str(),
            Some(format!("{}.{:02}", centimes / 100, centimes % 100).as_str()),
        )?;
        same("its price mode", article["price_mode"].as_str(), Some("ht"))?;
    }
    Ok(())
}

fn article_days(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let sell = |device: &mut Device, code: &str| {
        let payload = Draft::new("T1", at(OPENING)).item(code, 1, 5_000, "standard_vat").write();
        device.sell(&payload).map(drop)
    };
    sell(&mut device, "FIRST")?;
    // An hour before the outlet's midnight, by its clock, and an hour after.
    device.set_clock("2026-03-14T22:00:00")?;
    sell(&mut device, "LATE")?;
    device.set_clock("2026-03-14T23:59:00")?;
    sell(&mut device, "NEXT")?;
    let mut codes = |since: &str, until: &str| -> Result<Vec<String>> {
        let report = device.ok(&format!(r#"RPT|A {{"since":"{since}","until":"{until}"}}"#))?;
        let articles = report["articles"].as_array().context("articles")?.clone();
        Ok(articles.iter().filter_map(|article| article["code"].as_str().map(str::to_owned)).collect())
    };
    same("one day", codes("2026-03-14", "2026-03-14")?, vec!["FIRST".to_owned(), "LATE".into()])?;
    same("the next", codes("2026-03-15", "2026-03-15")?, vec!["NEXT".to_owned()])?;
    same("both", codes("2026-03-14", "2026-03-15")?.len(), 3)?;
    same("neither", codes("2026-03-16", "2026-04-15")?.len() + codes("2020-01-01", "2026-03-13")?.len(), 0)?;
    Ok(())
}
