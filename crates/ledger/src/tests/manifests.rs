//! Tax groups that change while the ledger sells (P7).

use fiscal::{Fault, Reason, UtcOffset};

use super::*;
use crate::{ManifestBook, Outlet};

const LUBUMBASHI: &str = "LUB-KENYA-03";
/// 2026-04-01T00:00:00 UTC, the day from which the rate of 18 % holds.
const CHANGES: u64 = 1_775_001_600;

/// As a finance ministry would have it: embassies buy under a group of their own, an advance is never at the reduced rate,
/// and from April the standard rate is 18 %.
const IMPORTED: &str = r#"[
 {"code":"standard_vat","letter":"B","french":"TVA 16%","english":"VAT 16%","rate":"0.16","valid_from":"2025-12-01",
  "invoice_types":["sale","advance","credit_note"],
  "classifications":["Individual","Company","CommercialIndividual","Professional"]},
 {"code":"standard_vat","letter":"B","french":"TVA 18%","english":"VAT 18%","rate":"0.18","valid_from":"2026-04-01",
  "invoice_types":["sale","advance","credit_note"],
  "classifications":["Individual","Company","CommercialIndividual","Professional"]},
 {"code":"reduced_vat","letter":"C","french":"TVA 5%","english":"VAT 5%","rate":"0.05","valid_from":"2025-12-01",
  "invoice_types":["sale","credit_note"]},
 {"code":"derogatory","letter":"D","french":"Ambassades","english":"Embassies","rate":"0.00","valid_from":"2025-12-01",
  "classifications":["Embassy"]},
 {"code":"export","letter":"E","french":"Exportation","english":"Export","rate":"0.00","valid_from":"2025-12-01",
  "invoice_types":["export","export_advance","export_credit"]}
]"#;

fn imported() -> Arc<ManifestBook> {
    let book = ManifestBook::read(IMPORTED, ManifestBook::DEFAULT_VERSION + 1).unwrap();
    Arc::new(book)
}

/// A ledger with an outlet in each zone and the imported groups.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.ledger.register(&Outlet { zone: UtcOffset::LUBUMBASHI, ..outlet(LUBUMBASHI) }).unwrap();
    bench.ledger.use_manifest(imported());
    bench
}

/// A sale of 100.00 in a group.
fn sale_in(bench: &mut Bench, outlet: &str, group: &str, percent: u32) -> String {
    bench.count += 1;
    let text = String::from_utf8(sale(outlet, bench.now(), bench.count, "99")).unwrap();
    text.replace("standard_vat", group)
        .replace("\"rate\":\"0.16\"", &format!("\"rate\":\"0.{percent:02}\""))
        .replace("\"16.00\"", &format!("\"{percent}.00\""))
        .replace("\"116.00\"", &format!("\"{}.00\"", 100 + percent))
}

fn seal(bench: &Bench, payload: &str) -> Result<Sealing, Reason> {
    let offer = Offer::read_with(payload.as_bytes().to_vec(), None, &bench.ledger.manifest()).unwrap();
    bench.ledger.seal(offer).map_err(|refusal| match refusal {
        Refusal::Payload(Fault { reason, .. }) => reason,
        other => panic!("{other}"),
    })
}

#[test]
fn a_rate_changes_at_midnight_in_the_outlet_s_zone() {
    for (outlet, zone) in [(SHOP, UtcOffset::KINSHASA), (LUBUMBASHI, UtcOffset::LUBUMBASHI)] {
        let mut bench = bench();
        let midnight = CHANGES - 60 * u64::try_from(zone.minutes()).unwrap();
        // 22:59:59 UTC and 23:00:00 UTC in Kinshasa, an hour earlier in Lubumbashi.
        for (now, holds, other) in [
            (midnight - 3_600, 16, 18),
            (midnight - 1, 16, 18),
            (midnight, 18, 16),
            (midnight + 3_599, 18, 16),
        ] {
            bench.clock.store(now, Ordering::Relaxed);
            let wrong = sale_in(&mut bench, outlet, "standard_vat", other);
            assert_eq!(seal(&bench, &wrong).unwrap_err(), Reason::RateNotInManifest, "{outlet} {now}");
            let right = sale_in(&mut bench, outlet, "standard_vat", holds);
            let sealed = seal(&bench, &right).unwrap().sealed;
            assert_eq!(sealed.header.time.unix(), now);
        }
    }
}

