//! What another signer sealed finds its place (L1, L4): what follows what is held enters with its faults flagged, and what
//! cannot be placed is kept beside the chains.

use std::collections::{BTreeMap, btree_map::Entry};

use def_protocol::token::Newest;
use fiscal::{CreditAccount, EventKind, FiscalNumber, PayloadHash, Position, Timestamp, Validated};

use super::{
    assembly::{Added, Assembly},
    walk::{OnLine, Walk},
};
use crate::{
    ChainId, Delivery, Held, IdempotencyKey, KeyRow, NonCompliant, Place, Reference, Refusal, Row,
    StoreFault, Taken, Unfit, UnfitReason, body, credit,
    delivery::{self, Cause, Item},
    found_by,
    line::{is, newest_close, record},
    store::LedgerStore,
};

/// What a delivery comes to.
struct Placed<'d> {
    /// What enters, in order, without what is held already.
    items: &'d [Item],
    /// What is wrong with each of them.
    causes: Vec<Vec<Cause>>,
    /// What cannot be placed and was not kept before.
    unfit: Vec<Unfit>,
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
            return Ok(Added::Taken(Box::new(taken(held, placed.again))));
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
        let Placed { items, causes, unfit, again } = placed;
        let before = held(self.store, delivery.chain())?;
        let mut taken = taken(after(before, items), again);
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
        for unfit in &unfit {
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
            let reason = if Some(first.record.link.position) != next {
                Some(UnfitReason::Gap)
            } else if previous.is_some_and(|previous| !first.follows(previous)) {
                Some(UnfitReason::Chain)
            } else {
                None
            };
            if let Some(reason) = reason {
                unfit.push(first.unfit(reason));
                until = 0;
            }
        }
        // What came damaged is asked for again, and enters without its body when it comes the same.
        for (at, item) in fresh.iter().enumerate().take(until) {
            if let Some(damaged) = &item.damaged
                && !self.store.is_kept(damaged)?
            {
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
        let mut new_unfit: Vec<Unfit> = Vec::new();
        for unfit in unfit {
            let is_new = !new_unfit.iter().any(|known| known.key() == unfit.key());
            if is_new && !self.is_held(chain, &unfit)? && !self.store.is_kept(&unfit)? {
                new_unfit.push(unfit);
            }
        }
        Ok(Placed { items, causes, unfit: new_unfit, again: after.filter(|_| is_cut) })
    }

    /// Whether the very record is held, though what it came with this time does not show that it may be.
    fn is_held(&mut self, chain: ChainId, unfit: &Unfit) -> Result<bool, StoreFault> {
        if (unfit.signer, unfit.epoch) != (chain.signer, chain.epoch) {
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
        let mut forks = Vec::new();
        for item in old {
            let there = self.store.at(item.row.place)?.as_ref().map(record).transpose()?;
            if there.is_none_or(|there| there.hash() != item.hash) {
                forks.push(item.unfit(UnfitReason::Fork));
            }
        }
        // What goes on from another past than the one that is held goes on from nothing.
        let fresh = if forks.is_empty() { fresh } else { &fresh[..0] };
        Ok((fresh, forks))
    }

    /// What is wrong with each record, by itself and where it stands.
    fn causes(
        &mut self,
        chain: ChainId,
        newest: Option<&Row>,
        items: &[Item],
    ) -> Result<Vec<Vec<Cause>>, Refusal> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let mut walk = self.walk(chain, newest)?;
        let mut all = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let mut causes = item.causes.clone();
            if item.damaged.is_some() {
                causes.push(Cause::BodyDiffers);
            }
            walk.step(item, &mut causes);
            if item.row.is_invoice() && item.row.reference.is_some() && !self.credits(items, at)? {
                causes.push(Cause::CreditExceeds);
            }
            causes.sort_unstable();
            causes.dedup();
            all.push(causes);
        }
        Ok(all)
    }

    /// Where a chain stands before what is delivered.
    fn walk(&mut self, chain: ChainId, newest: Option<&Row>) -> Result<Walk, Refusal> {
        let own = self.own_chain();
        let is_holder = chain.epoch == own.epoch && self.holder == Some(chain.signer);
        // In a line that was given up it is still how the device came to it.
        let given = newest_close(self.store, ChainId { epoch: chain.epoch, ..own })?;
        let end = self.store.line_ends(chain, 1)?.pop().as_ref().map(record).transpose()?;
        let line = match end {
            Some(end) if is(&end, EventKind::HandOver) => OnLine::Entered,
            Some(_) => OnLine::Left,
            None => OnLine::StandsBy,
        };
        let newest = newest.map(record).transpose()?;
        Ok(Walk {
            is_current: chain.epoch == own.epoch,
            is_holder,
            given: given.map(|given| (given.hash(), given.header.time)),
            line,
            last: if is_holder { self.last_number(chain.signer)? } else { None },
            time: newest.map_or(Timestamp::EARLIEST, |newest| newest.header.time),
            counter: newest.map_or(0, |newest| newest.link.counter),
        })
    }

    /// Whether a note takes back what is left of its original, here or among the records before it.
    fn credits(&mut self, items: &[Item], at: usize) -> Result<bool, Refusal> {
        let row = &items[at].row;
        let Some((original, body)) = row.reference.zip(row.body.as_deref()) else { return Ok(true) };
        let Ok(note) = Validated::read(body.as_bytes()) else { return Ok(true) };
        if !note.invoice().invoice_type.is_credit() {
            // It repeats another invoice.
            return Ok(true);
        }
        let earlier = &items[..at];
        match self.account_with(earlier, original, found_by::reissued_by(note.invoice())) {
            Ok(account) => Ok(account.admit(&note).is_ok()),
            Err(Refusal::Store(fault)) => Err(fault.into()),
            Err(_) => Ok(false),
        }
    }

    /// The account of an original with the notes that are held and those that come before in the delivery.
    fn account_with(
        &mut self,
        earlier: &[Item],
        original: Reference,
        repeats: Option<FiscalNumber>,
    ) -> Result<CreditAccount, Refusal> {
        let outlet = &self.seat.outlet;
        let is_original = |item: &&Item| {
            (Some(item.row.place.chain.epoch), item.row.number)
                == (Some(original.epoch), Some(original.number))
        };
        let row = match earlier.iter().find(is_original) {
            Some(item) => Some(item.row.clone()),
            None => self.store.by_number(outlet.id, original.epoch, original.number)?,
        };
        let row = row.ok_or(fiscal::CreditFault::OriginalNotFound)?;
        let mut notes = self.store.notes_on(outlet.id, original)?;
        let before = earlier.iter().filter(|item| item.row.reference == Some(original));
        notes.extend(before.map(|item| item.row.clone()));
        credit::account(self.store, outlet, &row, &notes, repeats)
    }
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

