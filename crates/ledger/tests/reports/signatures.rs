//! X and A reports are signed over exactly their text, by a key that seals nothing; a Z report is a sealed record.

use def_protocol::{ArticlesAsked, Cursor, SnapshotPeriod};
use def_trials::Sale;
use fiscal::{Epoch, Timestamp, UtcOffset};
use serde_json::Value;
use verify::{ReportFault, ReportKind, SignedReport};

use crate::cloud::{Cloud, outlet};

fn shop() -> (Cloud, Timestamp) {
    let now = "2026-03-14T09:00:00".parse().unwrap();
    let cloud = Cloud::open(UtcOffset::KINSHASA, now);
    cloud.sell(&Sale::of("CAISSE-1", now, 3, 1).payload()).unwrap();
    (cloud, now)
}

#[test]
fn a_snapshot_is_signed_with_what_it_is_of() {
    let (cloud, now) = shop();
    let report = cloud.ledger.snapshot(outlet(), SnapshotPeriod::Session).unwrap();
    let signed = SignedReport::read(&report.jws.unwrap(), &cloud.attester).unwrap();
    assert_eq!(signed.json, report.json);
    let scope = signed.scope;
    assert_eq!((scope.kind, scope.issued, scope.outlet), (ReportKind::Snapshot(Epoch(0)), now, outlet()));
    assert_eq!((scope.nif.as_str(), scope.signer.as_str()), ("A2301457K", "CLOUD-1"));
    assert_eq!(
        serde_json::to_value(&report.answer).unwrap(),
        serde_json::from_str::<Value>(&report.json).unwrap()
    );
}

#[test]
fn each_page_of_articles_is_signed_with_its_days_and_its_place() {
    let (cloud, _) = shop();
    let day = "2026-03-14".parse().unwrap();
    let mut after = None::<String>;
    for last in [false, true] {
        let asked = ArticlesAsked { since: day, until: day, after: after.as_deref().and_then(Cursor::new) };
        let report = cloud.ledger.articles(outlet(), &asked, 2.try_into().unwrap()).unwrap();
        let signed = SignedReport::read(&report.jws.unwrap(), &cloud.attester).unwrap();
        assert_eq!(signed.json, report.json);
        assert_eq!(signed.scope.kind, ReportKind::Articles { since: day, until: day, after });
        assert_eq!(report.answer.last, last);
        after = report.answer.next;
    }
}

#[test]
fn the_key_that_seals_signs_no_report() {
    let (cloud, _) = shop();
    let jws = cloud.ledger.snapshot(outlet(), SnapshotPeriod::Day).unwrap().jws.unwrap();
    let sealing = cloud.ledger.ask(|store| store.keys()).unwrap()[0].key;
    assert_eq!(SignedReport::read(&jws, &sealing), Err(ReportFault::SignatureFalse));
    let closure = cloud.ledger.close(outlet(), "2026-03-14".parse().unwrap(), None).unwrap();
    closure.row.read().unwrap().verify(&sealing).unwrap();
}

#[test]
fn only_a_closure_is_told_as_one() {
    let (cloud, _) = shop();
    let mut recorded = cloud.ledger.close(outlet(), "2026-03-14".parse().unwrap(), None).unwrap();
    assert!(recorded.closure_json().is_some());
    let first = cloud.ledger.ask(|store| store.records(recorded.row.place.chain, None, 1)).unwrap();
    recorded.row = first.into_iter().next().unwrap();
    assert_eq!(recorded.closure_json(), None);
}
