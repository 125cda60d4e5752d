//! The export of records over HTTP.

use std::{fs::File, io::Read, path::Path, sync::Barrier};

use fiscal::PublicKey;
use registry::{Reach, Role};
use verify::{Audit, ExportManifest, Trust};

use crate::{
    bench::{Bench, make_key, make_merchant, payload},
    patience::{eventually, until},
    raw::{Raw, ask, open},
};

fn export(bench: &Bench, number: u8, query: &str) -> Raw {
    ask(bench.address, &format!("GET /api/v1/audit/export?{query}"), Some(number), &[], "")
}

/// The folders of exports of an outlet that are there now.
fn folders(outlet: &str) -> usize {
    let begin = format!("stelala-export-{outlet}-");
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(&begin)).count()
}

/// An outlet that no other test has, and its key, 5.
fn with_outlet(id: &str, prefix: &str) -> Bench {
    let (folder, config) = Bench::start().stopped();
    let database = cloud::database(&config.database).unwrap();
    let merchant = make_merchant(&*database, &config, "Papa Kasongo", "B1111111K", &[(id, prefix)]);
    make_key(&*database, 5, Role::Owner, Reach::Merchant(merchant));
    Bench::serve(folder, config)
}

fn sell(bench: &Bench, id: &str, sales: std::ops::Range<u64>) {
    let mut client = bench.client();
    for sale in sales {
        let payload = payload(sale).replace("KIN-GOMBE-01", id).replace("A2301457K", "B1111111K");
        let answer = client.sell(5, None, &payload);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

fn is_true(folder: &Path) -> u64 {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let key = |pem: &str| PublicKey::from_pem(pem).unwrap();
    let manifest = ExportManifest::read(&read("manifest.jws"), &key(&read("attester.pem"))).unwrap();
    let keys = read("keys.pem");
    let trust = Trust::Keys(keys.trim_end().split("\n\n").map(key).collect());
    let open = |part: &verify::ExportPart| Ok(Some(File::open(folder.join(part.file.to_string()))?));
    let verdict = Audit::new(&trust).export(&manifest, open).unwrap();
    assert!(verdict.is_true() && verdict.signed, "{verdict:?}");
    manifest.list().parts.iter().map(|part| part.records).sum()
}

#[test]
fn an_export_that_was_taken_away_is_true_and_noted() {
    let id = "KIN-TAKEN-01";
    let bench = with_outlet(id, "TAKEN00001");
    sell(&bench, id, 1..6);
    let answer = export(&bench, 5, &format!("outlet_id={id}&since=2026-01-01"));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), Some("application/x-tar"));
    let expected = format!("attachment; filename=\"{id}-2026-01-01-to-now.tar\"");
    assert_eq!(answer.header("content-disposition"), Some(expected.as_str()));
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(&*answer.body).unpack(folder.path()).unwrap();
    let inner = folder.path().join(format!("{id}-2026-01-01-to-now"));
    assert_eq!(is_true(&inner), 6, "five sales behind the opening");
    let database = cloud::database(&bench.config.database).unwrap();
    let mut store = database.connect().unwrap();
    let acts = registry::Registry::over(&mut *store).acts(&Reach::Platform, None, 100).unwrap();
    let act = acts.iter().find(|act| act.action == "audit.export").unwrap();
    assert_eq!((act.outlet.as_deref(), act.tenant.is_some()), (Some(id), true));
    assert!(act.subject.contains("6 records"), "{act:?}");
    drop(store);
    drop(bench);
    assert_eq!(folders(id), 0, "its files are gone");
}

#[test]
fn a_client_who_hangs_up_leaves_nothing_behind() {
    let id = "KIN-HANGUP-01";
    let bench = with_outlet(id, "HANGUP0001");
    sell(&bench, id, 1..40);
    for taken in [0, 100] {
        for _ in 0..3 {
            let mut stream =
                open(bench.address, &format!("GET /api/v1/audit/export?outlet_id={id}"), Some(5), &[], "");
            stream.read_exact(&mut vec![0; taken]).unwrap();
            drop(stream);
        }
    }
    until("its files go", || folders(id) == 0);
    // And its place is free again, a moment after the last file is gone.
    let status = eventually("its place is free", || {
        let status = export(&bench, 5, &format!("outlet_id={id}")).status;
        (status != 429).then_some(status)
    });
    assert_eq!(status, 200);
}

#[test]
fn of_many_of_a_merchant_who_want_an_export_at_once_one_gets_it_and_others_are_told_to_wait() {
    let id = "KIN-MANY-01";
    let bench = with_outlet(id, "MANY000001");
    sell(&bench, id, 1..40);
    let (bench, at_once) = (&bench, &Barrier::new(16));
    let answers: Vec<Raw> = std::thread::scope(|scope| {
        let ask = || {
            at_once.wait();
            export(bench, 5, &format!("outlet_id={id}"))
        };
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    let (made, told): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!made.is_empty() && !told.is_empty(), "{} made, {} told", made.len(), told.len());
    for answer in told {
        assert_eq!((answer.status, answer.code().as_str()), (429, "BUSY"));
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(folders(id), 0);
}

#[test]
fn where_nothing_was_sealed_there_is_no_export() {
    let id = "KIN-NOTHING-01";
    let bench = with_outlet(id, "NOTHING001");
    let none = export(&bench, 5, &format!("outlet_id={id}"));
    assert_eq!((none.status, none.code().as_str()), (404, "NOT_FOUND"));
    sell(&bench, id, 1..2);
    let before = export(&bench, 5, &format!("outlet_id={id}&until=2001-01-01"));
    assert_eq!((before.status, before.code().as_str()), (404, "NOT_FOUND"));
    for (query, status) in [
        (format!("outlet_id={id}&since=9999-01-01"), 400),
        (format!("outlet_id={id}&since=today"), 400),
        (format!("outlet_id={id}&since=2026-01-02&until=2026-01-01"), 400),
        ("outlet_id=KIN-GOMBE-01".to_owned(), 404),
        (String::new(), 400),
    ] {
        let answer = export(&bench, 5, &query);
        assert_eq!(answer.status, status, "{query}");
        answer.code();
    }
    assert_eq!(folders(id), 0);
}
