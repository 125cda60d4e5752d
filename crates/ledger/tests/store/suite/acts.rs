//! The log of acts.

use fiscal::{OutletId, Timestamp};
use ledger::{Act, ActRow, Append, Appended, By, LedgerStore, acts_of, write_act};

use super::{
    Shop, Subject,
    shop::{act, key_row},
};

/// All acts at an outlet, the newest first.
pub(crate) fn acts_at(store: &mut dyn LedgerStore, outlet: OutletId) -> Vec<ActRow> {
    page(store, Some(outlet.as_str()), None, 1_000)
}

fn page(store: &mut dyn LedgerStore, tenant: Option<&str>, before: Option<u64>, most: usize) -> Vec<ActRow> {
    let mut acts = Vec::new();
    store
        .look(&mut |statements| {
            acts = acts_of(statements, tenant, before, most)?;
            Ok(())
        })
        .unwrap();
    acts
}

fn requests(acts: &[ActRow]) -> Vec<&str> {
    acts.iter().map(|act| act.request.as_str()).collect()
}

pub(crate) fn an_act_is_read_back_as_it_was_appended(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(2);
    let mut part = shop.part(rows.clone());
    part.acts = vec![act(&rows[0], "first"), act(&rows[1], "second")];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let found = acts_at(&mut *shop.store, shop.outlet.id);
    let id = shop.outlet.id.to_string();
    let expected = ActRow {
        seq: found[1].seq,
        time: rows[0].time,
        actor: "key:till-1".to_owned(),
        action: "invoice.seal".to_owned(),
        tenant: Some(id.clone()),
        outlet: Some(id),
        subject: "é 1".to_owned(),
        request: "first".to_owned(),
    };
    assert_eq!(found[1], expected);
    assert_eq!(found[0].request, "second");
    assert!(found[0].seq > found[1].seq);
}

pub(crate) fn an_act_stands_exactly_when_its_part_is_durable(subject: &dyn Subject) {
    let mut shops: Vec<Shop> = (0..5).map(|_| Shop::new(subject)).collect();
    let known = shops[1].sell_and_keep(1);
    let kept = shops[2].sell(1);
    let mut first = shops[2].part(kept.clone());
    first.keys = vec![key_row("the-same-key", &kept[0])];
    assert_eq!(shops[2].store.append(&[first]).unwrap(), [Appended::Durable]);
    shops[3].sell_and_keep(1);

    let mut rows: Vec<_> = shops.iter_mut().map(|shop| shop.sell(1)).collect();
    let again = shops[1].seal(known[0].body.as_deref().unwrap());
    rows[1].push(again);
    rows[3][0].place.position = fiscal::Position::FIRST;
    let mut parts: Vec<Append> =
        shops.iter().zip(&rows).map(|(shop, rows)| shop.part(rows.clone())).collect();
    parts[2].keys = vec![key_row("the-same-key", &rows[2][0])];
    for (part, rows) in parts.iter_mut().zip(&rows) {
        part.acts = vec![act(&rows[0], "one-of-five")];
    }
    shops[0].take_turn();
    let answers = shops[4].store.append(&parts).unwrap();
    let expected =
        [Appended::Overtaken, Appended::Known, Appended::Known, Appended::Corrupt, Appended::Durable];
    assert_eq!(answers, expected);
    let stand: Vec<usize> =
        shops.iter_mut().map(|shop| acts_at(&mut *shop.store, shop.outlet.id).len()).collect();
    assert_eq!(stand, [0, 0, 0, 0, 1]);
}

pub(crate) fn an_act_of_another_outlet_is_refused_with_its_part(subject: &dyn Subject) {
    let (mut shop, other) = (Shop::new(subject), Shop::new(subject));
    let rows = shop.sell(1);
    for outlet in [None, Some(other.outlet.id)] {
        let mut part = shop.part(rows.clone());
        part.acts = vec![Act { outlet, ..act(&rows[0], "elsewhere") }];
        assert!(shop.store.append(&[part]).is_err());
    }
    assert_eq!(shop.stored(), []);
    assert_eq!(acts_at(&mut *shop.store, shop.outlet.id), []);
}

pub(crate) fn acts_come_in_pages_the_newest_first_and_no_other_merchant_s(subject: &dyn Subject) {
    let (mut shop, mut other) = (Shop::new(subject), Shop::new(subject));
    for (shop, count) in [(&mut shop, 5), (&mut other, 2)] {
        let rows = shop.sell(count);
        let mut part = shop.part(rows.clone());
        part.acts = (0..).zip(&rows).map(|(nth, row)| act(row, &format!("r{nth}"))).collect();
        assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    }
    let tenant = shop.outlet.id.to_string();
    let first = page(&mut *shop.store, Some(&tenant), None, 3);
    assert_eq!(requests(&first), ["r4", "r3", "r2"]);
    let second = page(&mut *shop.store, Some(&tenant), Some(first[2].seq), 3);
    assert_eq!(requests(&second), ["r1", "r0"]);
    assert_eq!(page(&mut *shop.store, Some(&tenant), Some(second[1].seq), 3), []);
    let all = page(&mut *shop.store, None, None, 1_000_000);
    let both = [shop.outlet.id, other.outlet.id].map(|id| Some(id.to_string()));
    assert_eq!(all.iter().filter(|act| both.contains(&act.outlet)).count(), 7);
}

pub(crate) fn an_act_of_a_change_stands_with_it(subject: &dyn Subject) {
    let mut store = subject.open().unwrap().connect().unwrap();
    let number = subject.nonce();
    let request = |what: &str| format!("{what}-{number}").parse().unwrap();
    let act = |what: &str| Act {
        time: Timestamp::from_unix(1_773_471_600).unwrap(),
        by: By { actor: "platform".parse().unwrap(), tenant: None, request: request(what) },
        action: "merchant.add",
        outlet: None,
        subject: "x".repeat(500),
    };
    let undone = store.change(&mut |statements| {
        write_act(statements, &act("undone"))?;
        Err(ledger::StoreFault::Exists("the merchant"))
    });
    assert!(undone.is_err());
    store.change(&mut |statements| write_act(statements, &act("done"))).unwrap();
    let found = page(&mut *store, None, None, 1);
    assert_eq!(found[0].request, format!("done-{number}"));
    assert_eq!((&found[0].tenant, &found[0].outlet), (&None, &None));
    assert_eq!(found[0].subject, "x".repeat(Act::SUBJECT_CHARACTERS));
    let undone = format!("undone-{number}");
    assert!(page(&mut *store, None, None, 1_000_000).iter().all(|act| act.request != undone));
}
