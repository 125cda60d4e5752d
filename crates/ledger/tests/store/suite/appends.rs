use std::time::Duration;

use fiscal::{HeadState, Position};
use ledger::{Append, AppendFault, Appended, HeadRow, LedgerStore, Turn};

use super::{
    Shop, Subject,
    shop::{key_row, reference, sale},
};

pub(crate) fn what_was_appended_is_read_back_byte_for_byte(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    shop.head.totals = vec![1, 2, 3];
    let mut rows = shop.sell(3);
    rows[2].reference = Some(reference(&rows[0]));
    shop.keep(rows.clone());
    assert_eq!(shop.stored(), rows);
    assert_eq!(shop.store.at(rows[1].place).unwrap().as_ref(), Some(&rows[1]));
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
    let record = shop.stored()[2].read().unwrap();
    assert_eq!(record.hash(), shop.head.state.hash, "the bytes are still the record");
}

pub(crate) fn an_append_under_an_older_generation_stores_nothing(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let kept = shop.sell_and_keep(1);
    let rows = shop.sell(2);
    let mut part = shop.part(rows);
    part.keys = vec![key_row("overtaken-key", &part.rows[0])];
    shop.take_turn();
    let before = shop.head.clone();
    assert_eq!(shop.store.append(&[part.clone()]).unwrap(), [Appended::Overtaken]);
    assert_eq!(shop.stored(), kept);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), before);
    let known =
        shop.store.known(shop.outlet.id, &[sale(&part.rows[0])], &[part.keys[0].key.clone()]).unwrap();
    assert_eq!(known, ledger::Known::default());
}

pub(crate) fn an_append_under_a_generation_that_is_not_yet_given_stores_nothing(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(1);
    shop.head.generation += 1;
    let part = shop.part(rows);
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Overtaken]);
    assert_eq!(shop.stored(), []);
}

pub(crate) fn a_sale_that_is_there_is_known_and_nothing_of_its_part_is_stored(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let kept = shop.sell_and_keep(2);
    let before = shop.head.clone();
    let mut rows = shop.sell(1);
    rows.push(shop.seal(kept[0].body.as_deref().unwrap()));
    let mut part = shop.part(rows);
    part.keys = vec![key_row("known-sale", &part.rows[0])];
    assert_eq!(shop.store.append(&[part.clone()]).unwrap(), [Appended::Known]);
    assert_eq!(shop.stored(), kept);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), before);
    let known =
        shop.store.known(shop.outlet.id, &[sale(&part.rows[0])], &[part.keys[0].key.clone()]).unwrap();
    assert_eq!(known, ledger::Known::default());
}

pub(crate) fn a_key_that_is_there_is_known_and_nothing_of_its_part_is_stored(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(1);
    let mut part = shop.part(rows.clone());
    part.keys = vec![key_row("the-same-key", &rows[0])];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let before = shop.head.clone();
    let others = shop.sell(1);
    let mut part = shop.part(others.clone());
    part.keys = vec![key_row("another-key-1", &others[0]), key_row("the-same-key", &others[0])];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Known]);
    assert_eq!(shop.stored(), rows);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), before);
    let known = shop.store.known(shop.outlet.id, &[], &["another-key-1".parse().unwrap()]).unwrap();
    assert_eq!(known.keys, []);
}

pub(crate) fn one_call_appends_one_outlet_and_tells_the_others_why_not(subject: &dyn Subject) {
    let mut shops: Vec<Shop> = (0..4).map(|_| Shop::new(subject)).collect();
    let known = shops[1].sell_and_keep(1);
    let rows: Vec<_> = shops.iter_mut().map(|shop| shop.sell(2)).collect();
    let mut parts: Vec<Append> =
        shops.iter().zip(&rows).map(|(shop, rows)| shop.part(rows.clone())).collect();
    shops[0].take_turn();
    let again = shops[1].seal(known[0].body.as_deref().unwrap());
    parts[1] = {
        let mut rows = rows[1].clone();
        rows.push(again);
        shops[1].part(rows)
    };
    parts[2].done = true;
    // Not in the order of their ids.
    parts.reverse();
    let answers = shops[3].store.append(&parts).unwrap();
    assert_eq!(answers, [Appended::Durable, Appended::Durable, Appended::Known, Appended::Overtaken]);
    assert_eq!(shops[0].stored(), []);
    assert_eq!(shops[1].stored(), known);
    assert_eq!(shops[2].stored(), rows[2]);
    assert_eq!(shops[3].stored(), rows[3]);
    let hour = Duration::from_secs(3600);
    let id = shops[2].outlet.id;
    assert!(matches!(shops[2].store.take_turn(id, 9, hour).unwrap(), Turn::Taken(_)), "done");
    let id = shops[3].outlet.id;
    assert!(matches!(shops[3].store.take_turn(id, 9, hour).unwrap(), Turn::Held(_)), "not done");
}

