//! Tables that are not the ledger's own.

use ledger::{Cell, Cells, LedgerStore, StoreFault};

use super::Subject;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS suite_people \
    (run BIGINT NOT NULL, name TEXT NOT NULL, born BIGINT, secret BLOB, PRIMARY KEY (run, name));";
const INSERT: &str =
    "INSERT INTO suite_people (run, name, born, secret) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const NAMES: &str = "SELECT name, born, secret FROM suite_people WHERE run = $1 ORDER BY name";

/// A connection to a database that has the table, and a number for the case's own rows.
fn opened(subject: &dyn Subject) -> (Box<dyn LedgerStore>, Cell) {
    let mut store = subject.open().unwrap().connect().unwrap();
    store.change(&mut |statements| statements.script(TABLE)).unwrap();
    (store, Cell::Integer(i64::try_from(subject.nonce()).unwrap()))
}

fn person(run: &Cell, name: &str) -> [Cell; 4] {
    [run.clone(), Cell::Text(name.to_owned()), Cell::Null, Cell::Null]
}

fn found(store: &mut dyn LedgerStore, run: &Cell) -> Vec<Cells> {
    let mut found = Vec::new();
    store
        .look(&mut |statements| {
            found = statements.query(NAMES, std::slice::from_ref(run))?;
            Ok(())
        })
        .unwrap();
    found
}

pub(crate) fn other_tables_hold_what_is_written_in_the_order_of_bytes(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    let people = ["b", "é", "C", "a"].map(|name| {
        [run.clone(), Cell::Text(name.to_owned()), Cell::Integer(i64::MIN), Cell::Bytes(vec![0, 255])]
    });
    let mut count = 0;
    let write = &mut |statements: &mut dyn ledger::Statements| {
        count = 0;
        for person in people.iter().chain([&person(&run, "nobody")]) {
            count += statements.execute(INSERT, person)?;
        }
        Ok(())
    };
    store.change(write).unwrap();
    assert_eq!(count, 5);
    let mut other = subject.open().unwrap().connect().unwrap();
    let all = found(&mut *other, &run);
    let names: Vec<_> = all.iter().map(|row| row[0].text().unwrap()).collect();
    assert_eq!(names, ["C", "a", "b", "nobody", "é"]);
    assert_eq!(all[1][1..], [Cell::Integer(i64::MIN), Cell::Bytes(vec![0, 255])]);
    assert_eq!(all[3][1..], [Cell::Null, Cell::Null]);
}

pub(crate) fn a_row_that_is_there_is_told_by_the_count(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    for expected in [1, 0] {
        let mut count = None;
        let write = &mut |statements: &mut dyn ledger::Statements| {
            count = Some(statements.execute(INSERT, &person(&run, "Ada"))?);
            Ok(())
        };
        store.change(write).unwrap();
        assert_eq!(count, Some(expected));
    }
}

pub(crate) fn a_change_that_fails_is_undone_though_its_work_says_nothing(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    let stopped = store.change(&mut |statements| {
        statements.execute(INSERT, &person(&run, "first"))?;
        Err(StoreFault::Exists("the person"))
    });
    assert!(matches!(stopped, Err(StoreFault::Exists("the person"))), "{stopped:?}");
    let swallowed = store.change(&mut |statements| {
        statements.execute(INSERT, &person(&run, "second"))?;
        let without_name = [run.clone(), Cell::Null, Cell::Null, Cell::Null];
        assert!(statements.execute(INSERT, &without_name).is_err());
        assert!(statements.execute(INSERT, &person(&run, "third")).is_err(), "it is over");
        Ok(())
    });
    assert!(swallowed.is_err());
    assert_eq!(found(&mut *store, &run), Vec::<Cells>::new());
    store.change(&mut |statements| statements.execute(INSERT, &person(&run, "last")).map(drop)).unwrap();
    assert_eq!(found(&mut *store, &run).len(), 1);
}

pub(crate) fn a_look_changes_nothing(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    let refused = store.look(&mut |statements| statements.execute(INSERT, &person(&run, "Ada")).map(drop));
    assert!(refused.is_err());
    let refused = store.look(&mut |statements| statements.script("DELETE FROM suite_people;"));
    assert!(refused.is_err());
    assert_eq!(found(&mut *store, &run), Vec::<Cells>::new());
}

pub(crate) fn a_look_is_of_one_moment(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    let mut other = subject.open().unwrap().connect().unwrap();
    let mut counts = Vec::new();
    store
        .look(&mut |statements| {
            let asked = std::slice::from_ref(&run);
            counts.push(statements.query(NAMES, asked)?.len());
            other.change(&mut |statements| statements.execute(INSERT, &person(&run, "Ada")).map(drop))?;
            counts.push(statements.query(NAMES, asked)?.len());
            Ok(())
        })
        .unwrap();
    assert_eq!(counts, [0, 0]);
    assert_eq!(found(&mut *store, &run).len(), 1);
}

pub(crate) fn changes_come_one_after_the_other(subject: &dyn Subject) {
    const EACH: i64 = 20;
    let (mut store, run) = opened(subject);
    let first = [run.clone(), Cell::Text("sum".to_owned()), Cell::Integer(0), Cell::Null];
    store.change(&mut |statements| statements.execute(INSERT, &first).map(drop)).unwrap();
    let add = || {
        let mut store = subject.open().unwrap().connect().unwrap();
        for _ in 0..EACH {
            store
                .change(&mut |statements| {
                    let sum = statements.query(NAMES, std::slice::from_ref(&run))?[0][1].integer().unwrap();
                    let sql = "UPDATE suite_people SET born = $2 WHERE run = $1";
                    statements.execute(sql, &[run.clone(), Cell::Integer(sum + 1)]).map(drop)
                })
                .unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(add);
        }
    });
    assert_eq!(found(&mut *store, &run)[0][1], Cell::Integer(3 * EACH));
}

pub(crate) fn a_statement_takes_as_many_values_as_it_has_places(subject: &dyn Subject) {
    let (mut store, run) = opened(subject);
    for values in [&[run.clone()][..], &[run.clone(), run.clone(), Cell::Null, Cell::Null, Cell::Null]] {
        let refused = store.change(&mut |statements| statements.execute(INSERT, values).map(drop));
        assert!(refused.unwrap_err().to_string().contains("places"), "{values:?}");
    }
    // A place that is named twice is one, and places may be named in any order.
    let ask = "SELECT born FROM suite_people WHERE name = $2 AND run = $1 AND name = $2";
    let ada = person(&run, "Ada");
    store.change(&mut |statements| statements.execute(INSERT, &ada).map(drop)).unwrap();
    let mut rows = 0;
    let look = &mut |statements: &mut dyn ledger::Statements| {
        rows = statements.query(ask, &ada[..2])?.len();
        Ok(())
    };
    store.look(look).unwrap();
    assert_eq!(rows, 1);
}
