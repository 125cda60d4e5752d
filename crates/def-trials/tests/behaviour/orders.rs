//! `CFG|ACK`, `CFG|MANIFEST` and `CFG|HANDOVER` (D7, D10, P7, L2).

use def_protocol::token::{Acknowledgement, HandOver, Newest, Policy, TaxManifest};
use def_trials::{Authority, Sale, authority::at};
use fiscal::{Amount, DEFAULT_MANIFEST, Epoch, InvoiceNumber, ManifestGroup, RecordHash};
use serde_json::{Value, json};

use crate::shop::{Shop, commit, hash, newest, number, original, text};

fn bounded(days: u16, invoices: u32, cdf: &str) -> Shop {
    let cdf: Amount = cdf.parse().expect("an amount");
    let policy = Policy { days, invoices, cdf };
    Shop::with(64, Authority { policy, ..Authority::default() })
}

fn warned(shop: &mut Shop) -> bool {
    shop.status()["warnings"].as_array().is_some_and(|all| all.contains(&json!("offline")))
}

#[test]
fn past_the_number_of_invoices_the_ledger_has_to_acknowledge() {
    let mut shop = bounded(0, 10, "0.00");
    let mut seal = Value::Null;
    for count in 0..10 {
        assert_eq!(warned(&mut shop), count >= 9, "{count}");
        seal = shop.sell().1;
    }
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "SYNC_REQUIRED");
    shop.reboot();
    shop.not_prepared(&payload, "SYNC_REQUIRED");
    assert_eq!(shop.acknowledge(&seal)["status"], "OK");
    let status = shop.status();
    assert_eq!(status["offline"]["invoices"], 0);
    assert_eq!(status["acknowledged"], json!({"epoch": 0, "invoice_seq": 10}));
    assert_eq!(status["last_sync_timestamp"], "2026-03-14T07:15:00");
    shop.seal(&payload);
}

#[test]
fn a_bound_that_was_reached_meanwhile_stops_a_commit() {
    let mut shop = bounded(0, 1, "0.00");
    let (one, two) = (shop.sale(), Sale { till: "CAISSE-2".into(), ..shop.sale() });
    let (one, two) = (shop.prepare(&one.payload()), shop.prepare(&two.payload()));
    let seal = shop.ok(&commit(&one));
    shop.refused(&commit(&two), "SYNC_REQUIRED");
    assert_eq!(shop.acknowledge(&seal)["status"], "OK");
    shop.ok(&commit(&two));
}

#[test]
fn past_the_days_the_ledger_has_to_acknowledge() {
    let mut shop = bounded(3, 0, "0.00");
    let (_, seal) = shop.sell();
    shop.set_now("2026-03-17T07:14:59");
    shop.sell();
    assert!(!warned(&mut shop));
    shop.set_now("2026-03-17T07:15:00");
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "SYNC_REQUIRED");
    let token = shop.authority.acknowledgement(newest(&seal), shop.now());
    shop.obeyed("CFG|ACK", &token);
    shop.seal(&payload);
}

#[test]
fn past_the_sum_the_ledger_has_to_acknowledge() {
    let mut shop = bounded(0, 0, "232.00");
    let hundred = |shop: &mut Shop, francs| Sale { lines: vec![("A".into(), 1, francs)], ..shop.sale() };
    let first = hundred(&mut shop, 100);
    let seal = shop.seal(&first.payload());
    shop.pass(1_000);
    // A return counts as much as a sale.
    let note = first.back(shop.now(), original("RAM", &seal), 1).payload();
    shop.seal(&note);
    let next = hundred(&mut shop, 1).payload();
    shop.not_prepared(&next, "SYNC_REQUIRED");
    shop.acknowledge(&seal);
    assert_eq!(shop.status()["offline"]["cdf"], "116.00");
    shop.seal(&next);
}

