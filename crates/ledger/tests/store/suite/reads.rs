use fiscal::{Epoch, EventKind, HeadState, InvoiceNumber, Position, Timestamp};
use ledger::{Appended, Row};

use super::{
    Shop, Subject,
    shop::{key_row, reference, sale},
};

pub(crate) fn known_answers_for_what_is_there_and_no_more(subject: &dyn Subject) {
    let (mut shop, mut other) = (Shop::new(subject), Shop::new(subject));
    let rows = shop.sell(3);
    let mut part = shop.part(rows.clone());
    part.keys = vec![key_row("key-number-0", &rows[0]), key_row("key-number-2", &rows[2])];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let elsewhere = other.sell_and_keep(1).remove(0);
    let missing = shop.sell(1).remove(0);
    // The right hash under another time is another sale.
    let shifted = (missing.stamped, rows[0].hash);
    let sales = [sale(&rows[2]), sale(&missing), shifted, sale(&elsewhere), sale(&rows[1])];
    let keys = ["key-number-2", "key-number-1", "key-number-0"].map(|key| key.parse().unwrap());
    let known = shop.store.known(shop.outlet.id, &sales, &keys).unwrap();
    assert_eq!(known.sales, [rows[2].clone(), rows[1].clone()]);
    assert_eq!(known.keys, [(keys[0].clone(), rows[2].clone()), (keys[2].clone(), rows[0].clone())]);
    assert_eq!(shop.store.known(shop.outlet.id, &[], &[]).unwrap(), ledger::Known::default());
}

pub(crate) fn an_invoice_is_found_by_its_number_the_ledgers_own_first(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let foreign_payload = shop.payload(1_773_500_001);
    let (foreign, after) = shop.seal_in(shop.chain_of(1, "DEF-1"), HeadState::START, &foreign_payload);
    let (second, _) = shop.seal_in(shop.chain_of(1, "DEF-1"), after, &shop.payload(1_773_500_002));
    shop.keep(vec![foreign, second.clone()]);
    let opening = shop.event(EventKind::Epoch);
    let mut rows = vec![opening];
    rows.extend(shop.sell(1));
    shop.keep(rows.clone());
    let (outlet, two) = (shop.outlet.id, InvoiceNumber::FIRST.next().unwrap());
    let found = shop.store.by_number(outlet, Epoch(1), InvoiceNumber::FIRST).unwrap();
    assert_eq!(found.as_ref(), Some(&rows[1]));
    assert_eq!(shop.store.by_number(outlet, Epoch(1), two).unwrap(), Some(second));
    assert_eq!(shop.store.by_number(outlet, Epoch(2), two).unwrap(), None);
    assert_eq!(shop.store.by_number(outlet, Epoch(1), InvoiceNumber::LAST).unwrap(), None);
}

pub(crate) fn notes_on_an_original_come_in_the_order_in_which_they_were_stored(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let originals = shop.sell_and_keep(2);
    let (foreign, _) =
        shop.seal_in(shop.chain_of(1, "ZZZ-LAST"), HeadState::START, &shop.payload(1_773_500_003));
    let mut voucher = shop.event(EventKind::Voucher);
    let mut note = shop.sell(1).remove(0);
    let mut other_note = shop.sell(1).remove(0);
    let mut notes = [foreign, note.clone(), voucher.clone()];
    for row in &mut notes {
        row.reference = Some(reference(&originals[0]));
    }
    other_note.reference = Some(reference(&originals[1]));
    (note, voucher) = (notes[1].clone(), notes[2].clone());
    // Neither by chain nor by time: the order in which they came.
    shop.keep(vec![note.clone(), notes[0].clone(), voucher.clone(), other_note.clone()]);
    let found = shop.store.notes_on(shop.outlet.id, reference(&originals[0])).unwrap();
    assert_eq!(found, [note, notes[0].clone(), voucher]);
    let found = shop.store.notes_on(shop.outlet.id, reference(&originals[1])).unwrap();
    assert_eq!(found, [other_note.clone()]);
    assert_eq!(shop.store.notes_on(shop.outlet.id, reference(&other_note)).unwrap(), []);
}

pub(crate) fn records_come_in_pages_in_their_order(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell_and_keep(5);
    let chain = shop.head.chain;
    let place = |at: usize| Some(rows[at].place.position);
    for (after, most, expected) in [
        (None, 2, &rows[..2]),
        (place(1), 2, &rows[2..4]),
        (place(3), 2, &rows[4..]),
        (place(4), 2, &[]),
        (None, 5, &rows[..]),
        (None, 0, &[]),
        (Some(Position::LAST), 5, &[]),
    ] {
        assert_eq!(shop.store.records(chain, after, most).unwrap(), expected, "{after:?} {most}");
    }
    assert_eq!(shop.store.records(shop.chain_of(1, "NOBODY"), None, 5).unwrap(), []);
    assert_eq!(shop.store.records(shop.chain_of(2, "CLOUD-1"), None, 5).unwrap(), []);
}

