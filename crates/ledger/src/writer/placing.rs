//! What another signer sealed finds its place (L1, L4): what follows what is held enters with its faults flagged, and what
//! cannot be placed is kept beside the chains.

use std::collections::{BTreeMap, btree_map::Entry};

use fiscal::{EventKind, PayloadHash, Position, PublicKey, Record, Timestamp};

use super::{
    assembly::{Added, Assembly},
    held::{after, held},
};
use crate::{
    ChainId, Delivery, Held, IdempotencyKey, KeyRow, NonCompliant, Place, Refusal, Row, StoreFault, Taken,
    Unfit, UnfitReason, body,
    delivery::{self, Cause, Item},
    line::record,
    reports::days,
};

/// What a delivery comes to.
struct Placed<'d> {
    /// What enters, in order, without what is held already.
    items: &'d [Item],
    /// What is wrong with each of them.
    causes: Vec<Vec<Cause>>,
    /// What cannot be placed and was not kept before.
    unfit: Vec<Unfit>,
    unkept: usize,
    again: Option<Position>,
}

impl Assembly<'_> {
    /// Takes what goes on from what is held of the chain, anchors it in the outlet's own chain, and flags each sale that
    /// was sealed before (L4) and each record that is not as it should be (L6).
    pub(super) fn add_delivery(&mut self, delivery: &Delivery) -> Result<Added, Refusal> {
        delivery.is_of(&self.seat.outlet, self.seat.head.chain)?;
        let (sales, keys) = (delivery.sales(), delivery.keys());
        // What this part has of a chain, of a sale, of an original or of the line is found once it is durable.
        let has_credit = !self.accounts.is_empty() || !self.vouched.is_empty();
        let is_waited_for = !self.foreign.is_empty() || has_credit || self.has_moved_line;
        let overlaps = sales.iter().any(|sale| self.sales.contains(sale))
            || keys.iter().any(|key| self.keys.contains(key.as_str()));
        if is_waited_for || overlaps {
            return Ok(Added::Later);
        }
        let placed = self.place(delivery)?;
        if placed.items.is_empty() && placed.unfit.is_empty() {
            let held = held(self.store, delivery.chain())?;
            return Ok(Added::Taken(Box::new(taken(held, &placed))));
        }
        let known = self.store.known(self.seat.outlet.id, &sales, &keys)?;
        self.begin()?;
        self.take_in(delivery, placed, &known)
    }

    fn take_in(
        &mut self,
        delivery: &Delivery,
        placed: Placed<'_>,
        known: &crate::Known,
    ) -> Result<Added, Refusal> {
        let before = held(self.store, delivery.chain())?;
        let mut taken = taken(after(before, placed.items), &placed);
        let Placed { items, causes, unfit, .. } = placed;
        let mut first = None;
        let mut keep = |added: Added| {
            first.get_or_insert(added);
        };
        if let Some(text) = delivery::anchor(items) {
            keep(self.event(EventKind::Anchor, text)?);
            self.foreign.is_anchored = true;
        }
        for (first, second, hash) in duplicates(items, &known.sales) {
            keep(self.event(EventKind::Flag, body::duplicate(hash, &first, &second))?);
            taken.duplicates.push((first, second));
        }
        for (item, causes) in items.iter().zip(&causes).filter(|(_, causes)| !causes.is_empty()) {
            let Row { place, number, .. } = item.row;
            keep(self.event(EventKind::Flag, body::non_compliant(&place, number, causes))?);
            let causes = causes.iter().map(|cause| cause.name().to_owned()).collect();
            taken.non_compliant.push(NonCompliant { place, number, causes });
        }
        let time = self.terms.moment.now;
        let unfit: Vec<Unfit> = unfit.into_iter().map(|unfit| unfit.kept_at(time)).collect();
        // One flag says that something came; what else did stands in the table.
        if let Some(unfit) = unfit.first() {
            keep(self.event(EventKind::Flag, body::unfit(unfit))?);
        }
        self.sales.extend(items.iter().filter(|item| item.row.is_invoice()).map(identity));
        let keys = new_keys(items, known);
        self.keys.extend(keys.iter().map(|row| row.key.as_str().to_owned()));
        taken.entered = items.len();
        taken.unfit.clone_from(&unfit);
        self.foreign.rows = items.iter().map(|item| item.row.clone()).collect();
        (self.foreign.keys, self.foreign.unfit) = (keys, unfit);
        self.foreign.taken = Some(Box::new(taken));
        // Something entered or is kept, and so something was linked.
        first.ok_or_else(|| StoreFault::Corrupt("a delivery of nothing".to_owned()).into())
    }

    /// Which records enter, and what is wrong with them.
    fn place<'d>(&mut self, delivery: &'d Delivery) -> Result<Placed<'d>, Refusal> {
        let chain = delivery.chain();
        let newest = self.store.newest_of(chain)?;
        let (fresh, mut unfit) = self.after_held(delivery, newest.as_ref())?;
        unfit.extend_from_slice(delivery.unfit());
        let next = match &newest {
            Some(row) => row.place.position.next(),
            None => Some(Position::FIRST),
        };
        let previous = newest.as_ref().map(record).transpose()?.map(|record| record.hash());
        let mut until = fresh.len();
        if let Some(first) = fresh.first() {
            let is_next = Some(first.record.link.position) == next;
            let follows = previous.is_none_or(|previous| first.follows(previous));
            // What stands behind a gap is sent again, and is nothing to keep.
            if is_next && !follows {
                unfit.push(first.unfit(UnfitReason::Chain));
            }
            if !is_next || !follows {
                until = 0;
            }
        }
        let damaged = fresh.iter().enumerate().take(until);
        let damaged = damaged.filter_map(|(at, item)| Some((at, item, item.damaged.as_ref()?)));
        for (at, item, damaged) in damaged {
            if !self.may_enter_damaged(delivery, item) {
                unfit.push(damaged.clone());
                until = at;
                break;
            }
        }
        let last_held = newest.as_ref().map(|row| row.place.position);
        let behind = delivery.items().iter().filter(|item| Some(item.record.link.position) > last_held);
        let is_cut = delivery.is_cut() || until < behind.count();
        let items = &fresh[..until];
        let after = items.last().map_or(next, |last| last.record.link.position.next());
        let causes = self.causes(chain, newest.as_ref(), items)?;
        let (unfit, unkept) = self.new_unfit(chain, unfit)?;
        Ok(Placed { items, causes, unfit, unkept, again: after.filter(|_| is_cut) })
    }

    /// Whether a record may enter though what came with it, or its signature, is not right. While its line can go on,
    /// never: whatever carries the records may have damaged it, as often as it likes, and the right one would come too
    /// late. When the line was given up, the device was asked, and this is its answer, there may be nothing better.
    fn may_enter_damaged(&self, delivery: &Delivery, item: &Item) -> bool {
        let is_given_up = delivery.chain().epoch < self.epoch();
        is_given_up && delivery.asked_again() == Some(item.record.link.position)
    }

    /// What is to be kept beside the chains: neither what is there already, nor more than the outlet's day has room for;
    /// and of how much is not kept for that.
    fn new_unfit(&mut self, chain: ChainId, unfit: Vec<Unfit>) -> Result<(Vec<Unfit>, usize), Refusal> {
        let mut new: Vec<Unfit> = Vec::new();
        for unfit in unfit {
            let is_new = !new.iter().any(|known| known.key() == unfit.key());
            if is_new && !self.is_held(chain, &unfit)? && !self.store.is_kept(&unfit)? {
                new.push(unfit);
            }
        }
        if new.is_empty() {
            return Ok((new, 0));
        }
        let (outlet, now) = (&self.seat.outlet, self.terms.moment.now);
        let today = now.date_at(outlet.zone);
        let since = days::span(today, today, outlet.zone).map_or(Timestamp::EARLIEST, |(since, _)| since);
        let room = Unfit::MOST_A_DAY.saturating_sub(self.store.unfit_since(outlet.id, since)?);
        let unkept = new.len().saturating_sub(room);
        new.truncate(room);
        Ok((new, unkept))
    }

    /// Whether the very record is held, though what it came with this time does not show that it may be.
    fn is_held(&mut self, chain: ChainId, unfit: &Unfit) -> Result<bool, StoreFault> {
        if (unfit.signer, unfit.epoch) != (chain.signer, chain.epoch)
            || unfit.reason == UnfitReason::Completes
        {
            return Ok(false);
        }
        let there = self.store.at(Place { chain, position: unfit.position })?;
        Ok(there.is_some_and(|row| row.record == unfit.record))
    }

    /// The records behind what is held, and those before that are others than what is held.
    fn after_held<'d>(
        &mut self,
        delivery: &'d Delivery,
        newest: Option<&Row>,
    ) -> Result<(&'d [Item], Vec<Unfit>), Refusal> {
        let items = delivery.items();
        let Some(newest) = newest.map(|row| row.place.position) else { return Ok((items, Vec::new())) };
        let count = items.iter().take_while(|item| item.record.link.position <= newest).count();
        let (old, fresh) = items.split_at(count);
        let (mut forks, mut completing) = (Vec::new(), Vec::new());
        for item in old {
            let Some(row) = self.store.at(item.row.place)? else {
                forks.push(item.unfit(UnfitReason::Fork));
                continue;
            };
            let there = record(&row)?;
            if there.hash() != item.hash {
                forks.push(item.unfit(UnfitReason::Fork));
            } else if item.damaged.is_none() && is_completed(&row, &there, item, delivery.key()) {
                completing.push(item.unfit(UnfitReason::Completes));
            }
        }
        // What goes on from another past than the one that is held goes on from nothing.
        let fresh = if forks.is_empty() { fresh } else { &fresh[..0] };
        forks.append(&mut completing);
        Ok((fresh, forks))
    }
}