#[test]
fn an_acknowledgement_names_what_the_device_sealed() {
    let mut shop = Shop::open();
    let (_, one) = shop.sell();
    let (_, two) = shop.sell();
    let now = shop.now();
    for (wrong, code) in [
        (Newest { hash: RecordHash([3; 32]), ..newest(&two) }, "UNAUTHORIZED"),
        (Newest { number: InvoiceNumber::new(3).expect("a number"), ..newest(&two) }, "NOT_FOUND"),
        (Newest { epoch: Epoch(1), ..newest(&two) }, "NOT_FOUND"),
        (Newest { hash: hash(&one["record_hash"]), ..newest(&two) }, "UNAUTHORIZED"),
    ] {
        let token = shop.authority.acknowledgement(wrong, now);
        shop.disobeyed("CFG|ACK", &token, code);
    }
    let dgi = shop.authority.dgi.clone();
    let body = Acknowledgement { newest: newest(&two), time: now, revoke: false };
    let by_dgi = shop.authority.token(&dgi, &body);
    shop.disobeyed("CFG|ACK", &by_dgi, "UNAUTHORIZED");
    let of_other = Authority::new("DEF-000002").acknowledgement(newest(&two), now);
    shop.disobeyed("CFG|ACK", &of_other, "UNAUTHORIZED");
    let token = shop.authority.acknowledgement(newest(&two), now);
    shop.obeyed("CFG|ACK", &token);
    shop.obeyed("CFG|ACK", &token);
    let older = shop.authority.acknowledgement(newest(&one), now);
    shop.disobeyed("CFG|ACK", &older, "UNAUTHORIZED");
    assert_eq!(shop.status()["acknowledged"]["invoice_seq"], 2);
}

#[test]
fn the_first_acknowledgement_is_journalled_and_the_next_hours_are_not() {
    let mut shop = Shop::open();
    let (_, one) = shop.sell();
    assert!(shop.acknowledge(&one)["record"].is_string());
    let (_, two) = shop.sell();
    assert!(shop.acknowledge(&two)["record"].is_null());
    assert_eq!(shop.status()["acknowledged"]["invoice_seq"], 2);
    shop.reboot();
    assert_eq!(shop.status()["acknowledged"]["invoice_seq"], 1);
    shop.set_now("2026-03-15T07:15:00");
    assert!(shop.acknowledge(&two)["record"].is_string());
    shop.reboot();
    assert_eq!(shop.status()["acknowledged"]["invoice_seq"], 2);
}

#[test]
fn an_acknowledgement_may_revoke() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    shop.acknowledge(&seal);
    let body = Acknowledgement { newest: newest(&seal), time: shop.now(), revoke: true };
    let operator = shop.authority.operator.clone();
    let token = shop.authority.token(&operator, &body);
    shop.obeyed("CFG|ACK", &token);
    shop.reboot();
    assert_eq!(shop.status()["lifecycle"], "revoked");
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "DEVICE_REVOKED");
}

#[test]
fn a_manifest_holds_from_its_days_on() {
    let mut shop = Shop::open();
    let standard = DEFAULT_MANIFEST.groups.iter().find(|group| group.code.as_str() == "standard_vat");
    let old = *standard.expect("a group");
    let groups = [
        old,
        ManifestGroup {
            rate: "0.18".parse().expect("a rate"),
            valid_from: "2026-03-15".parse().expect("a day"),
            ..old
        },
    ];
    let operator = shop.authority.operator.clone();
    let token = shop.authority.token(&operator, &TaxManifest::new(2, &groups));
    let answer = shop.obeyed("CFG|MANIFEST", &token);
    assert_eq!(shop.obeyed("CFG|MANIFEST", &token), answer);
    let sale = |shop: &mut Shop, rate: &str, tax: &str, total: &str| {
        let sale = Sale { lines: vec![("A".into(), 1, 100)], ..shop.sale() }.payload();
        sale.replace("0.16", rate).replace("\"16.00\"", &format!("\"{tax}\"")).replace("116.00", total)
    };
    shop.set_now("2026-03-14T22:59:58");
    let early = sale(&mut shop, "0.18", "18.00", "118.00");
    shop.not_prepared(&early, "SCHEMA_INVALID");
    let today = sale(&mut shop, "0.16", "16.00", "116.00");
    shop.seal(&today);
    shop.pass(1_000);
    let waits = sale(&mut shop, "0.16", "16.00", "116.00");
    let nonce = shop.prepare(&waits);
    shop.pass(1_000);
    shop.refused(&commit(&nonce), "SCHEMA_INVALID");
    shop.seal(&early);
    shop.reboot();
    let other = sale(&mut shop, "0.18", "18.00", "118.00").replace("standard_vat", "levy");
    shop.not_prepared(&other, "SCHEMA_INVALID");
}

#[test]
fn a_manifest_goes_with_the_device_into_a_new_epoch() {
    let mut shop = Shop::open();
    let manifest = shop.authority.manifest(1);
    shop.obeyed("CFG|MANIFEST", &manifest);
    let (_, seal) = shop.sell();
    shop.close("2026-03-14");
    shop.acknowledge(&seal);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.obeyed("ADM|RESET", &token);
    for _ in 0..2 {
        let unknown = shop.sale().payload().replace("standard_vat", "free_for_all");
        shop.not_prepared(&unknown, "SCHEMA_INVALID");
        shop.sell();
        shop.reboot();
    }
}

