use std::{fs, path::Path};

use fiscal::Timestamp;
use ledger::{Database, Export, ExportDays, ExportDone, ExportStopped, LedgerStore};
use signing::{Attester, Signer};
use verify::{Audit, ExportManifest, ExportVerdict, Trust};

use crate::shop::{Shop, attesting, outlet, sealing};

fn export(
    store: &mut dyn LedgerStore,
    days: ExportDays,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<ExportDone, ExportStopped> {
    let now = Timestamp::from_unix(1_773_999_000).unwrap();
    let attester = attesting();
    Export { store, outlet: outlet(), days, attester: &attester, now, progress }.write(folder)
}

fn judged(folder: &Path) -> ExportVerdict {
    let jws = fs::read_to_string(folder.join(ExportManifest::FILE)).unwrap();
    let manifest = ExportManifest::read(&jws, &attesting().public_key()).unwrap();
    let trust = Trust::Keys(vec![sealing().active_key().unwrap()]);
    Audit::new(&trust)
        .export(&manifest, |part| fs::File::open(folder.join(part.file.to_string())).map(Some))
        .unwrap()
}

fn connect(shop: &Shop) -> Box<dyn LedgerStore> {
    shop.database.connect().unwrap()
}

#[test]
fn an_export_is_true_and_each_device_has_a_folder_of_its_own() {
    let shop = Shop::new();
    shop.sell(4);
    shop.deliver();
    shop.sell(2);
    let folder = shop.folder.path().join("export");
    let done = export(&mut *connect(&shop), ExportDays::default(), &folder, &mut |_| {}).unwrap();
    assert_eq!((done.journals, done.parts, done.kept, done.records), (2, 2, 0, 14));
    let verdict = judged(&folder);
    assert!(verdict.is_true() && !verdict.journal.is_part && verdict.signed, "{verdict:?}");
    assert_eq!((verdict.journal.lines, verdict.journal.invoices), (11, 6));
    let names = |path: &Path| {
        let mut names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&folder), ["DEF-000001", "manifest.jws", "part-000001.jsonl"]);
    assert_eq!(names(&folder.join("DEF-000001")), ["manifest.jws", "part-000001.jsonl"]);
    // A folder that is done is nobody's to write into.
    let again = export(&mut *connect(&shop), ExportDays::default(), &folder, &mut |_| {});
    assert!(matches!(again, Err(ExportStopped::Folder(_))), "{again:?}");
}

#[test]
fn a_period_begins_with_the_first_record_of_its_first_day_and_ends_with_the_last_of_its_last() {
    let shop = Shop::new();
    for _ in 0..3 {
        shop.sell(3);
        shop.pass(86_400);
    }
    let day = |text: &str| Some(text.parse().unwrap());
    for (since, until, lines, invoices) in [
        (None, None, 10, 9),
        (day("2026-03-15"), None, 6, 6),
        (day("2026-03-15"), day("2026-03-15"), 3, 3),
        (None, day("2026-03-14"), 4, 3),
    ] {
        let folder = shop.folder.path().join(format!("export-{since:?}-{until:?}"));
        export(&mut *connect(&shop), ExportDays { since, until }, &folder, &mut |_| {}).unwrap();
        let verdict = judged(&folder);
        assert!(verdict.is_true(), "{verdict:?}");
        assert_eq!(
            (verdict.journal.lines, verdict.journal.invoices),
            (lines, invoices),
            "{since:?} {until:?}"
        );
    }
    let nothing = ExportDays { since: day("2026-04-01"), until: None };
    let refused = export(&mut *connect(&shop), nothing, &shop.folder.path().join("no"), &mut |_| {});
    assert!(matches!(refused, Err(ExportStopped::Nothing)), "{refused:?}");
}

#[test]
fn an_interrupted_export_goes_on_and_does_not_write_again_what_is_whole() {
    let shop = Shop::new();
    shop.sell(3);
    shop.ledger.open_epoch(outlet(), ledger::EpochReason::Forced, None, None).unwrap();
    shop.sell(3);
    let folder = shop.folder.path().join("export");
    // It stops in the second part, as by a power cut.
    let mut store = connect(&shop);
    let mut pages = 0;
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        export(&mut *store, ExportDays::default(), &folder, &mut |_| {
            pages += 1;
            assert!(pages < 2, "power is cut");
        })
    }));
    assert!(stopped.is_err());
    let first = folder.join("part-000001.jsonl");
    let before = fs::metadata(&first).unwrap().modified().unwrap();
    // What was sealed after the beginning is the next export's.
    shop.sell(1);
    let other = ExportDays { since: Some("2026-03-14".parse().unwrap()), until: None };
    let refused = export(&mut *connect(&shop), other, &folder, &mut |_| {});
    assert!(matches!(refused, Err(ExportStopped::Folder(_))), "{refused:?}");
    let done = export(&mut *connect(&shop), ExportDays::default(), &folder, &mut |_| {}).unwrap();
    assert_eq!((done.parts, done.kept, done.records), (2, 1, 9));
    assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), before);
    assert!(judged(&folder).is_true());
}

#[test]
fn a_part_that_was_changed_meanwhile_is_written_again() {
    let shop = Shop::new();
    shop.sell(3);
    shop.ledger.open_epoch(outlet(), ledger::EpochReason::Forced, None, None).unwrap();
    shop.sell(1);
    let folder = shop.folder.path().join("export");
    let mut store = connect(&shop);
    let mut pages = 0;
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        export(&mut *store, ExportDays::default(), &folder, &mut |_| {
            pages += 1;
            assert!(pages < 2, "power is cut");
        })
    }));
    let first = folder.join("part-000001.jsonl");
    let text = fs::read_to_string(&first).unwrap();
    fs::write(&first, text.replacen("Savon", "Savom", 1).replacen("payload\":\"{", "payload\":\"{ ", 1))
        .unwrap();
    let done = export(&mut *connect(&shop), ExportDays::default(), &folder, &mut |_| {}).unwrap();
    assert_eq!((done.parts, done.kept), (2, 0));
    assert!(judged(&folder).is_true());
}
