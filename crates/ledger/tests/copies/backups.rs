use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use fiscal::Epoch;
use ledger::{
    BackupFault, BackupFigures, Cell, ColumnKind, Database, EpochReason, SqliteDatabase, StoreFault, Table,
    TableShape, acts_of, check_backup, restore_backup, write_backup,
};

use crate::shop::{Shop, examine, open, outlet, said, start, verdict};

const PEOPLE: TableShape = TableShape {
    name: "people",
    columns: &[
        ("merchant", ColumnKind::Text),
        ("nth", ColumnKind::Integer),
        ("name", ColumnKind::Text),
        ("secret", ColumnKind::Bytes),
    ],
    key_columns: 2,
};
const OTHERS: &[Table] = &[Table::Other(&PEOPLE)];
const MAKE: &str = "CREATE TABLE IF NOT EXISTS people (merchant TEXT NOT NULL, nth BIGINT NOT NULL, name TEXT, \
     secret BLOB, PRIMARY KEY (merchant, nth));";

/// So many people, over more than one page.
fn people(database: &dyn Database, count: i64) {
    let add = "INSERT INTO people (merchant, nth, name, secret) VALUES ($1, $2, $3, $4)";
    let mut store = database.connect().unwrap();
    store
        .change(&mut |statements| {
            statements.script(MAKE)?;
            for nth in 0..count {
                let name = if nth % 2 == 0 { Cell::Null } else { Cell::Text(format!("Ada {nth}")) };
                let merchant = Cell::Text(format!("M-{}", nth % 3));
                statements.execute(add, &[merchant, Cell::Integer(nth), name, Cell::Bytes(vec![0, 9])])?;
            }
            Ok(())
        })
        .unwrap();
}

fn back_up(database: &dyn Database) -> (Vec<u8>, BackupFigures) {
    back_up_with(database, &[])
}

fn back_up_with(database: &dyn Database, others: &[Table]) -> (Vec<u8>, BackupFigures) {
    let mut file = Vec::new();
    let figures = write_backup(&mut *database.snapshot().unwrap(), others, &mut file, &mut |_| {}).unwrap();
    (file, figures)
}

/// As the command does: filled, examined, committed.
fn restore(file: &[u8], database: &SqliteDatabase) -> Result<(), BackupFault> {
    check_backup(file, &[])?;
    let mut tables = database.fill()?;
    restore_backup(file, &[], &mut *tables, &mut |_| {})?;
    let verdict = examine(&mut *tables, BTreeMap::new());
    assert!(verdict.is_true(), "{}", said(&verdict));
    Ok(tables.commit(77)?)
}

#[test]
fn a_backup_under_load_is_of_one_moment_and_its_restored_ledger_goes_on_in_a_new_epoch() {
    let shop = Shop::new();
    shop.sell(5);
    shop.deliver();
    let before = shop.sold.load(Ordering::SeqCst);
    let stop = AtomicBool::new(false);
    let (file, figures) = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    shop.sell_one(&shop.ledger);
                }
            });
        }
        // The newest of each of the three may not be sealed yet. Who waits for longer waits for what will not come.
        for _ in 0..12_000 {
            if shop.sold.load(Ordering::SeqCst) >= before + 24 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let backup = back_up(&shop.database);
        std::thread::sleep(std::time::Duration::from_millis(100));
        stop.store(true, Ordering::SeqCst);
        backup
    });
    let held = figures.rows(Table::Records);
    assert!(held > 20, "{figures:?}");

    let other = open(&shop.folder.path().join("other.sqlite"));
    restore(&file, &other).unwrap();
    // All but the generation of its heads, so that nobody who had the old ledger's turn appends.
    let again = back_up(&other);
    assert_eq!((again.1, again.0.len()), (figures, file.len()), "what was restored is what was backed up");
    let heads = shop.folder.path().join("other-heads.jsonl");
    let ledger = start(&other, shop.clock(), &heads, 77);
    // Later than every epoch of which there is a chain: a device of the first outlet is in its third.
    for (outlet, epoch) in [(outlet(), Epoch(4)), ("LUB-KENYA-03".parse().unwrap(), Epoch(1))] {
        let opened = ledger.open_epoch(outlet, EpochReason::Restored, None, None).unwrap();
        assert_eq!(opened.row.place.chain.epoch, epoch);
    }
    let first = shop.sell_one(&ledger);
    let facts = *first.sealed.header.invoice().unwrap();
    assert_eq!((first.sealed.header.epoch, facts.number.value()), (Epoch(4), 1));
    let chain = ledger::ChainId { outlet: outlet(), epoch: Epoch(4), signer: "CLOUD-1".parse().unwrap() };
    let rows = ledger.ask(|store| store.records(chain, None, 10)).unwrap();
    let last = ledger.ask(|store| store.newest_of(ledger::ChainId { epoch: Epoch(0), ..chain }));
    let last = last.unwrap().unwrap();
    let flag = rows[1].body.as_deref().unwrap();
    let position = last.place.position;
    assert!(
        flag.starts_with(&format!(
            r#"{{"reason":"unreported","epoch":0,"last_position":{position},"last_number":"#
        )),
        "{flag}"
    );
    ledger.stop();
    let verdict = verdict(&other, BTreeMap::new());
    assert!(verdict.is_true(), "{}", said(&verdict));
}