pub(crate) fn the_newest_record_of_a_chain_is_found(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let chain = shop.head.chain;
    assert_eq!(shop.store.newest_of(chain).unwrap(), None);
    let mut rows = shop.sell(11);
    rows.push(shop.event(EventKind::Flag));
    shop.keep(rows.clone());
    assert_eq!(shop.store.newest_of(chain).unwrap().as_ref(), rows.last());
    assert_eq!(shop.store.newest_of(shop.chain_of(1, "DEF-1")).unwrap(), None);
}

pub(crate) fn chains_come_in_the_order_of_epochs_and_signers(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    assert_eq!(shop.store.chains(shop.outlet.id).unwrap(), []);
    let chains = [(1, "DEF-1"), (0, "ZULU"), (1, "ab"), (0, "alpha"), (1, "B")];
    let mut rows = shop.sell(3);
    for (nth, (epoch, signer)) in (0..).zip(chains) {
        let chain = shop.chain_of(epoch, signer);
        let (first, after) = shop.seal_in(chain, HeadState::START, &shop.payload(1_773_500_000 + 2 * nth));
        let (second, _) = shop.seal_in(chain, after, &shop.payload(1_773_500_001 + 2 * nth));
        rows.extend([first, second]);
    }
    shop.keep(rows);
    let two = Position::new(2).unwrap();
    let expected = [
        (shop.chain_of(0, "ZULU"), two),
        (shop.chain_of(0, "alpha"), two),
        (shop.chain_of(1, "B"), two),
        (shop.chain_of(1, "CLOUD-1"), Position::new(3).unwrap()),
        (shop.chain_of(1, "DEF-1"), two),
        (shop.chain_of(1, "ab"), two),
    ];
    assert!(expected.is_sorted(), "the order is that of the types");
    assert_eq!(shop.store.chains(shop.outlet.id).unwrap(), expected);
}

pub(crate) fn invoices_of_a_period_come_in_pages_and_no_others(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let mut rows = shop.sell(2);
    rows.push(shop.event(EventKind::Closure));
    rows.extend(shop.sell(4));
    // Three in the same second, in two chains.
    let device = shop.chain_of(1, "A-DEVICE");
    let at = rows[4].time.unix();
    let (mut one, after) = shop.seal_in(device, HeadState::START, &shop.payload(1_773_500_000));
    let (mut two, _) = shop.seal_in(device, after, &shop.payload(1_773_500_001));
    for row in [&mut one, &mut two] {
        row.time = Timestamp::from_unix(at).unwrap();
    }
    let mut all = rows.clone();
    all.extend([one.clone(), two.clone()]);
    shop.keep(all);
    let expected = [rows[1].clone(), rows[3].clone(), one, two, rows[4].clone(), rows[5].clone()];
    let period = (rows[1].time, rows[6].time);
    for most in [1, 2, 3, 6, 100] {
        assert_eq!(pages(&mut shop, period, most), expected, "{most}");
    }
    assert_eq!(pages(&mut shop, (rows[6].time, rows[6].time), 10), []);
    let late = (rows[0].time, rows[0].place);
    let later = (rows[3].time, period.1);
    let found = shop.store.invoices_between(shop.outlet.id, later, Some(late), 1).unwrap();
    assert_eq!(found, expected[1..2], "a page never begins before its period");
}

fn pages(shop: &mut Shop, period: (Timestamp, Timestamp), most: usize) -> Vec<Row> {
    let mut found: Vec<Row> = Vec::new();
    loop {
        let after = found.last().map(|row| (row.time, row.place));
        let page = shop.store.invoices_between(shop.outlet.id, period, after, most).unwrap();
        assert!(page.len() <= most);
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

pub(crate) fn the_newest_closure_at_or_before_a_position_is_found(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let mut rows = shop.sell(2);
    rows.push(shop.event(EventKind::Closure));
    rows.extend(shop.sell(1));
    rows.push(shop.event(EventKind::Flag));
    rows.push(shop.event(EventKind::Closure));
    shop.keep(rows.clone());
    for (position, closure) in [(1, None), (2, None), (3, Some(2)), (5, Some(2)), (6, Some(5)), (99, Some(5))]
    {
        let found = shop.store.closure_before(shop.head.chain, Position::new(position).unwrap()).unwrap();
        assert_eq!(found, closure.map(|at: usize| rows[at].clone()), "{position}");
    }
    let other = shop.chain_of(1, "DEF-1");
    assert_eq!(shop.store.closure_before(other, Position::LAST).unwrap(), None);
}

pub(crate) fn a_row_without_a_body_is_read_back_without_one(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let mut rows = shop.sell(1);
    rows[0].body = None;
    shop.keep(rows.clone());
    assert_eq!(shop.stored(), rows);
}
