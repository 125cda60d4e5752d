use edef_sim::{Exact, Method};
use serde_json::{Value, json};

use crate::bench::{Bench, body};

fn info(bench: &mut Bench, name: &str) -> Value {
    let reply = bench.ask(Method::Get, &format!("/api/info/{name}"), "");
    assert_eq!(reply.status, 200, "{name}");
    body(&reply)
}

#[test]
fn lists_name_all_types() {
    let mut bench = Bench::drc();
    for (name, types) in [
        ("invoiceTypes", "FV FT FA EV ET EA"),
        ("paymentTypes", "ESPECES VIREMENT CARTEBANCAIRE MOBILEMONEY CHEQUES CREDIT AUTRE"),
        ("clientTypes", "PP PM PC PL AO"),
        ("referenceTypes", "COR RAN RAM RRR"),
        ("itemTypes", "BIE SER TAX"),
    ] {
        let said = info(&mut bench, name);
        let each: Vec<&str> =
            said.as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
        assert_eq!(each.join(" "), types);
        assert!(said.as_array().unwrap().iter().all(|one| one["description"].is_string()));
    }
    assert_eq!(bench.ask(Method::Get, "/api/info/nothing", "").status, 404);
}

#[test]
fn tax_groups_are_the_live_ones() {
    let said = info(&mut Bench::drc(), "taxGroups");
    let expected = json!({
        "a": 0, "b": 16, "c": 5, "d": 0, "e": 0, "f": 16, "g": 5, "h": 0,
        "i": 0, "j": 0, "k": 0, "l": 0, "m": 0, "n": 0, "o": 1, "p": 1,
    });
    assert_eq!(said, expected);
}

#[test]
fn of_each_currency_the_rate_of_the_day_is_told() {
    let mut bench = Bench::drc();
    let nim = bench.nim;
    for (date, rate) in [("2026-03-14", 2_850), ("2026-03-15", 2_900)] {
        bench.world.currency_from(nim, "USD", date, Exact::whole(rate)).unwrap();
    }
    let usd = |bench: &mut Bench| {
        let said = info(bench, "currencyRates");
        said.as_array().unwrap().iter().find(|one| one["type"] == "USD").unwrap().clone()
    };
    let today = usd(&mut bench);
    assert_eq!((&today["rate"], &today["date"]), (&json!(2_850), &json!("2026-03-14")));
    assert!(today["description"].is_string());
    bench.pass(86_400_000);
    assert_eq!(usd(&mut bench)["rate"], 2_900);
}

#[test]
fn the_services_status_names_the_e_mcf() {
    let said = info(&mut Bench::drc(), "status");
    assert_eq!((&said["status"], &said["nim"]), (&json!(true), &json!("CD01000001-1")));
}
