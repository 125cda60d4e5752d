use fiscal::{KeyId, RecordHash};
use ledger::{Outlet, StoreFault};

use super::{
    Shop, Subject,
    shop::{new_outlet, start},
};

pub(crate) fn a_new_outlet_is_found_by_its_id_and_by_its_prefix(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let outlet = shop.outlet.clone();
    assert_eq!(shop.store.outlet(outlet.id).unwrap().as_ref(), Some(&outlet));
    assert_eq!(shop.store.outlet_by_prefix(outlet.prefix).unwrap(), Some(outlet));
}

pub(crate) fn an_outlet_that_is_not_there_is_none(subject: &dyn Subject) {
    let mut store = subject.open().unwrap().connect().unwrap();
    let outlet = new_outlet(subject);
    assert_eq!(store.outlet(outlet.id).unwrap(), None);
    assert_eq!(store.outlet_by_prefix(outlet.prefix).unwrap(), None);
    assert_eq!(store.head(outlet.id).unwrap(), None);
}

pub(crate) fn an_id_or_a_prefix_that_is_taken_is_refused_by_name(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let other = new_outlet(subject);
    let same_id = Outlet { id: shop.outlet.id, ..other.clone() };
    let same_prefix = Outlet { prefix: shop.outlet.prefix, ..other };
    let refused = shop.store.create_outlet(&same_id, &start(same_id.id));
    assert!(matches!(refused, Err(StoreFault::Exists("the outlet"))), "{refused:?}");
    let refused = shop.store.create_outlet(&same_prefix, &start(same_prefix.id));
    assert!(matches!(refused, Err(StoreFault::Exists("the prefix"))), "{refused:?}");
}

pub(crate) fn a_refused_outlet_leaves_nothing_behind(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let other = Outlet { prefix: shop.outlet.prefix, ..new_outlet(subject) };
    shop.store.create_outlet(&other, &start(other.id)).unwrap_err();
    assert_eq!(shop.store.outlet(other.id).unwrap(), None);
    assert_eq!(shop.store.head(other.id).unwrap(), None);
}

pub(crate) fn outlets_come_in_pages_in_the_order_of_their_ids(subject: &dyn Subject) {
    let mut store = subject.open().unwrap().connect().unwrap();
    let mut made: Vec<Outlet> = (0..5).map(|_| new_outlet(subject)).collect();
    for outlet in made.iter().rev() {
        store.create_outlet(outlet, &start(outlet.id)).unwrap();
    }
    made.sort_by_key(|outlet| outlet.id);
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.outlets(after, 2).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(last.id);
        found.extend(page);
    }
    assert!(found.is_sorted_by(|one, next| one.id < next.id));
    found.retain(|outlet| made.contains(outlet));
    assert_eq!(found, made);
    assert_eq!(store.outlets(None, 0).unwrap(), []);
}

pub(crate) fn the_head_is_read_back_as_it_was_written(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let fresh = shop.store.head(shop.outlet.id).unwrap().unwrap();
    assert_eq!(fresh, shop.head);
    let mut other = new_outlet(subject);
    other.prefix = new_outlet(subject).prefix;
    let mut head = start(other.id);
    head.totals = vec![0, 255, 0, 1];
    head.key = Some(KeyId([0, 1, 2, 3, 252, 253, 254, 255]));
    head.state.hash = RecordHash([0xA5; 32]);
    head.generation = 41;
    shop.store.create_outlet(&other, &head).unwrap();
    assert_eq!(shop.store.head(other.id).unwrap(), Some(head));
}
