use std::collections::BTreeMap;

use edef_sim::{Exact, Fault, FaultKind, Group, Often, Profile, Row, RowKind, Settings, Wanted, World};
use serde_json::json;

use crate::bench::{Bench, NIF, body, error, sale, sale_with};

/// What a store has after all changes.
#[derive(Default)]
struct Disk(BTreeMap<(RowKind, String), Row>);

impl Disk {
    fn write(&mut self, rows: Vec<Row>) {
        for row in rows {
            let key = (row.kind, row.key.clone());
            match row.body {
                Some(_) => drop(self.0.insert(key, row)),
                None => drop(self.0.remove(&key)),
            }
        }
    }

    fn world(&self) -> World {
        let mut world = World::load(self.0.values().cloned()).unwrap();
        world.record_changes();
        world
    }
}

/// The world is read again from what was written.
fn restart(bench: &mut Bench, disk: &mut Disk) {
    disk.write(bench.world.take_changes());
    bench.world = disk.world();
}

#[test]
fn nothing_that_was_answered_is_lost_by_a_restart() {
    let (mut bench, mut disk) =
        (Bench::new(Wanted { isf: Some("ISF-1".into()), ..Wanted::of(NIF) }), Disk::default());
    let code = bench.sell(&sale());
    let pending = bench.uid(&sale_with(json!({ "rn": "F-2", "curCode": "USD", "curRate": "2800" })));
    let details = body(&bench.ask(edef_sim::Method::Get, &format!("/api/invoice/{pending}"), ""));
    let status = bench.status();
    restart(&mut bench, &mut disk);
    assert_eq!(bench.status(), status);
    let again = body(&bench.ask(edef_sim::Method::Get, &format!("/api/invoice/{pending}"), ""));
    assert_eq!(again, details);
    assert_eq!(body(&bench.confirm(&pending))["counters"], "2/2 FV");
    assert_eq!(bench.world.invoice(&code).unwrap().number, 1);
    assert_eq!(error(&body(&bench.confirm(&pending))).as_deref(), Some("20"));
    restart(&mut bench, &mut disk);
    assert_eq!(error(&body(&bench.confirm(&pending))).as_deref(), Some("20"));
    assert_eq!(bench.finalised(), 2);
}

#[test]
fn what_was_credited_and_when_requests_expire_is_known_after_a_restart() {
    let (mut bench, mut disk) = (Bench::drc(), Disk::default());
    let code = bench.sell(&sale());
    let note = |price: &str| {
        let mut note = sale_with(json!({ "type": "FA", "referenceType": "COR", "reference": code }));
        note["items"] = json!([{ "name": "Pain", "price": price, "quantity": 1, "taxGroup": "B" }]);
        note
    };
    bench.sell(&note("2000"));
    let pending = bench.uid(&sale());
    restart(&mut bench, &mut disk);
    assert_eq!(bench.error(&note("320.01")).as_deref(), Some("12"));
    assert_eq!(bench.error(&note("320")), None);
    bench.pass(120_000);
    assert_eq!(error(&body(&bench.confirm(&pending))).as_deref(), Some("20"));
}

#[test]
fn settings_faults_rates_and_tokens_are_kept_too() {
    let (mut bench, mut disk) = (Bench::drc(), Disk::default());
    bench.world.set(Settings { clock_skew_ms: 5, ..Settings::default() });
    let fault = |often| Fault { kind: FaultKind::NoCode, often, endpoint: None, nim: None };
    let first = bench.world.fault(fault(Often::Next(2))).unwrap();
    let rates = BTreeMap::from([(Group::new('B').unwrap(), "16.5".parse::<Exact>().unwrap())]);
    bench.world.rates_from(bench.nim, "2026-03-14", &rates).unwrap();
    bench.sell_without_code();
    restart(&mut bench, &mut disk);
    assert_eq!(bench.world.settings().clock_skew_ms, 5);
    assert_eq!(bench.world.faults().next(), Some((first, &fault(Often::Next(1)))));
    assert_eq!(bench.request(&sale())["tb"].to_string(), "16.5");
    bench.sell_without_code();
    restart(&mut bench, &mut disk);
    assert_eq!(bench.world.faults().count(), 0);
}

#[test]
fn a_kept_world_gives_numbers_that_are_free() {
    let (mut bench, mut disk) = (Bench::drc(), Disk::default());
    bench.add(Wanted { profile: Profile::Parent, ..Wanted::of(NIF) });
    restart(&mut bench, &mut disk);
    let third = bench.add(Wanted::of(NIF));
    assert_eq!(third.nim.to_string(), "CD01000003-1");
    let profiles: Vec<Profile> = bench.world.machines().map(|machine| machine.profile).collect();
    assert_eq!(profiles, [Profile::Drc, Profile::Parent, Profile::Drc]);
}

#[test]
fn refused_calls_write_nothing() {
    let mut bench = Bench::drc();
    bench.world.take_changes();
    bench.status();
    bench.error(&sale_with(json!({ "type": "XX" })));
    bench.post(&json!([]));
    bench.confirm("nothing");
    assert_eq!(bench.world.take_changes(), []);
}

#[test]
fn a_request_that_is_over_is_over_on_disk() {
    let (mut bench, mut disk) = (Bench::drc(), Disk::default());
    let (one, two) = (bench.uid(&sale()), bench.uid(&sale()));
    bench.confirm(&one);
    bench.ask(edef_sim::Method::Put, &format!("/api/invoice/{two}/cancel"), "{}");
    bench.uid(&sale());
    bench.pass(120_000);
    bench.status();
    disk.write(bench.world.take_changes());
    assert_eq!(disk.0.keys().filter(|(kind, _)| *kind == RowKind::Pending).count(), 0);
    assert_eq!(disk.0.keys().filter(|(kind, _)| *kind == RowKind::Finalised).count(), 1);
}

#[test]
fn a_row_that_cannot_be_read_is_told() {
    let row = Row { kind: RowKind::Machine, key: "CD01000001-1".into(), body: Some("{}".into()) };
    assert!(World::load([row]).is_err());
}

impl Bench {
    fn sell_without_code(&mut self) {
        let uid = self.uid(&sale());
        assert_eq!(body(&self.confirm(&uid))["codeDEFDGI"], json!(null));
    }
}