#[test]
fn until_the_new_epochs_are_there_no_other_process_appends() {
    let shop = Shop::new();
    shop.sell(2);
    let other = open(&shop.folder.path().join("other.sqlite"));
    restore(&back_up(&shop.database).0, &other).unwrap();
    let mut store = other.connect().unwrap();
    let turn = store.take_turn(outlet(), 5, std::time::Duration::from_secs(1)).unwrap();
    assert!(matches!(turn, ledger::Turn::Held(_)), "{turn:?}");
    let ledger = start(&other, shop.clock(), &shop.folder.path().join("h"), 77);
    ledger.open_epoch(outlet(), EpochReason::Restored, None, None).unwrap();
    ledger.stop();
    let turn = store.take_turn(outlet(), 5, std::time::Duration::from_secs(1)).unwrap();
    assert!(matches!(turn, ledger::Turn::Taken(_)), "{turn:?}");
}

#[test]
fn a_backup_with_any_byte_changed_or_cut_off_is_refused() {
    let shop = Shop::new();
    shop.sell(2);
    let file = back_up(&shop.database).0;
    assert!(check_backup(&file[..], &[]).is_ok());
    for at in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(check_backup(&changed[..], &[]).is_err(), "byte {at}");
    }
    for length in (0..file.len()).step_by(101) {
        assert!(check_backup(&file[..length], &[]).is_err(), "{length} bytes");
    }
    let longer = [&file[..], b"x"].concat();
    assert!(matches!(check_backup(&longer[..], &[]), Err(BackupFault::Damaged)));
    // Even when it is put in unchecked, a restore that fails leaves nothing behind.
    let other = open(&shop.folder.path().join("other.sqlite"));
    let mut tables = other.fill().unwrap();
    assert!(restore_backup(&file[..file.len() - 1], &[], &mut *tables, &mut |_| {}).is_err());
    drop(tables);
    assert!(other.connect().unwrap().outlets(None, 1).unwrap().is_empty());
    restore(&file, &other).unwrap();
}

#[test]
fn a_database_with_a_ledger_is_not_filled() {
    let shop = Shop::new();
    let refused = shop.database.fill().map(|_| ()).unwrap_err();
    assert!(matches!(&refused, StoreFault::Unsafe(said) if said.contains("already")), "{refused}");
}

#[test]
fn a_backup_carries_acts_and_tables_of_others() {
    let shop = Shop::new();
    shop.sell_as(&shop.ledger, "till-1");
    people(&shop.database, 1_100);
    let (file, figures) = back_up_with(&shop.database, OTHERS);
    assert_eq!((figures.rows(Table::Acts), figures.rows(Table::Other(&PEOPLE))), (1, 1_100));
    assert_eq!(check_backup(&file[..], OTHERS).unwrap(), figures);

    let other = open(&shop.folder.path().join("other.sqlite"));
    people(&other, 0);
    let mut tables = other.fill().unwrap();
    restore_backup(&file[..], OTHERS, &mut *tables, &mut |_| {}).unwrap();
    tables.commit(77).unwrap();
    assert_eq!(back_up_with(&other, OTHERS).0.len(), file.len());
    let mut acts = Vec::new();
    let mut store = other.connect().unwrap();
    let look = &mut |statements: &mut dyn ledger::Statements| {
        acts = acts_of(statements, Some("M-1"), None, 10)?;
        Ok(())
    };
    store.look(look).unwrap();
    assert_eq!(acts[0].subject, "KING-0-00000001");
}

