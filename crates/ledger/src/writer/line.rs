//! The outlet's line of numbers goes from one signer to another, or begins anew (L2).

use fiscal::{DeviceId, Epoch, EventKind, Head, HeadState, InvoiceNumber, LinkFault};
use serde::Deserialize;

use super::assembly::{Added, Assembly};
use crate::{
    ChainId, EpochReason, Lost, Refusal, Row, StoreFault, body,
    line::{is, newest_close, record},
    store::LedgerStore,
};

/// What is read again of the body of the ledger's own hand-over.
#[derive(Deserialize)]
struct TakenBack {
    from: String,
}

/// What is read again of a revocation's body.
#[derive(Deserialize)]
struct Revoked {
    signer: String,
    key_id: String,
}

impl Assembly<'_> {
    /// The ledger's own signer leaves the line to a device, or says again how it did.
    pub(super) fn add_leave(&mut self, to: DeviceId) -> Result<Added, Refusal> {
        if self.has_moved_line {
            return Ok(Added::Later);
        }
        match self.holder {
            Some(holder) if holder == to => Ok(Added::Repeated(Box::new(self.own_end(EventKind::Close)?))),
            Some(device) => Err(Refusal::HandedOver { device }),
            None => {
                self.begin()?;
                let text = body::close(to, self.head.state().number);
                let added = self.event(EventKind::Close, text)?;
                self.holder = Some(to);
                self.has_moved_line = true;
                Ok(added)
            }
        }
    }

    /// The ledger's own signer takes the line back from a device that has closed it, or says again how it did.
    pub(super) fn add_enter(&mut self, from: DeviceId) -> Result<Added, Refusal> {
        if self.has_moved_line || !self.foreign.is_empty() {
            return Ok(Added::Later);
        }
        match self.holder {
            Some(holder) if holder == from => self.enter(from),
            Some(device) => Err(Refusal::HandedOver { device }),
            None => {
                let row = self.own_end(EventKind::HandOver).ok();
                let row = row.filter(|row| was_taken_from(row, from));
                row.map(|row| Added::Repeated(Box::new(row))).ok_or(Refusal::NotHolder { device: from })
            }
        }
    }

    fn enter(&mut self, from: DeviceId) -> Result<Added, Refusal> {
        let own = self.own_chain();
        let theirs = ChainId { signer: from, ..own };
        let given = newest_close(self.store, own)?.ok_or_else(|| corrupt(own))?;
        let ends = self.store.line_ends(theirs, 2)?;
        let ends: Vec<_> = ends.iter().map(record).collect::<Result<_, _>>()?;
        // It entered behind our close, and then closed: a close of before says nothing of what it may seal now.
        let close = match ends.as_slice() {
            [close, entry]
                if is(close, EventKind::Close)
                    && is(entry, EventKind::HandOver)
                    && entry.link.previous == given.hash() =>
            {
                *close
            }
            _ => return Err(Refusal::NotClosed { device: from }),
        };
        let sold = self.store.newest_invoice(theirs)?.and_then(|row| row.number);
        self.begin()?;
        let (before, chain) = (*self.head.state(), *self.head.chain());
        let number = before.number.max(sold);
        let next =
            number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next).ok_or(LinkFault::Exhausted)?;
        let text = body::hand_over(from, self.terms.key, next, close.hash(), before.hash);
        // Our numbers go on from theirs, and nothing is earlier than what they sealed; our positions go on from ours.
        let time = before.time.max(close.header.time);
        let state = HeadState { number, hash: close.hash(), time, ..before };
        let head = std::mem::replace(&mut self.head, Head::open(chain, state));
        let added = self.event(EventKind::HandOver, text);
        if added.is_err() {
            self.head = head;
            return added;
        }
        self.holder = None;
        self.has_moved_line = true;
        added
    }

    /// The line is given up, for its holder will not close it: another begins at 1, and the holder's key ends at the last
    /// number that the ledger holds.
    pub(super) fn add_force(&mut self, lost: &Lost) -> Result<Added, Refusal> {
        if !self.linked.is_empty() {
            return Ok(Added::Later);
        }
        if self.holder != Some(lost.device) {
            let own = self.own_chain();
            let row = forced(self.store, own, lost)?;
            return row
                .map(|row| Added::Repeated(Box::new(row)))
                .ok_or(Refusal::NotHolder { device: lost.device });
        }
        let epoch = self.epoch();
        let last = self.last_number(lost.device)?;
        let added = self.open_epoch(EpochReason::Forced, None)?;
        self.flag_device(lost.device, epoch, last)?;
        let text = body::revocation(lost, epoch, last, self.terms.moment.now.max(self.head.state().time));
        self.event(EventKind::Revocation, text)?;
        self.holder = None;
        Ok(added)
    }

    /// The line of numbers is given up, and another begins at 1 (L2).
    pub(super) fn add_epoch(&mut self, reason: EpochReason, known: Option<Epoch>) -> Result<Added, Refusal> {
        if !self.linked.is_empty() {
            return Ok(Added::Later);
        }
        let (old_epoch, before) = (self.epoch(), *self.head.state());
        let device = self.holder;
        let last = device.map(|device| self.last_number(device)).transpose()?.flatten();
        let added = self.open_epoch(reason, known)?;
        // What the old line answered behind this may be in no database (L2).
        self.event(EventKind::Flag, body::unreported(old_epoch, &before))?;
        if let Some(device) = device {
            self.flag_device(device, old_epoch, last)?;
        }
        self.holder = None;
        Ok(added)
    }

    fn open_epoch(&mut self, reason: EpochReason, known: Option<Epoch>) -> Result<Added, Refusal> {
        let mut chain = *self.head.chain();
        let before = *self.head.state();
        // An epoch that a head outside of the database names was begun, though the database has forgotten it; and a device
        // that was reset while it held the line may have begun one by itself.
        let theirs = self.store.chains(self.seat.outlet.id)?.into_iter().map(|(chain, _)| chain.epoch);
        let newest = theirs.chain(known).fold(chain.epoch, Epoch::max);
        chain.epoch = Epoch(newest.0.checked_add(1).ok_or(LinkFault::Exhausted)?);
        let text = body::opening(&self.seat.outlet, chain.epoch, self.terms.key, Some((reason, &before)));
        // Nothing of a new chain may be older than the old one: the time goes with the state.
        let head = std::mem::replace(&mut self.head, Head::open(chain, before.in_new_epoch()));
        let added = self.event(EventKind::Epoch, text);
        if added.is_err() {
            self.head = head;
        }
        added
    }

    /// What a device answered behind what is held of its line may be in no database (L2).
    fn flag_device(
        &mut self,
        device: DeviceId,
        epoch: Epoch,
        last: Option<InvoiceNumber>,
    ) -> Result<(), Refusal> {
        let chain = ChainId { signer: device, epoch, ..self.seat.head.chain };
        let position = self.store.newest_of(chain)?.map(|row| row.place.position);
        self.event(EventKind::Flag, body::unreported_of(device, epoch, position, last)).map(drop)
    }

    /// The last number of the line that the ledger knows of while a device holds it.
    pub(super) fn last_number(&mut self, holder: DeviceId) -> Result<Option<InvoiceNumber>, StoreFault> {
        let chain = ChainId { signer: holder, ..self.own_chain() };
        let sold = self.store.newest_invoice(chain)?.and_then(|row| row.number);
        Ok(self.head.state().number.max(sold))
    }

    /// The newest record with which the own signer left or took over, which has to be of a kind.
    fn own_end(&mut self, kind: EventKind) -> Result<Row, StoreFault> {
        let chain = self.own_chain();
        let row = self.store.line_ends(chain, 1)?.pop().ok_or_else(|| corrupt(chain))?;
        if is(&record(&row)?, kind) { Ok(row) } else { Err(corrupt(chain)) }
    }

    pub(super) fn own_chain(&self) -> ChainId {
        ChainId { epoch: self.epoch(), ..self.seat.head.chain }
    }
}

