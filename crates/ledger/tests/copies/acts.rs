use fiscal::OutletId;
use ledger::{ActRow, By, EpochReason, Offer, acts_of};

use crate::shop::{OPENS, Shop, outlet, payload};

fn by(request: &str) -> By {
    let tenant = Some("M-1".parse().unwrap());
    By { actor: "user:ada".parse().unwrap(), tenant, request: request.parse().unwrap() }
}

/// The oldest first.
fn acts(shop: &Shop) -> Vec<ActRow> {
    let mut acts = Vec::new();
    let look = |store: &mut dyn ledger::LedgerStore| {
        store.look(&mut |statements| {
            acts = acts_of(statements, Some("M-1"), None, 100)?;
            Ok(())
        })
    };
    shop.ledger.ask(look).unwrap();
    acts.reverse();
    acts
}

#[test]
fn what_is_appended_for_somebody_leaves_an_act_and_what_is_repeated_or_refused_leaves_none() {
    let shop = Shop::new();
    let day = "2026-03-14".parse().unwrap();
    let offer = |key: &str| Offer::read(payload(7, OPENS).into_bytes(), Some(key.parse().unwrap())).unwrap();
    for _ in 0..2 {
        shop.ledger.seal(offer("key-00001").by(by("sale"))).unwrap();
    }
    assert!(shop.ledger.seal(offer("key-00002").by(by("replay"))).is_err());
    for _ in 0..2 {
        shop.ledger.close(outlet(), day, Some(by("close"))).unwrap();
    }
    shop.ledger.open_epoch(outlet(), EpochReason::Forced, None, Some(by("epoch"))).unwrap();
    shop.sell(1);
    let acts = acts(&shop);
    let said: Vec<_> =
        acts.iter().map(|act| (act.request.as_str(), act.action.as_str(), act.subject.as_str())).collect();
    // The epoch's first record is the first of its chain.
    let expected = [
        ("sale", "invoice.seal", "KING-0-00000001"),
        ("close", "closure.seal", "0/3"),
        ("epoch", "epoch.open", "1/1"),
    ];
    assert_eq!(said, expected);
    let at: OutletId = acts[0].outlet.as_deref().unwrap().parse().unwrap();
    assert_eq!((at, acts[0].actor.as_str()), (outlet(), "user:ada"));
}

#[test]
fn of_many_that_ask_at_once_each_sale_leaves_one_act() {
    const THREADS: usize = 4;
    let shop = Shop::new();
    let offers: Vec<_> = (0..30).map(|_| shop.offer()).collect();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shop, offers) = (&shop, &offers);
            scope.spawn(move || {
                for offer in offers {
                    shop.ledger.seal(offer.clone().by(by(&format!("t-{thread}")))).unwrap();
                }
            });
        }
    });
    let mut subjects: Vec<_> = acts(&shop).into_iter().map(|act| act.subject).collect();
    subjects.sort();
    let expected: Vec<_> = (1..=30).map(|number| format!("KING-0-{number:08}")).collect();
    assert_eq!(subjects, expected);
}
