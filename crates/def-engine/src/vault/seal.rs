//! Sealing: the counter, the link, the signature, the journal, in this order, or nothing.

use def_protocol::{ErrorCode, Nonce};
use fiscal::{CivilDate, EventKind, Head, Linked, Moment, PayloadHash, Sealed, Validated};

use super::{
    Trouble, Vault,
    credit::NoteTaken,
    trouble::{COUNTER_LIMIT, element_failed},
};
use crate::{
    board::{Board, SecureElement},
    content::{INVOICE, INVOICE_HEAD, InvoiceContent, NOTE_BYTES, NoteContent, Seal},
    journal::{ChainPoint, JournalFault, Place},
    refusal::Refusal,
    state::EventBody,
};

/// A record that was sealed, and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) place: Place,
}

/// The compact form of the sale that was checked last; it is in the buffer for contents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed {
    length: usize,
}

impl Packed {
    /// How much of the journal the invoice takes at most.
    pub(crate) const fn content_length(self) -> usize {
        INVOICE_HEAD + NOTE_BYTES + self.length
    }
}

impl<B: Board> Vault<'_, B> {
    /// Seals an invoice for which everything was checked.
    pub(crate) fn seal_invoice(
        &mut self,
        sale: &Validated<'_>,
        nonce: Nonce,
        note: Option<&NoteTaken>,
        Packed { length }: Packed,
    ) -> Result<Sealed, Refusal> {
        let now = self.trusted_time()?;
        self.check_counts()?;
        let mut buffer = [0; NOTE_BYTES];
        let note = self.note_content(note, &mut buffer);
        let point = self.state.point;
        let counter = self.count()?;
        let moment =
            Moment { now, tolerance_seconds: Moment::DEVICE_TOLERANCE_SECONDS, counter: u64::from(counter) };
        let mut head = Head::open(self.chain()?, point.head);
        let linked = head.link(&sale.sale(), moment)?;
        let sealed = self.sign(linked)?;
        let seal = Seal::of(&sealed);
        let content = &self.buffers.content[..length];
        let pieces = [&InvoiceContent::head(seal, nonce, note)[..], note, content];
        let appended = self.journal.append(INVOICE, &pieces, &point, false);
        let place = self.durable(appended)?;
        if let Some(facts) = sealed.header.invoice() {
            let content = InvoiceContent { seal, nonce, note, packed: &self.buffers.content[..length] };
            self.state.sealed_invoice(&sealed, facts.number, &content, sale.invoice(), place);
        }
        Ok(sealed)
    }

    /// Puts a sale's compact form into the buffer, from where it is sealed.
    pub(crate) fn pack(&mut self, sale: &Validated<'_>) -> Result<Packed, Refusal> {
        let home = self.binding()?.home();
        let length = sale.pack(&home, &mut self.buffers.content);
        length.map(|length| Packed { length }).map_err(|_| JournalFault::Full.into())
    }

    fn note_content<'b>(&self, note: Option<&NoteTaken>, buffer: &'b mut [u8; NOTE_BYTES]) -> &'b [u8] {
        let content = note.map(|note| {
            let before = self.state.notes.newest(note.original);
            NoteContent { before, original: note.original, voucher: note.voucher, balances: &note.balances }
        });
        // The longest note fits its buffer.
        content.and_then(|content| content.write(buffer)).unwrap_or_default()
    }

    /// Seals a record that is no invoice.
    pub(crate) fn seal_event(&mut self, kind: EventKind, body: &EventBody<'_>) -> Result<Done, Refusal> {
        self.seal_body(kind, body, None)
    }

    /// Seals a record that goes on from a point of its own, because it opens an epoch or takes over.
    pub(crate) fn seal_jump(
        &mut self,
        kind: EventKind,
        body: &EventBody<'_>,
        from: ChainPoint,
    ) -> Result<Done, Refusal> {
        self.seal_body(kind, body, Some(from))
    }

    /// Seals a closure of everything since the last one, under a business day's name.
    pub(crate) fn seal_closure(&mut self, date: CivilDate) -> Result<Place, Refusal> {
        // A record of its own, if there is one, belongs into the closure.
        self.account_for_counts()?;
        self.keep_the_last_for(EventKind::Closure)?;
        let (state, text) = (&self.state, &mut self.buffers.text);
        let closure = state.counted.closure(date, &state.point.head, state.zone());
        let closure = closure.ok_or(Refusal::new(ErrorCode::NotFound, "there is nothing to close"))?;
        text.clear();
        closure.write(text).map_err(|_| Refusal::from(JournalFault::Full))?;
        Ok(self.seal_written(EventKind::Closure, None)?.place)
    }

    fn seal_body(
        &mut self,
        kind: EventKind,
        body: &EventBody<'_>,
        from: Option<ChainPoint>,
    ) -> Result<Done, Refusal> {
        self.keep_the_last_for(kind)?;
        if kind != EventKind::Recovery {
            self.account_for_counts()?;
        }
        self.write_body(body)?;
        self.seal_written(kind, from)
    }

    /// Seals the text in the buffer. Counts that no record has are accounted for already.
    pub(crate) fn seal_written(
        &mut self,
        kind: EventKind,
        from: Option<ChainPoint>,
    ) -> Result<Done, Refusal> {
        let fresh = kind == EventKind::Epoch;
        self.make_room(Seal::LENGTH + self.buffers.text.len(), fresh)?;
        let before = self.state.point;
        let point = from.unwrap_or(before);
        let counter = match kind {
            EventKind::Recovery | EventKind::Provisioned => self.count_found()?,
            _ => self.count()?,
        };
        let moment = self.system_moment(u64::from(counter));
        let chain = fiscal::Chain { epoch: point.epoch, ..self.chain()? };
        let mut head = Head::open(chain, point.head);
        let hash = PayloadHash::of(self.buffers.text.as_bytes());
        let linked = head.link_event(kind, hash, moment)?;
        let sealed = self.sign(linked)?;
        let seal = Seal::of(&sealed).to_bytes();
        let pieces = [&seal[..], self.buffers.text.as_bytes()];
        let appended = self.journal.append(kind.code(), &pieces, &before, fresh);
        let place = self.durable(appended)?;
        self.state.point = point;
        if let Err(reason) = self.state.sealed_event(&sealed, kind, &self.buffers.text, place) {
            self.trouble = Some(Trouble::Corrupt { place, reason });
        }
        if fresh {
            self.journal.release_before(place.sector);
        }
        Ok(Done { place })
    }

    /// With the last sectors, only what leads out of being full is recorded, and with the very last, only an epoch.
    fn keep_the_last_for(&self, kind: EventKind) -> Result<(), Refusal> {
        let leads_out = matches!(
            kind,
            EventKind::Closure
                | EventKind::Acknowledgement
                | EventKind::Recovery
                | EventKind::TimeSet
                | EventKind::State
        );
        let full = match kind {
            EventKind::Epoch => false,
            _ if leads_out => self.journal.is_down_to_the_very_last(),
            _ => self.journal.is_down_to_the_last(),
        };
        if full { Err(JournalFault::Full.into()) } else { Ok(()) }
    }

    fn write_body(&mut self, body: &EventBody<'_>) -> Result<(), Refusal> {
        self.buffers.text.clear();
        def_protocol::json::write(body, &mut self.buffers.text).map_err(|_| Refusal::from(JournalFault::Full))
    }

    /// Counts that no record has, after something failed, are stated by a record of their own (D11).
    pub(crate) fn account_for_counts(&mut self) -> Result<(), Refusal> {
        let found = self.element.counter().map_err(|_| element_failed())?;
        let newest = u64::from(self.state.point.counter);
        if found > newest && self.state.point.head.position.is_some() {
            self.state_recovery(crate::recovery::Decision::GoOn, found)?;
        }
        Ok(())
    }

    /// A count that no record has is stated before the next command, not while a sale waits.
    fn check_counts(&mut self) -> Result<(), Refusal> {
        let found = self.element.counter().map_err(|_| element_failed())?;
        if found == u64::from(self.state.point.counter) {
            return Ok(());
        }
        self.unsettled = true;
        Err(element_failed())
    }

    /// A recovery, and a first record, take the count that was found, if no record has it: else starts that are cut
    /// again and again would count further than any power cut may.
    fn count_found(&mut self) -> Result<u32, Refusal> {
        let found = self.element.counter().map_err(|_| element_failed())?;
        if found <= u64::from(self.state.point.counter) {
            return self.count();
        }
        self.unsettled = true;
        within_limit(found)
    }

    /// Raises the counter. From here on, what fails leaves something to be looked at again.
    fn count(&mut self) -> Result<u32, Refusal> {
        let counter = self.element.increment();
        self.unsettled = true;
        let counter = counter.map_err(|_| element_failed())?;
        within_limit(counter)
    }

    fn sign(&mut self, linked: Linked) -> Result<Sealed, Refusal> {
        let key = self.key()?;
        let signature = self.element.sign(&linked.hash()).map_err(|_| element_failed())?;
        let sealed = match &self.proof {
            Some(proof) => linked.seal_proven(signature, proof),
            None => linked.seal(signature, &key),
        };
        sealed.map_err(|_| element_failed())
    }

    fn durable(&mut self, appended: Result<Place, JournalFault>) -> Result<Place, Refusal> {
        let place = appended?;
        self.unsettled = false;
        Ok(place)
    }

    /// Makes room for a record of the system, which may wait for an erasure; a sale may not.
    fn make_room(&mut self, length: usize, fresh: bool) -> Result<(), Refusal> {
        loop {
            match self.journal.has_room(length, 0, fresh) {
                Err(JournalFault::NotReady) if self.journal.erase_ahead()? => {}
                room => return Ok(room?),
            }
        }
    }
}

fn within_limit(counter: u64) -> Result<u32, Refusal> {
    let counter = u32::try_from(counter).ok().filter(|counter| u64::from(*counter) <= COUNTER_LIMIT);
    counter.ok_or_else(element_failed)
}
