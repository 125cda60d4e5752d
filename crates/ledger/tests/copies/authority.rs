//! What the tax authority says of invoices, in the database's copies and before its auditor.

use std::{collections::BTreeMap, fs};

use fiscal::{Record, Timestamp};
use ledger::{
    AuthorityElements, AuthorityNote, AuthoritySource, ChainId, Database, Export, ExportDays, Place,
    check_backup, restore_backup, write_backup,
};
use rusqlite::Connection;
use signing::{Attester, Signer};
use verify::{Audit, ExportManifest, Trust};

use crate::shop::{Shop, attesting, examine, open, outlet, said, sealing, start, verdict};

const CODE: &str = "YKAV7RVLAMCF7JNAAHX4KQ2M";
const OTHER: &str = "AAAA7RVLAMCF7JNAAHX4KQ2M";

fn note_of(record: &Record, code: &str) -> AuthorityNote {
    let header = &record.header;
    let chain = ChainId { outlet: header.outlet, epoch: header.epoch, signer: header.device };
    AuthorityNote {
        invoice: Place { chain, position: record.link.position },
        record_hash: record.hash(),
        elements: AuthorityElements {
            nim: "CD01002345-1".parse().unwrap(),
            uid: None,
            code: code.parse().unwrap(),
            date_time: Some("14/03/2026 09:04:20".parse().unwrap()),
            qr: Some("F;CD01002345-1;YKAV7RVLAMCF7JNAAHX4KQ2M;A2301457K;20260314090420".parse().unwrap()),
            counters: Some("64/64 FV".parse().unwrap()),
            total: None,
            vtotal: None,
            source: AuthoritySource::Api,
            host: "edef.dgirdc.cd".parse().unwrap(),
            is_test: false,
        },
    }
}

/// Two sales, of which the authority has the first: 1 provisioned, 2 and 3 sales, 4 the authority's elements.
fn noted_shop() -> (Shop, AuthorityNote) {
    let shop = Shop::new();
    let sold = shop.sell(2);
    let note = note_of(&sold[0].sealed, CODE);
    shop.ledger.note_authority(outlet(), note.clone(), None).unwrap();
    (shop, note)
}

#[test]
fn a_ledger_that_holds_them_is_true_with_its_heads() {
    let (shop, _) = noted_shop();
    shop.sell(1);
    shop.ledger.stop();
    let verdict = verdict(&shop.database, shop.heads());
    assert!(verdict.is_true(), "{}", said(&verdict));
    assert_eq!((verdict.records, verdict.invoices), (5, 3));
}

#[test]
fn a_backup_and_an_export_carry_them_and_a_restored_ledger_repeats_them() {
    let (shop, note) = noted_shop();
    let mut file = Vec::new();
    write_backup(&mut *shop.database.snapshot().unwrap(), &[], &mut file, &mut |_| {}).unwrap();
    let other = open(&shop.folder.path().join("other.sqlite"));
    check_backup(&file[..], &[]).unwrap();
    let mut tables = other.fill().unwrap();
    restore_backup(&file[..], &[], &mut *tables, &mut |_| {}).unwrap();
    let verdict = examine(&mut *tables, BTreeMap::new());
    assert!(verdict.is_true(), "{}", said(&verdict));
    tables.commit(77).unwrap();
    let ledger = start(&other, shop.clock(), &shop.folder.path().join("other-heads.jsonl"), 77);
    ledger.open_epoch(outlet(), ledger::EpochReason::Restored, None, None).unwrap();
    assert_eq!(ledger.authority_at(note.invoice).unwrap(), Some(note.elements.clone()));
    assert!(ledger.note_authority(outlet(), note, None).unwrap().repeated);
    ledger.stop();

    let folder = shop.folder.path().join("export");
    fs::create_dir(&folder).unwrap();
    let (attester, now) = (attesting(), Timestamp::from_unix(1_773_999_000).unwrap());
    let mut store = shop.database.connect().unwrap();
    let export = Export {
        store: &mut *store,
        outlet: outlet(),
        days: ExportDays { since: None, until: None },
        attester: &attester,
        now,
        progress: &mut |_| {},
    };
    export.write(&folder).unwrap();
    let jws = fs::read_to_string(folder.join(ExportManifest::FILE)).unwrap();
    let manifest = ExportManifest::read(&jws, &attester.public_key()).unwrap();
    let trust = Trust::Keys(vec![sealing().active_key().unwrap()]);
    let verdict = Audit::new(&trust)
        .export(&manifest, |part| fs::File::open(folder.join(part.file.to_string())).map(Some))
        .unwrap();
    assert_eq!((verdict.findings, verdict.journal.findings), (vec![], vec![]));
    assert_eq!((verdict.journal.authority, verdict.journal.authority_unchecked), (1, 0));
}

/// The triggers are gone, as for who has the file.
fn changed(shop: &Shop, sql: &str) -> Vec<String> {
    let connection = Connection::open(shop.path()).unwrap();
    connection
        .execute_batch("DROP TRIGGER records_stay_on_update; DROP TRIGGER records_stay_on_delete")
        .unwrap();
    assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
    drop(connection);
    let verdict = verdict(&shop.database, BTreeMap::new());
    verdict.findings.iter().map(|finding| finding.code().to_owned()).collect()
}

#[test]
fn a_changed_code_or_column_shows() {
    for (set, code) in [
        (format!("body = replace(body, '{CODE}', '{OTHER}')"), "payload_hash"),
        ("reference_number = 2".to_owned(), "column_differs"),
        ("reference_epoch = NULL, reference_number = NULL".to_owned(), "column_differs"),
        ("kind = 68".to_owned(), "column_differs"),
        ("body = NULL".to_owned(), "body_missing"),
    ] {
        let (shop, _) = noted_shop();
        shop.ledger.stop();
        let found = changed(&shop, &format!("UPDATE records SET {set} WHERE position = 4"));
        assert!(found.iter().any(|found| found == code), "{set}: {found:?}");
    }
}
