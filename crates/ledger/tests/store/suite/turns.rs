use std::time::Duration;

use ledger::{Append, Appended, HeadRow, LedgerStore, Turn, restore_backup, write_backup};

use super::{Shop, Subject, shop::new_outlet};

const HOUR: Duration = Duration::from_secs(3600);

fn taken(turn: Turn) -> u64 {
    match turn {
        Turn::Taken(head) => head.generation,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn each_turn_has_the_next_generation(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let first = shop.head.generation;
    shop.take_turn();
    assert_eq!(shop.head.generation, first + 1);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
}

pub(crate) fn a_turn_is_held_against_another_process_until_its_time_is_over(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let (id, lasts) = (shop.outlet.id, Duration::from_millis(400));
    let generation = taken(shop.store.take_turn(id, 1, lasts).unwrap());
    let mut other = shop.another(subject);
    match other.take_turn(id, 2, HOUR).unwrap() {
        Turn::Held(left) => assert!(!left.is_zero() && left <= lasts, "{left:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.store.head(id).unwrap().unwrap().generation, generation, "asking takes nothing");
    subject.pass(lasts + Duration::from_millis(50));
    assert_eq!(taken(other.take_turn(id, 2, HOUR).unwrap()), generation + 1);
    assert!(matches!(shop.store.take_turn(id, 1, HOUR).unwrap(), Turn::Held(_)));
}

pub(crate) fn a_turn_that_is_done_is_free_at_once(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let mut other = shop.another(subject);
    let rows = shop.sell(1);
    let part = Append { done: true, ..shop.part(rows) };
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    assert_eq!(taken(other.take_turn(shop.outlet.id, 2, HOUR).unwrap()), shop.head.generation + 1);
}

pub(crate) fn the_same_process_takes_its_turn_again_at_once(subject: &dyn Subject) {
    let shop = Shop::new(subject);
    let mut other = shop.another(subject);
    assert_eq!(taken(other.take_turn(shop.outlet.id, 1, HOUR).unwrap()), shop.head.generation + 1);
}

pub(crate) fn a_clock_that_was_set_back_holds_no_turn(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    subject.set_back(2 * HOUR);
    let mut other = shop.another(subject);
    let generation = taken(other.take_turn(shop.outlet.id, 2, Duration::from_secs(1)).unwrap());
    assert_eq!(generation, shop.head.generation + 1);
    assert_eq!(shop.store.append(&[shop.part(Vec::new())]).unwrap(), [Appended::Overtaken]);
    // The new one is held as ever.
    let turn = shop.store.take_turn(shop.outlet.id, 1, HOUR).unwrap();
    assert!(matches!(turn, Turn::Held(left) if left <= Duration::from_secs(1)), "{turn:?}");
}

pub(crate) fn after_a_restore_one_process_has_the_turn_and_no_seat_of_before_appends(subject: &dyn Subject) {
    const RESTORES: u64 = 77;
    let mut shop = Shop::new(subject);
    let kept = shop.sell_and_keep(2);
    let mut backup = Vec::new();
    let mut tables = subject.open().unwrap().snapshot().unwrap();
    write_backup(&mut *tables, &[], &mut backup, &mut |_| {}).unwrap();
    drop(tables);
    let other = subject.open_empty();
    let mut tables = other.fill().unwrap();
    restore_backup(&backup[..], &[], &mut *tables, &mut |_| {}).unwrap();
    tables.commit(RESTORES).unwrap();
    let (id, mut store) = (shop.outlet.id, other.connect().unwrap());
    let rows = shop.sell(1);
    // Those of before the backup, and those that were given after it.
    for since in 0..3 {
        let mut part = shop.part(rows.clone());
        part.head.generation += since;
        assert_eq!(store.append(&[part]).unwrap(), [Appended::Overtaken]);
    }
    for _ in 0..2 {
        let turn = store.take_turn(id, 5, Duration::from_secs(1)).unwrap();
        assert!(matches!(turn, Turn::Held(_)), "{turn:?}");
    }
    let Turn::Taken(head) = store.take_turn(id, RESTORES, HOUR).unwrap() else { panic!("it is its turn") };
    let part =
        Append { head: HeadRow { generation: head.generation, ..shop.head.clone() }, ..shop.part(rows) };
    assert_eq!(store.append(&[Append { done: true, ..part }]).unwrap(), [Appended::Durable]);
    taken(store.take_turn(id, 5, HOUR).unwrap());
    assert_eq!(store.records(shop.head.chain, None, 10).unwrap().len(), kept.len() + 1);
}

pub(crate) fn an_outlet_that_is_not_there_has_no_turn(subject: &dyn Subject) {
    let mut store: Box<dyn LedgerStore> = subject.open().unwrap().connect().unwrap();
    assert_eq!(store.take_turn(new_outlet(subject).id, 1, HOUR).unwrap(), Turn::NoOutlet);
}