#[test]
fn a_device_that_left_starts_and_closes_its_day_and_its_journal_is_true() {
    let mut shop = Shop::open();
    shop.sell();
    let leave = shop.authority.hand_over(HandOver::Leave { epoch: Epoch(0) });
    shop.obeyed("CFG|HANDOVER", &leave);
    shop.reboot();
    shop.close("2026-03-14");
    let key = shop.world.change(|state| state.element.peek_key()).expect("a key");
    let trust = verify::Trust::Keys(vec![key]);
    let mut referee = verify::Referee::new(&trust, []);
    for line in shop.dump("json") {
        referee.read(line.to_string().as_bytes());
    }
    let verdict = referee.conclude();
    assert!(verdict.is_true(), "{:?}", verdict.findings);
    assert_eq!((verdict.invoices, verdict.closures, verdict.closures_unchecked), (1, 1, 0));
}

#[test]
fn a_device_leaves_and_enters_where_the_other_ended() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    let early = HandOver::Enter {
        epoch: Epoch(0),
        next_number: InvoiceNumber::new(9).expect("a number"),
        previous: RecordHash([7; 32]),
        floor: at("2026-03-14T07:00:00"),
    };
    let token = shop.authority.hand_over(early);
    shop.disobeyed("CFG|HANDOVER", &token, "UNAUTHORIZED");
    let wrong = shop.authority.hand_over(HandOver::Leave { epoch: Epoch(1) });
    shop.disobeyed("CFG|HANDOVER", &wrong, "UNAUTHORIZED");
    let open = shop.sale().payload();
    let nonce = shop.prepare(&open);
    let leave = shop.authority.hand_over(HandOver::Leave { epoch: Epoch(0) });
    let left = shop.obeyed("CFG|HANDOVER", &leave);
    let body: Value = serde_json::from_str(&text(&left["body"])).expect("JSON");
    assert_eq!((&body["last_number"], &body["head"]), (&json!(1), &seal["record_hash"]));
    assert_eq!(shop.obeyed("CFG|HANDOVER", &leave), left);
    shop.refused(&commit(&nonce), "NONCE_EXPIRED");
    for _ in 0..2 {
        shop.not_prepared(&open, "HANDED_OVER");
        assert_eq!(shop.status()["handed_over"], true);
        shop.reboot();
    }
    let again = shop.authority.hand_over(HandOver::Leave { epoch: Epoch(0) });
    assert_eq!(shop.order("CFG|HANDOVER", &again)["status"], "OK", "the same token is the same order");
    let enter = |next, floor| HandOver::Enter {
        epoch: Epoch(0),
        next_number: InvoiceNumber::new(next).expect("a number"),
        previous: RecordHash([7; 32]),
        floor: at(floor),
    };
    let given = shop.authority.hand_over(enter(1, "2026-03-14T07:00:00"));
    shop.disobeyed("CFG|HANDOVER", &given, "UNAUTHORIZED");
    let replayed = shop.authority.hand_over(enter(9, "2026-03-14T07:16:00"));
    shop.disobeyed("CFG|HANDOVER", &replayed, "UNAUTHORIZED");
    shop.pass(1_000);
    let back = shop.authority.hand_over_from(enter(9, "2026-03-14T07:16:00"), shop.now());
    shop.obeyed("CFG|HANDOVER", &back);
    let status = shop.status();
    assert_eq!((&status["next_invoice_seq"], &status["handed_over"]), (&json!(9), &json!(false)));
    let next = shop.seal(&open);
    assert_eq!((&next["invoice_seq"], &next["timestamp"]), (&json!(9), &json!("2026-03-14T07:16:00")));
    shop.reboot();
    assert_eq!(shop.sell().1["invoice_seq"], 10);
    shop.refused("QRY|LOG 5", "NOT_FOUND");
    assert_eq!(number(&shop.log("1")["sequence"]), 1);
    assert_eq!(number(&shop.log("9")["sequence"]), 9);
    // What the other signer sealed is credited with a voucher only.
    let note = Sale::of("CAISSE-1", shop.now(), 1, 3);
    let mut named = original("RAM", &seal);
    named.number = 5;
    let note = note.back(shop.now(), named, 1).payload();
    shop.not_prepared(&note, "ORIGINAL_ELSEWHERE");
}
