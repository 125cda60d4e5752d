//! What the tax authority says of an invoice is sealed once (A1).

use fiscal::EventKind;

use super::assembly::{Added, Assembly};
use crate::{
    AuthorityFault, AuthorityNote, Reference, Refusal,
    authority::{Known, body},
    line::record,
};

impl Assembly<'_> {
    /// Seals it, or repeats the record that says so already. Who holds the line does not matter, nor of which epoch the
    /// invoice is: the ledger's own chain goes on.
    pub(super) fn add_authority(&mut self, note: &AuthorityNote) -> Result<Added, Refusal> {
        let place = note.invoice;
        if place.chain.outlet != self.seat.outlet.id {
            return Err(Refusal::WrongOutlet);
        }
        // A second one of the same batch is answered from the first, once that is durable.
        if self.noted.contains(&place) {
            return Ok(Added::Later);
        }
        let Some(invoice) = self.store.at(place)? else {
            // It may be what this part takes in of another chain.
            let is_coming = self.foreign.rows.iter().any(|row| row.place == place);
            return if is_coming { Ok(Added::Later) } else { Err(AuthorityFault::NoSuchInvoice.into()) };
        };
        let number = invoice.number.ok_or(AuthorityFault::NoSuchInvoice)?;
        if record(&invoice)?.hash() != note.record_hash {
            return Err(AuthorityFault::NoSuchInvoice.into());
        }
        let known = Known::of(self.store, &invoice, self.seat.head.chain.signer)?;
        if let Some(row) = known.repeats(note)? {
            return Ok(Added::Repeated(Box::new(row.clone())));
        }
        self.begin()?;
        let reference = Reference { epoch: place.chain.epoch, number };
        let added = self.event_on(EventKind::Authority, Some(reference), body(note, number))?;
        self.noted.insert(place);
        Ok(added)
    }
}
