//! What the ledger holds of the authority's elements of one invoice.

use fiscal::{DeviceId, EventKind, FiscalNumber, Subject};

use super::{AuthorityElements, AuthorityFault, AuthorityNote, AuthorityRecord, AuthoritySource, body::read};
use crate::{Ledger, Place, Reference, Refusal, Row, StoreFault, irregular::read_flag, store::LedgerStore};

impl Ledger {
    /// The authority's elements of an invoice by its fiscal number: of several records the one that counts, which is the
    /// authority's own answer before its portal's, before what someone typed, and of these the newest.
    pub fn authority_of(&self, number: &FiscalNumber) -> Result<Option<AuthorityElements>, Refusal> {
        let own = self.signer();
        self.ask(|store| {
            let Some(outlet) = store.outlet_by_prefix(number.prefix)? else { return Ok(None) };
            let Some(row) = store.by_number(outlet.id, number.epoch, number.number)? else { return Ok(None) };
            Ok(counts(&Known::of(store, &row, own)?.records).map(|record| record.note.elements.clone()))
        })
    }

    /// The same of an invoice by its place.
    pub fn authority_at(&self, invoice: Place) -> Result<Option<AuthorityElements>, Refusal> {
        let records = self.authority_records(invoice)?;
        Ok(counts(&records).map(|record| record.note.elements.clone()))
    }

    /// Every record of the authority's elements of an invoice, in the order in which they were sealed.
    pub fn authority_records(&self, invoice: Place) -> Result<Vec<AuthorityRecord>, Refusal> {
        let own = self.signer();
        self.ask(|store| match store.at(invoice)? {
            Some(row) => Ok(Known::of(store, &row, own)?.records),
            None => Ok(Vec::new()),
        })
    }
}

/// The one that counts.
fn counts(records: &[AuthorityRecord]) -> Option<&AuthorityRecord> {
    // Of equals the last.
    records.iter().max_by_key(|record| record.note.elements.source)
}

/// What the ledger's own chain says of an invoice.
pub(crate) struct Known {
    /// The authority's elements, the oldest first.
    pub(crate) records: Vec<AuthorityRecord>,
    /// Whether it is flagged as not compliant (L6).
    is_flagged: bool,
}

impl Known {
    /// `own` is who seals the ledger's own chain: others may say what they like.
    pub(crate) fn of(store: &mut dyn LedgerStore, invoice: &Row, own: DeviceId) -> Result<Self, StoreFault> {
        let (place, mut records, mut is_flagged) = (invoice.place, Vec::new(), false);
        if let Some(number) = invoice.number {
            let reference = Reference { epoch: place.chain.epoch, number };
            for row in store.notes_on(place.chain.outlet, reference)? {
                if row.place.chain.signer != own {
                    continue;
                }
                is_flagged |= read_flag(&row).is_some_and(|flagged| flagged.place == place);
                if let Some(note) = note(&row)?.filter(|note| note.invoice == place) {
                    records.push(AuthorityRecord { row, note });
                }
            }
        }
        Ok(Self { records, is_flagged })
    }

    /// The record that says already what a note says; none when the note is to be sealed. What the authority answers
    /// itself is sealed beside what was typed or came from its portal, whatever that says.
    pub(crate) fn repeats(&self, note: &AuthorityNote) -> Result<Option<&Row>, AuthorityFault> {
        if self.is_flagged {
            return Err(AuthorityFault::NonCompliant);
        }
        let said = &note.elements;
        let of_api = |record: &&AuthorityRecord| record.note.elements.source == AuthoritySource::Api;
        if said.source == AuthoritySource::Api && !self.records.iter().any(|record| of_api(&record)) {
            return Ok(None);
        }
        let same = |record: &&AuthorityRecord| record.note.elements.code == said.code;
        let mut repeated = self.records.iter().filter(same).filter(|record| {
            // Of the authority's own answer only such an answer is a repetition.
            said.source != AuthoritySource::Api || of_api(record)
        });
        match (repeated.next_back(), counts(&self.records)) {
            (Some(record), _) => Ok(Some(&record.row)),
            (None, Some(known)) => Err(AuthorityFault::TwoCodes { known: known.note.elements.code.clone() }),
            (None, None) => Ok(None),
        }
    }
}

fn note(row: &Row) -> Result<Option<AuthorityNote>, StoreFault> {
    let corrupt = || StoreFault::Corrupt(format!("the authority's elements at {:?}", row.place));
    if row.is_invoice() {
        return Ok(None);
    }
    let record = row.read().map_err(|_| corrupt())?;
    if record.header.subject != Subject::Event(EventKind::Authority) {
        return Ok(None);
    }
    let body = row.body.as_deref().ok_or_else(corrupt)?;
    read(row.place.chain.outlet, body).map(Some).ok_or_else(corrupt)
}
