use std::collections::BTreeMap;

use edef_sim::{Exact, Group, Profile, Wanted};
use serde_json::{Value, json};

use crate::bench::{Bench, NIF, sale_with};

fn items(of: &[(&str, &str, &str)]) -> Value {
    let each = of.iter().map(|(group, price, quantity)| {
        json!({ "code": "1", "type": "BIE", "name": "Article", "price": price, "quantity": quantity, "taxGroup": group })
    });
    Value::Array(each.collect())
}

fn text(said: &Value, name: &str) -> String {
    said[name].to_string()
}

#[test]
fn the_parent_systems_worked_example_gives_its_figures() {
    let mut bench = Bench::new(Wanted { profile: Profile::Parent, ..Wanted::of(NIF) });
    // As the parent's clients write it: no mode, the taxpayer as ifu.
    let said = bench.request(&json!({
        "ifu": NIF, "type": "FV", "operator": { "name": "Test" },
        "items": [
            { "name": "Jus d'orange", "price": 1800, "quantity": 2, "taxGroup": "B" },
            { "name": "Lait 1/1 EX", "price": 450, "quantity": 3, "taxGroup": "A" },
        ],
    }));
    for (name, figure) in [
        ("tb", "18"),
        ("taa", "1350"),
        ("tab", "3600"),
        ("hab", "3051"),
        ("vab", "549"),
        ("total", "4950"),
        ("vtotal", "549"),
    ] {
        assert_eq!(text(&said, name), figure, "{name}");
    }
    let uid = said["uid"].as_str().unwrap().to_owned();
    let reply = bench.ask(edef_sim::Method::Put, &format!("/api/invoice/{uid}/confirm"), "");
    assert_eq!(reply.status, 200, "the parent's confirm has no body");
    assert_eq!(bench.finalised(), 1);
}

#[test]
fn the_parents_withholding_is_of_the_net() {
    let wanted = Wanted { profile: Profile::Parent, ..Wanted::of(NIF) };
    let sale = sale_with(json!({ "items": items(&[("B", "1800", "2"), ("A", "450", "3")]), "aib": "A" }));
    // 1 % of 3051 + 1350.
    assert_eq!(text(&Bench::new(wanted).request(&sale), "aib"), "44");
}

#[test]
fn lines_are_rounded_then_summed_and_the_tax_is_of_each_groups_sum() {
    let mut bench = Bench::drc();
    let of = [("B", "0.333", "3"), ("B", "10.05", "1.5"), ("C", "99.99", "1"), ("A", "5", "0.125")];
    let inclusive = bench.request(&sale_with(json!({ "mode": "ttc", "items": items(&of) })));
    // B: 1.00 + 15.08 = 16.08, of which 16.08 / 1.16 = 13.862… is net.
    assert_eq!(
        (text(&inclusive, "tab"), text(&inclusive, "hab"), text(&inclusive, "vab")),
        ("16.08".into(), "13.86".into(), "2.22".into())
    );
    // C: 99.99 / 1.05 = 95.228…
    assert_eq!((text(&inclusive, "hac"), text(&inclusive, "vac")), ("95.23".into(), "4.76".into()));
    // A: 0.625 is rounded half up.
    assert_eq!(text(&inclusive, "taa"), "0.63");
    assert_eq!((text(&inclusive, "total"), text(&inclusive, "vtotal")), ("116.7".into(), "6.98".into()));
    let exclusive = bench.request(&sale_with(json!({ "mode": "ht", "items": items(&of) })));
    // B: 16 % of 16.08 = 2.5728.
    assert_eq!(
        (text(&exclusive, "hab"), text(&exclusive, "vab"), text(&exclusive, "tab")),
        ("16.08".into(), "2.57".into(), "18.65".into())
    );
}

#[test]
fn every_group_has_its_four_members() {
    let said = Bench::drc().request(&sale_with(json!({ "items": items(&[("O", "101", "1")]) })));
    for letter in 'a'..='p' {
        for name in
            [format!("t{letter}"), format!("ta{letter}"), format!("ha{letter}"), format!("va{letter}")]
        {
            assert!(said[&name].is_number(), "{name}");
        }
    }
    assert_eq!(
        (text(&said, "to"), text(&said, "hao"), text(&said, "vao")),
        ("1".into(), "100".into(), "1".into())
    );
}

#[test]
fn amounts_are_exact_where_a_float_is_not() {
    let said = Bench::drc().post(&sale_with(json!({ "items": items(&[("A", "9007199254740.99", "1000")]) })));
    let text = String::from_utf8(said.body).unwrap();
    assert!(text.contains(r#""total":9007199254740990,"#), "{text}");
    let said =
        Bench::drc().post(&sale_with(json!({ "items": items(&[("A", "9007199254740.99", "11.003")]) })));
    let text = String::from_utf8(said.body).unwrap();
    assert!(text.contains(r#""total":99106213399915.11,"#), "{text}");
}

#[test]
fn an_invoice_in_another_currency_says_its_total_there_too() {
    let foreign = json!({ "items": items(&[("A", "5600", "1")]), "curCode": "USD", "curRate": "2800", "curDate": "2026-03-14" });
    let mut bench = Bench::drc();
    assert_eq!(text(&bench.request(&sale_with(foreign)), "curTotal"), "2");
    assert_eq!(bench.request(&crate::bench::sale())["curTotal"], Value::Null);
}

#[test]
fn a_rate_holds_from_its_day_on_by_kinshasas_clock() {
    let mut bench = Bench::drc();
    let rates = BTreeMap::from([(Group::new('B').unwrap(), Exact::whole(20))]);
    bench.world.rates_from(bench.nim, "2026-03-15", &rates).unwrap();
    let tb = |bench: &mut Bench| text(&bench.request(&crate::bench::sale()), "tb");
    // From 08:00 in UTC, 09:00 in Kinshasa: 15 hours to midnight there.
    bench.pass(15 * 3_600_000 - 1);
    assert_eq!(tb(&mut bench), "16");
    bench.pass(1);
    assert_eq!(tb(&mut bench), "20");
    assert_eq!(text(&bench.request(&crate::bench::sale()), "tc"), "5", "other groups keep theirs");
}