pub(crate) fn a_part_that_repeats_itself_is_known(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let mut rows = shop.sell(1);
    rows.push(shop.seal(&rows[0].body.clone().unwrap()));
    let part = shop.part(rows);
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Known]);
    shop.take_turn();
    let rows = shop.sell(2);
    let mut part = shop.part(rows.clone());
    part.keys = vec![key_row("twice-the-same", &rows[0]), key_row("twice-the-same", &rows[1])];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Known]);
    assert_eq!(shop.stored(), []);
}

pub(crate) fn an_outlet_named_twice_is_appended_to_once(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(1);
    let first = shop.part(rows.clone());
    let more = shop.sell(1);
    let second = shop.part(more);
    assert_eq!(shop.store.append(&[first, second]).unwrap(), [Appended::Durable, Appended::Overtaken]);
    assert_eq!(shop.stored(), rows);
}

pub(crate) fn a_taken_place_stores_nothing_of_its_part_and_all_of_the_others(subject: &dyn Subject) {
    let mut shops: Vec<Shop> = (0..5).map(|_| Shop::new(subject)).collect();
    let mut kept: Vec<_> = shops.iter_mut().map(|shop| shop.sell_and_keep(1)).collect();
    let before: Vec<HeadRow> = shops.iter().map(|shop| shop.head.clone()).collect();
    let mut parts: Vec<Append> = Vec::new();
    for shop in &mut shops {
        let mut rows = shop.sell(2);
        rows[1].place.position = Position::FIRST;
        let mut part = shop.part(rows);
        part.keys = vec![key_row("taken-place", &part.rows[0])];
        parts.push(part);
    }
    // The second and the last have their places; another process has the turn of the third.
    for free in [1, 4] {
        let rows = shops[free].sell(1);
        parts[free] = shops[free].part(rows.clone());
        kept[free].extend(rows);
    }
    shops[2].take_turn();
    let answers = shops[0].store.append(&parts).unwrap();
    let expected =
        [Appended::Corrupt, Appended::Durable, Appended::Overtaken, Appended::Corrupt, Appended::Durable];
    assert_eq!(answers, expected);
    for (shop, kept) in shops.iter_mut().zip(&kept) {
        assert_eq!(shop.stored(), *kept);
    }
    for corrupt in [0, 3] {
        let id = shops[corrupt].outlet.id;
        assert_eq!(shops[corrupt].store.head(id).unwrap().unwrap(), before[corrupt]);
        let keys = ["taken-place".parse().unwrap()];
        let known = shops[corrupt].store.known(id, &[sale(&parts[corrupt].rows[0])], &keys).unwrap();
        assert_eq!(known, ledger::Known::default());
    }
    // The connection is as good as before.
    let rows = shops[4].sell(1);
    let part = shops[4].part(rows);
    assert_eq!(shops[0].store.append(&[part]).unwrap(), [Appended::Durable]);
}

pub(crate) fn a_part_with_two_records_in_one_place_is_not_stored(subject: &dyn Subject) {
    let (mut shop, mut other) = (Shop::new(subject), Shop::new(subject));
    let mut rows = shop.sell(2);
    rows[1].place = rows[0].place;
    let others = other.sell(1);
    let parts = [shop.part(rows), other.part(others.clone())];
    assert_eq!(shop.store.append(&parts).unwrap(), [Appended::Corrupt, Appended::Durable]);
    assert_eq!(shop.stored(), []);
    assert_eq!(other.stored(), others);
}

pub(crate) fn a_record_of_another_outlet_is_refused_and_nothing_is_stored(subject: &dyn Subject) {
    let (mut shop, mut other) = (Shop::new(subject), Shop::new(subject));
    let rows = other.sell(1);
    let part = shop.part(rows);
    let refused = shop.store.append(&[part]);
    assert!(matches!(refused, Err(AppendFault::NotDone(_))), "{refused:?}");
    assert_eq!(other.stored(), []);
}

pub(crate) fn a_second_seal_by_another_signer_is_kept_and_the_first_stays_first(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let own = shop.sell_and_keep(1).remove(0);
    let device = shop.chain_of(1, "DEF-1");
    let (again, _) = shop.seal_in(device, HeadState::START, own.body.as_deref().unwrap());
    shop.keep(vec![again.clone()]);
    assert_eq!(shop.store.at(again.place).unwrap().as_ref(), Some(&again));
    assert_eq!(shop.store.known(shop.outlet.id, &[sale(&own)], &[]).unwrap().sales, [own]);
}