fn taken(held: Option<Held>, again: Option<Position>) -> Taken {
    Taken {
        held,
        again,
        entered: 0,
        anchor: None,
        non_compliant: Vec::new(),
        duplicates: Vec::new(),
        unfit: Vec::new(),
    }
}

/// How far a chain is held.
pub(crate) fn held(store: &mut dyn LedgerStore, chain: ChainId) -> Result<Option<Held>, StoreFault> {
    let Some(row) = store.newest_of(chain)? else { return Ok(None) };
    let hash = record(&row)?.hash();
    let newest = match store.newest_invoice(chain)? {
        Some(invoice) => {
            let hash = record(&invoice)?.hash();
            invoice.number.map(|number| Newest { epoch: chain.epoch, number, hash })
        }
        None => None,
    };
    Ok(Some(Held { position: row.place.position, hash, time: row.time, newest }))
}

/// The same with what enters.
fn after(held: Option<Held>, items: &[Item]) -> Option<Held> {
    let Some(last) = items.last() else { return held };
    let sold = items.iter().rev().find_map(|item| {
        let (epoch, number) = (item.row.place.chain.epoch, item.row.number?);
        Some(Newest { epoch, number, hash: item.hash })
    });
    Some(Held {
        position: last.row.place.position,
        hash: last.hash,
        time: last.row.time,
        newest: sold.or(held.and_then(|held| held.newest)),
    })
}
