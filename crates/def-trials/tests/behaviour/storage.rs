//! A full journal (D9, D15, D16).

use def_trials::{Authority, Sale, authority::at};
use serde_json::{Value, json};

use crate::shop::{Shop, commit, newest, number, text};

/// Sells until nothing fits; the newest seal.
fn fill(shop: &mut Shop) -> Value {
    let (mut seal, mut warned) = (Value::Null, false);
    for seed in 0..2_000 {
        let lines = Sale::of("X", at("2026-03-14T07:15:00"), 120, seed).lines;
        let payload = Sale { lines, ..shop.sale() }.payload();
        shop.pass(1_000);
        let answer = shop.ask(&format!("TXN|PREPARE {payload}"));
        if answer["status"] == "ERR" {
            assert_eq!(answer["code"], "STORAGE_FULL", "{answer}");
            assert!(warned, "the warning comes before it is full");
            return seal;
        }
        seal = shop.ok(&commit(&text(&answer["nonce"])));
        shop.host.rest();
        warned |= shop.status()["warnings"].as_array().is_some_and(|all| all.contains(&json!("flash")));
    }
    panic!("it never is full");
}

#[test]
fn a_full_journal_is_closed_acknowledged_and_begun_anew() {
    for sectors in [32, 48] {
        let mut shop = Shop::with(sectors, Authority::default());
        let mut last = 0;
        for epoch in 1..4 {
            let seal = fill(&mut shop);
            let sold = number(&seal["invoice_seq"]);
            assert!(sold > 5 && sold >= last, "each epoch has as much room: {sold} after {last}");
            last = if epoch == 1 { 0 } else { sold };
            shop.reboot();
            shop.host.rest();
            let small = shop.sale().payload();
            let answer = shop.ask(&format!("TXN|PREPARE {small}"));
            assert!(answer["code"] == "STORAGE_FULL" || answer["status"] == "OK");
            shop.close("2026-03-14");
            shop.dump("digest");
            assert_eq!(shop.acknowledge(&seal)["status"], "OK");
            let next = shop.status();
            let seal = if number(&next["next_invoice_seq"]) == sold + 1 { seal } else { panic!("{next}") };
            let token = shop.authority.reset(epoch, Some(newest(&seal)));
            shop.obeyed("ADM|RESET", &token);
            shop.host.rest();
            let warnings = shop.status()["warnings"].clone();
            assert_eq!(warnings, json!([]));
        }
    }
}

#[test]
fn a_full_journal_still_takes_a_manifest_and_its_reset() {
    let mut shop = Shop::with(64, Authority::default());
    let manifest = shop.authority.manifest(1);
    shop.obeyed("CFG|MANIFEST", &manifest);
    shop.host.rest();
    let seal = fill(&mut shop);
    for _ in 0..100 {
        shop.reboot();
        shop.host.rest();
    }
    shop.close("2026-03-14");
    shop.acknowledge(&seal);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
    shop.sell();
}

#[test]
fn a_full_journal_is_not_used_up_by_starts_that_the_power_interrupts() {
    use def_sim::{Outcome, Style};
    let mut shop = Shop::with(64, Authority::default());
    let seal = fill(&mut shop);
    for attempt in 0..60 {
        // Every few starts one is left alone: a counter that rose by more than eight would not be believed.
        if attempt % 5 == 4 {
            shop.reboot();
        }
        shop.world.cut();
        shop.world.reboot();
        let operations = shop.world.operations();
        shop.world.cut_at(operations + 4 + attempt % 3, Outcome::new(Style::NothingDone, attempt));
        shop.host = def_trials::Host::start(&shop.world, shop.authority.factory(), crate::shop::memory());
    }
    shop.start();
    shop.host.rest();
    let status = shop.status();
    assert_eq!(status["corrupt"], Value::Null, "{status}");
    shop.close("2026-03-14");
    assert_eq!(shop.acknowledge(&seal)["status"], "OK");
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
    shop.sell();
}