#[test]
fn in_the_hour_between_the_two_midnights_each_zone_has_its_own_rate() {
    let mut bench = bench();
    // 22:30 UTC: half past midnight in Lubumbashi.
    bench.clock.store(CHANGES - 5_400, Ordering::Relaxed);
    for (outlet, holds, other) in [(SHOP, 16, 18), (LUBUMBASHI, 18, 16)] {
        let wrong = sale_in(&mut bench, outlet, "standard_vat", other);
        assert_eq!(seal(&bench, &wrong).unwrap_err(), Reason::RateNotInManifest, "{outlet}");
        let right = sale_in(&mut bench, outlet, "standard_vat", holds);
        seal(&bench, &right).unwrap();
    }
}

#[test]
fn the_day_is_that_of_the_seal_and_not_of_the_till_s_stamp() {
    let mut bench = bench();
    bench.clock.store(CHANGES - 3_600 - 1, Ordering::Relaxed);
    let before = sale_in(&mut bench, SHOP, "standard_vat", 16);
    bench.later(1);
    assert_eq!(seal(&bench, &before).unwrap_err(), Reason::RateNotInManifest);
}

#[test]
fn a_credit_note_after_midnight_keeps_the_rate_of_its_original() {
    let mut bench = bench();
    bench.clock.store(CHANGES - 3_600 - 1, Ordering::Relaxed);
    let original = sale_in(&mut bench, SHOP, "standard_vat", 16);
    let sealing = seal(&bench, &original).unwrap();
    bench.later(1);
    let note = bench.note(&(original.into_bytes(), sealing));
    let note = String::from_utf8(note).unwrap();
    assert!(note.contains("\"rate\":\"0.16\""), "{note}");
    assert!(seal(&bench, &note).is_ok());
}

#[test]
fn embassies_exports_and_advances_follow_the_imported_groups() {
    let mut bench = bench();
    let embassy = |text: String| {
        text.replace(
            r#""registration":"","classification":"Individual""#,
            r#""registration":"AMB-1","classification":"Embassy""#,
        )
    };
    let typed = |text: String, of: &str| {
        text.replace(r#""invoice_type":"sale""#, &format!(r#""invoice_type":"{of}""#))
    };
    let mut sale = |group: &str, percent| sale_in(&mut bench, SHOP, group, percent);
    let cases = [
        (embassy(sale("derogatory", 0)), Ok(())),
        (embassy(sale("standard_vat", 16)), Err(Reason::GroupClient)),
        (sale("derogatory", 0), Err(Reason::GroupClient)),
        (typed(sale("export", 0), "export"), Ok(())),
        (typed(sale("export", 0), "export_advance"), Ok(())),
        (sale("export", 0), Err(Reason::GroupInvoiceType)),
        (typed(sale("standard_vat", 16), "export"), Err(Reason::GroupInvoiceType)),
        (typed(sale("standard_vat", 16), "advance"), Ok(())),
        (typed(sale("reduced_vat", 5), "advance"), Err(Reason::GroupInvoiceType)),
        (sale("reduced_vat", 5), Ok(())),
        (sale("exempt", 0), Err(Reason::GroupNotInManifest)),
    ];
    for (payload, expected) in cases {
        assert_eq!(seal(&bench, &payload).map(|_| ()), expected, "{payload}");
    }
}

#[test]
fn another_manifest_holds_from_the_next_batch_on_whatever_an_offer_was_read_with() {
    let mut bench = Bench::new();
    let default = bench.ledger.manifest();
    let embassy = sale_in(&mut bench, SHOP, "derogatory", 0);
    let offer = Offer::read_with(embassy.clone().into_bytes(), None, &default).unwrap();
    bench.ledger.use_manifest(imported());
    assert_eq!(bench.ledger.manifest().version(), 1);
    let refused = bench.ledger.seal(offer).unwrap_err();
    assert!(matches!(refused, Refusal::Payload(fault) if fault.reason == Reason::GroupClient), "{refused}");
    // And the other way round.
    let offer = Offer::read_with(embassy.into_bytes(), None, &imported()).unwrap();
    bench.ledger.use_manifest(default);
    assert!(bench.ledger.seal(offer).is_ok());
}
