//! Who holds the line, and what is kept beside the chains.

use fiscal::{Epoch, EventKind, HeadState, OutletId, Position};
use ledger::{Appended, Place, Unfit, UnfitReason};

use super::{Shop, Subject, shop::new_outlet};

/// Something that cannot be placed, of a position and with a digest of these bytes.
pub(crate) fn unfit(outlet: OutletId, position: u64, byte: u8) -> Unfit {
    Unfit {
        outlet,
        signer: "DEF-000001".parse().unwrap(),
        epoch: Epoch(2),
        position: Position::new(position).unwrap(),
        digest: [byte; 32],
        record: vec![0, byte, 255],
        // What came damaged may be no text at all.
        body: vec![0xFF, 0, byte],
        reason: UnfitReason::ALL[usize::from(byte) % UnfitReason::ALL.len()],
        time: "2026-03-14T07:00:00".parse().unwrap(),
    }
}

pub(crate) fn a_head_keeps_its_holder_until_it_is_given_another(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    for holder in [Some("DEF-000001"), Some("DEF-000002"), None] {
        shop.head.holder = holder.map(|holder| holder.parse().unwrap());
        shop.sell_and_keep(1);
        shop.take_turn();
        assert_eq!(shop.head.holder.as_ref().map(|holder| holder.as_str()), holder);
        assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
    }
}

pub(crate) fn what_cannot_be_placed_is_kept_once_and_comes_in_pages(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let outlet = shop.outlet.id;
    let mut all: Vec<Unfit> =
        [(2, 9), (1, 200), (1, 3)].iter().map(|(position, byte)| unfit(outlet, *position, *byte)).collect();
    let mut part = shop.part(Vec::new());
    part.unfit.clone_from(&all);
    assert_eq!(shop.store.append(&[part.clone()]).unwrap(), [Appended::Durable]);
    // What is kept stays as it was first.
    part.unfit[0].reason = UnfitReason::Chain;
    part.unfit[0].body = Vec::new();
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    all.sort_by_key(|kept| (kept.position, kept.digest));
    let mut found: Vec<Unfit> = Vec::new();
    loop {
        let page = shop.store.unfit(outlet, found.last(), 2).unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, all);
    assert!(shop.store.is_kept(&all[0]).unwrap());
    let since = all[0].time;
    assert_eq!(shop.store.unfit_since(outlet, since).unwrap(), all.len());
    let later = fiscal::Timestamp::from_unix(since.unix() + 1).unwrap();
    assert_eq!(shop.store.unfit_since(outlet, later).unwrap(), 0);
    assert_eq!(shop.store.unfit_since("KIN-LIMETE-77".parse().unwrap(), since).unwrap(), 0);
    assert!(!shop.store.is_kept(&unfit(outlet, 1, 4)).unwrap());
    let mut other = all[0].clone();
    other.signer = "DEF-000002".parse().unwrap();
    assert!(!shop.store.is_kept(&other).unwrap());
    assert!(shop.store.unfit(new_outlet(subject).id, None, 9).unwrap().is_empty());
}

pub(crate) fn what_is_kept_of_another_outlet_is_refused_with_its_part(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(1);
    let mut part = shop.part(rows);
    part.unfit = vec![unfit(new_outlet(subject).id, 1, 1)];
    assert!(shop.store.append(&[part]).is_err());
    assert!(shop.stored().is_empty());
}

pub(crate) fn the_newest_invoice_of_a_chain_is_found_behind_other_records(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let chain = shop.head.chain;
    assert_eq!(shop.store.newest_invoice(chain).unwrap(), None);
    let rows = shop.sell_and_keep(2);
    let boot = shop.event(EventKind::Boot);
    shop.keep(vec![boot]);
    assert_eq!(shop.store.newest_invoice(chain).unwrap().as_ref(), rows.last());
    let other = shop.chain_of(1, "DEF-000001");
    assert_eq!(shop.store.newest_invoice(other).unwrap(), None);
    let payload = shop.payload(1);
    let (row, _) = shop.seal_in(other, HeadState::START, &payload);
    shop.keep(vec![row.clone()]);
    assert_eq!(shop.store.newest_invoice(other).unwrap(), Some(row));
    assert_eq!(shop.store.newest_invoice(chain).unwrap().as_ref(), rows.last());
}

pub(crate) fn the_ends_of_a_line_come_the_newest_first_and_no_other_records(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let chain = shop.head.chain;
    let kinds = [
        EventKind::Closure,
        EventKind::Close,
        EventKind::Acknowledgement,
        EventKind::HandOver,
        EventKind::Flag,
        EventKind::Close,
    ];
    let rows: Vec<_> = kinds.into_iter().map(|kind| shop.event(kind)).collect();
    shop.keep(rows.clone());
    let ends = [&rows[5], &rows[3], &rows[1]];
    for most in 0..=4 {
        let found = shop.store.line_ends(chain, most).unwrap();
        assert!(found.iter().eq(ends.into_iter().take(most)), "{most}");
    }
    assert!(shop.store.line_ends(shop.chain_of(2, "CLOUD-1"), 9).unwrap().is_empty());
}

pub(crate) fn flags_come_in_pages_in_the_order_of_their_places(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let kinds = [EventKind::Flag, EventKind::Boot, EventKind::Flag, EventKind::Flag];
    let rows: Vec<_> = kinds.into_iter().map(|kind| shop.event(kind)).collect();
    shop.keep(rows.clone());
    let flags: Vec<_> = [0, 2, 3].iter().map(|at| rows[*at].clone()).collect();
    let mut found = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let page = shop.store.flags(shop.outlet.id, after, 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        found.extend(page);
    }
    assert_eq!(found, flags);
}