#[test]
fn a_table_that_nobody_asked_for_or_that_is_not_empty_is_refused_by_name() {
    let shop = Shop::new();
    people(&shop.database, 3);
    let (file, _) = back_up_with(&shop.database, OTHERS);
    let refused = check_backup(&file[..], &[]).unwrap_err();
    assert!(matches!(&refused, BackupFault::Table(name) if name == "people"), "{refused}");
    const OTHERWISE: TableShape = TableShape { columns: PEOPLE.columns.split_at(3).0, ..PEOPLE };
    let refused = check_backup(&file[..], &[Table::Other(&OTHERWISE)]).unwrap_err();
    assert!(matches!(refused, BackupFault::Table(_)), "{refused}");

    let other = open(&shop.folder.path().join("other.sqlite"));
    people(&other, 1);
    let mut tables = other.fill().unwrap();
    let refused = restore_backup(&file[..], OTHERS, &mut *tables, &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("table people"), "{refused}");
}

#[test]
fn a_backup_of_before_there_were_acts_is_restored() {
    let file = include_bytes!("version_1/backup.bin");
    let figures = check_backup(&file[..], OTHERS).unwrap();
    assert_eq!((figures.rows(Table::Outlets), figures.rows(Table::Sales)), (2, 2));
    let folder = tempfile::tempdir().unwrap();
    let database = open(&folder.path().join("ledger.sqlite"));
    people(&database, 0);
    let mut tables = database.fill().unwrap();
    assert_eq!(restore_backup(&file[..], OTHERS, &mut *tables, &mut |_| {}).unwrap(), figures);
    let verdict = examine(&mut *tables, BTreeMap::new());
    assert!(verdict.is_true() && verdict.records == 4, "{}", said(&verdict));
    tables.commit(77).unwrap();
}

#[test]
fn a_backup_of_before_devices_held_lines_is_restored_with_the_line_at_the_ledger_s_signer() {
    let file = include_bytes!("version_2/backup.bin");
    let figures = check_backup(&file[..], OTHERS).unwrap();
    assert_eq!((figures.rows(Table::Heads), figures.rows(Table::Acts)), (2, 1));
    let folder = tempfile::tempdir().unwrap();
    let database = open(&folder.path().join("ledger.sqlite"));
    people(&database, 0);
    let mut tables = database.fill().unwrap();
    assert_eq!(restore_backup(&file[..], OTHERS, &mut *tables, &mut |_| {}).unwrap(), figures);
    let verdict = examine(&mut *tables, BTreeMap::new());
    assert!(verdict.is_true() && verdict.invoices > 0, "{}", said(&verdict));
    tables.commit(77).unwrap();
    let head = database.connect().unwrap().head(outlet()).unwrap().unwrap();
    assert_eq!(head.holder, None);
}

#[test]
fn a_backup_carries_who_holds_the_line_and_what_cannot_be_placed() {
    let shop = Shop::new();
    shop.sell(2);
    let device = "DEF-000001".parse().unwrap();
    shop.ledger.leave(outlet(), device, None).unwrap();
    let mut tables = shop.database.snapshot().unwrap();
    let heads = tables.rows(Table::Heads, None, 9).unwrap();
    drop(tables);
    let (file, figures) = back_up(&shop.database);
    assert_eq!(figures.rows(Table::Unfit), 0);
    let other = open(&shop.folder.path().join("other.sqlite"));
    let mut tables = other.fill().unwrap();
    restore_backup(&file[..], &[], &mut *tables, &mut |_| {}).unwrap();
    let restored = tables.rows(Table::Heads, None, 9).unwrap();
    assert_eq!(restored, heads);
    assert_eq!(restored[0].last(), Some(&ledger::Cell::Text("DEF-000001".to_owned())));
    tables.commit(77).unwrap();
    // The restore takes it back.
    let ledger = start(&other, shop.clock(), &shop.folder.path().join("h"), 77);
    ledger.open_epoch(outlet(), EpochReason::Restored, None, None).unwrap();
    assert_eq!(ledger.line(outlet()).unwrap().holder, ledger::Holder::Own);
    ledger.stop();
    let verdict = verdict(&other, BTreeMap::new());
    assert!(verdict.is_true(), "{}", said(&verdict));
}
