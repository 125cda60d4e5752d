use fiscal::{Position, PublicKey, Record};

use super::{Cause, Delivered, Delivery, DeliveryFault, Item, Standing, Unfit, UnfitReason};
use crate::ChainId;

/// Whose seal a record has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seal {
    Valid,
    /// The record behind it is the signer's, and names it.
    Proven,
    False,
}

pub(super) fn examine(records: Vec<Delivered>, standing: &Standing) -> Result<Delivery, DeliveryFault> {
    let is_ours =
        |record: &Record| (record.header.device, record.header.outlet) == (standing.device, standing.outlet);
    let first = records.first().ok_or(DeliveryFault::Empty)?.record;
    // What anybody can make up does not say of which chain the rest is.
    let is_true = |record: &Record| is_ours(record) && record.verify(&standing.key).is_ok();
    let of_ours = |is_one: &dyn Fn(&Record) -> bool| {
        records.iter().map(|delivered| delivered.record).find(|record| is_one(record))
    };
    let of_chain = of_ours(&is_true).or_else(|| of_ours(&is_ours));
    let epoch = of_chain.unwrap_or(first).header.epoch;
    let chain = ChainId { outlet: standing.outlet, epoch, signer: standing.device };
    let mut unfit = Vec::new();
    let mut items = Vec::with_capacity(records.len());
    for delivered in records {
        if is_ours(&delivered.record) && delivered.record.header.epoch == epoch {
            let hash = delivered.record.hash();
            items.push(Item::new(delivered, hash));
        } else {
            let Delivered { record, body, .. } = delivered;
            let is_false = record.header.device == standing.device && record.verify(&standing.key).is_err();
            let reason = if is_false { UnfitReason::Signature } else { UnfitReason::OtherChain };
            unfit.push(Unfit::new(standing.outlet, &record, &body, reason));
        }
    }
    // Behind records of an other chain there may be more of it: what is here is all that came of this one.
    let (items, mut rejected, is_cut) = consecutive(items, &standing.key);
    unfit.append(&mut rejected);
    let items = items.into_iter().map(|item| judged(item, standing)).collect();
    Ok(Delivery { chain, key: standing.key, items, unfit, is_cut, asked_again: None })
}

/// What the registry says against a record.
fn judged(mut item: Item, standing: &Standing) -> Item {
    let header = &item.record.header;
    if let Some(facts) = header.invoice() {
        if facts.nif != standing.nif {
            item.causes.push(Cause::NifDiffers);
        }
        item.causes.extend(standing.causes(header.epoch, facts.number, header.time));
    }
    item
}

/// The records that go on one from the other, what cannot follow them, and whether anything came that does not.
fn consecutive(items: Vec<Item>, key: &PublicKey) -> (Vec<Item>, Vec<Unfit>, bool) {
    let seals = seals(&items, key);
    let (mut kept, mut unfit): (Vec<Item>, Vec<Unfit>) = (Vec::with_capacity(items.len()), Vec::new());
    for (mut item, seal) in items.into_iter().zip(seals) {
        match misplaced(&kept, &item) {
            None => {}
            Some(Misplaced::Twice) => continue,
            // It is sent again when what stands before it is here.
            Some(Misplaced::Gap) => return (kept, unfit, true),
            Some(Misplaced::Unfit(reason)) => {
                // Who has no key makes no evidence against who has it.
                let shown = if seal == Seal::False { UnfitReason::Signature } else { reason };
                unfit.push(item.unfit(shown));
                if reason != UnfitReason::Fork {
                    // What comes behind it cannot be placed either, but is not to blame for it.
                    return (kept, unfit, true);
                }
                continue;
            }
        }
        match seal {
            Seal::Valid => {}
            Seal::Proven => {
                item.causes.insert(0, Cause::SignatureFalse);
                let as_it_came = item.unfit(UnfitReason::Signature);
                item.damaged.get_or_insert(as_it_came);
            }
            Seal::False => {
                unfit.push(item.unfit(UnfitReason::Signature));
                return (kept, unfit, true);
            }
        }
        kept.push(item);
    }
    (kept, unfit, false)
}

/// How a record does not go on from those before it.
enum Misplaced {
    /// It is one of them.
    Twice,
    /// Others stand before it, or it is out of its order.
    Gap,
    Unfit(UnfitReason),
}

/// None where it goes on from them.
fn misplaced(kept: &[Item], item: &Item) -> Option<Misplaced> {
    let position = item.record.link.position;
    let last = kept.last()?;
    let expected = last.record.link.position.next();
    if Some(position) == expected {
        return (!item.follows(last.hash)).then_some(Misplaced::Unfit(UnfitReason::Chain));
    }
    let is_before_all = kept.first().is_some_and(|first| position < first.record.link.position);
    Some(if Some(position) > expected || is_before_all {
        Misplaced::Gap
    } else if kept.iter().any(|known| known.hash == item.hash) {
        Misplaced::Twice
    } else {
        Misplaced::Unfit(UnfitReason::Fork)
    })
}

/// A record with a false signature is the signer's when one behind it is, and names it.
fn seals(items: &[Item], key: &PublicKey) -> Vec<Seal> {
    let mut seals = vec![Seal::False; items.len()];
    let mut next: Option<(&Item, bool)> = None;
    for (item, seal) in items.iter().zip(&mut seals).rev() {
        let follows = |(next, is_true): (&Item, bool)| {
            is_true
                && Some(next.record.link.position) == item.record.link.position.next()
                && next.proves(item.hash)
        };
        *seal = if item.record.verify(key).is_ok() {
            Seal::Valid
        } else if next.is_some_and(follows) {
            Seal::Proven
        } else {
            Seal::False
        };
        next = Some((item, *seal != Seal::False));
    }
    seals
}

pub(super) fn verify(records: Vec<Delivered>, key: &PublicKey) -> Result<Delivery, DeliveryFault> {
    let first = records.first().ok_or(DeliveryFault::Empty)?.record;
    let header = first.header;
    let mut expected = (first.link.position, first.link.previous);
    let mut items = Vec::with_capacity(records.len());
    for (index, delivered) in records.into_iter().enumerate() {
        let record = delivered.record;
        let sealed = record.verify(key).map_err(|_| DeliveryFault::Seal(index))?;
        let item = Item::new(delivered, sealed.hash());
        if item.damaged.is_some() {
            return Err(DeliveryFault::Body(index));
        }
        let same = (record.header.device, record.header.outlet, record.header.epoch)
            == (header.device, header.outlet, header.epoch);
        if !same || (record.link.position, record.link.previous) != expected {
            return Err(DeliveryFault::Order(index));
        }
        expected = (record.link.position.next().unwrap_or(Position::FIRST), item.hash);
        items.push(item);
    }
    let chain = ChainId { outlet: header.outlet, epoch: header.epoch, signer: header.device };
    Ok(Delivery { chain, key: *key, items, unfit: Vec::new(), is_cut: false, asked_again: None })
}