pub(crate) fn an_own_sale_that_another_signer_sealed_is_known(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let payload = shop.payload(1_773_500_000);
    let (first, _) = shop.seal_in(shop.chain_of(1, "DEF-1"), HeadState::START, &payload);
    shop.keep(vec![first.clone()]);
    let own = shop.seal(&payload);
    let part = shop.part(vec![own.clone()]);
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Known]);
    assert_eq!(shop.stored(), []);
    assert_eq!(shop.store.known(shop.outlet.id, &[sale(&own)], &[]).unwrap().sales, [first]);
}

pub(crate) fn the_same_key_at_two_outlets_is_two_keys(subject: &dyn Subject) {
    let (mut one, mut two) = (Shop::new(subject), Shop::new(subject));
    for shop in [&mut one, &mut two] {
        let rows = shop.sell(1);
        let mut part = shop.part(rows.clone());
        part.keys = vec![key_row("a-common-key", &rows[0])];
        assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
        let known = shop.store.known(shop.outlet.id, &[], &["a-common-key".parse().unwrap()]).unwrap();
        assert_eq!(known.keys[0].1, rows[0]);
    }
}

pub(crate) fn a_head_moves_into_a_new_epoch(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    shop.sell_and_keep(2);
    let old = shop.head.chain;
    shop.head.chain.epoch = fiscal::Epoch(2);
    shop.head.state = shop.head.state.in_new_epoch();
    let rows = shop.sell_and_keep(1);
    assert_eq!(rows[0].place.position, Position::FIRST);
    assert_eq!(shop.stored(), rows);
    assert_eq!(shop.store.records(old, None, 10).unwrap().len(), 2);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
}

pub(crate) fn a_sale_of_the_old_epoch_and_the_new_epoch_in_one_part_leave_the_sale_known(
    subject: &dyn Subject,
) {
    let mut shop = Shop::new(subject);
    let mut rows = shop.sell(1);
    let sold = rows[0].clone();
    shop.head.chain.epoch = fiscal::Epoch(2);
    shop.head.state = shop.head.state.in_new_epoch();
    rows.extend(shop.sell(1));
    shop.keep(rows.clone());
    assert_eq!(shop.store.known(shop.outlet.id, &[sale(&sold)], &[]).unwrap().sales, rows[..1]);
    assert_eq!(shop.stored(), rows[1..]);
    // And once more: it is no new sale because an epoch follows.
    let before = shop.head.clone();
    let again = shop.seal(sold.body.as_deref().unwrap());
    shop.head.chain.epoch = fiscal::Epoch(3);
    shop.head.state = shop.head.state.in_new_epoch();
    let next = shop.sell(1).remove(0);
    let part = shop.part(vec![again, next]);
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Known]);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), before);
}

pub(crate) fn an_append_of_nothing_is_answered(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    assert_eq!(shop.store.append(&[]).unwrap(), []);
    shop.head.totals = vec![9];
    let part = shop.part(Vec::new());
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap().totals, [9]);
}

/// Two processes seal for the same outlets at once; each takes turns, and what is stored has no gap.
pub(crate) fn two_connections_that_race_store_each_number_once(subject: &dyn Subject) {
    const EACH: usize = 40;
    let shop = Shop::new(subject);
    let (outlet, chain) = (shop.outlet.clone(), shop.head.chain);
    let shop = std::sync::Mutex::new(shop);
    std::thread::scope(|scope| {
        for process in [1, 2] {
            let (shop, outlet) = (&shop, outlet.clone());
            scope.spawn(move || {
                let mut store = subject.open().unwrap().connect().unwrap();
                let mut sold = 0;
                while sold < EACH {
                    let Some(head) = turn(store.as_mut(), &outlet, process) else { continue };
                    let part = {
                        let mut shop = shop.lock().unwrap();
                        shop.head = head;
                        let rows = shop.sell(2);
                        Append { done: sold % 4 == 0, ..shop.part(rows) }
                    };
                    match store.append(&[part]).unwrap()[0] {
                        Appended::Durable => sold += 2,
                        Appended::Overtaken => {}
                        other => panic!("every sale is another and has its place: {other:?}"),
                    }
                }
            });
        }
    });
    let rows = shop.into_inner().unwrap().store.records(chain, None, 1_000).unwrap();
    assert_eq!(rows.len(), 2 * EACH);
    for (before, row) in (0..).zip(&rows) {
        assert_eq!(row.number.unwrap().value(), before + 1);
    }
    for pair in rows.windows(2) {
        assert_eq!(pair[1].read().unwrap().link.previous, pair[0].read().unwrap().hash());
    }
}

/// Turns that last no time at all, so that each process takes the other's away.
fn turn(store: &mut dyn LedgerStore, outlet: &ledger::Outlet, process: u64) -> Option<HeadRow> {
    match store.take_turn(outlet.id, process, Duration::ZERO).unwrap() {
        Turn::Taken(head) => Some(head),
        Turn::Held(_) => None,
        Turn::NoOutlet => panic!("the outlet is there"),
    }
}