/// Whether the ledger holds a record without its body or with a false signature, and this is the right one.
fn is_completed(row: &Row, there: &Record, item: &Item, key: &PublicKey) -> bool {
    row.body.is_none() || there.signature != item.record.signature && there.verify(key).is_err()
}

/// The sales among records that were sealed before, by whomever: the place of the first seal and of the second (L4).
fn duplicates(items: &[Item], known: &[Row]) -> Vec<(Place, Place, PayloadHash)> {
    let mut seen: BTreeMap<_, Place> = known.iter().map(|row| ((row.stamped, row.hash), row.place)).collect();
    let sales = items.iter().filter(|item| item.row.is_invoice());
    let second = |item: &Item| match seen.entry(identity(item)) {
        Entry::Occupied(first) => Some((*first.get(), item.row.place, item.row.hash)),
        Entry::Vacant(none) => {
            none.insert(item.row.place);
            None
        }
    };
    sales.filter_map(second).collect()
}

fn identity(item: &Item) -> (Timestamp, PayloadHash) {
    (item.row.stamped, item.row.hash)
}

/// The idempotency keys that nothing was sealed under before: the first sale under a key stays the one.
fn new_keys(items: &[Item], known: &crate::Known) -> Vec<KeyRow> {
    let mut rows: Vec<KeyRow> = Vec::new();
    let is_new = |rows: &[KeyRow], key: &IdempotencyKey| {
        !rows.iter().any(|row| row.key == *key) && !known.keys.iter().any(|(known, _)| known == key)
    };
    for item in items {
        if let Some(key) = item.key.as_ref().filter(|key| is_new(&rows, key)) {
            rows.push(KeyRow { key: key.clone(), place: item.row.place, time: item.row.time });
        }
    }
    rows
}

fn taken(held: Option<Held>, placed: &Placed<'_>) -> Taken {
    Taken {
        held,
        again: placed.again,
        unkept: placed.unkept,
        entered: 0,
        anchor: None,
        non_compliant: Vec::new(),
        duplicates: Vec::new(),
        unfit: Vec::new(),
    }
}