fn was_taken_from(row: &Row, device: DeviceId) -> bool {
    let body = row.body.as_deref().and_then(|body| serde_json::from_str::<TakenBack>(body).ok());
    body.is_some_and(|body| body.from == device.as_str())
}

/// The record that opened the epoch for the loss of this very device, if it was opened for that.
fn forced(store: &mut dyn LedgerStore, chain: ChainId, lost: &Lost) -> Result<Option<Row>, StoreFault> {
    /// Opening, flag, revocation.
    const FIRST_RECORDS: usize = 3;
    let rows = store.records(chain, None, FIRST_RECORDS)?;
    let is_of = |row: &Row| -> Result<bool, StoreFault> {
        if !is(&record(row)?, EventKind::Revocation) {
            return Ok(false);
        }
        let body = row.body.as_deref().and_then(|body| serde_json::from_str::<Revoked>(body).ok());
        Ok(body
            .is_some_and(|body| body.signer == lost.device.as_str() && body.key_id == lost.key.to_string()))
    };
    let found = rows.last().map(is_of).transpose()?.unwrap_or_default();
    Ok(rows.into_iter().next().filter(|_| found))
}

fn corrupt(chain: ChainId) -> StoreFault {
    StoreFault::Corrupt(format!(
        "the head of {} and its records say different things of the line",
        chain.outlet
    ))
}
