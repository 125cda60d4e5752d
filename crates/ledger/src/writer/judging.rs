//! What is wrong with records of another signer that enter (L6): where they stand, and what they take back.

use fiscal::{CreditAccount, EventKind, FiscalNumber, Timestamp, Validated};

use super::{
    assembly::Assembly,
    walk::{OnLine, Walk},
};
use crate::{
    ChainId, Reference, Refusal, Row, credit,
    delivery::{Cause, Item},
    found_by,
    line::{is, newest_close, record},
};

impl Assembly<'_> {
    /// What is wrong with each record, by itself and where it stands.
    pub(super) fn causes(
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
            if item.row.body.is_none() {
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
