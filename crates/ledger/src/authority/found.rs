//! What the ledger holds of the authority's elements of one invoice.

use fiscal::{DeviceId, EventKind, FiscalNumber, Subject};

use super::{AuthorityElements, AuthorityFault, AuthorityNote, AuthorityRecord, body::read};
use crate::{Ledger, Place, Reference, Refusal, Row, StoreFault, irregular::read_flag, store::LedgerStore};

impl Ledger {
    /// The authority's elements of an invoice by its fiscal number: of several records the one that counts, which is the
    /// authority's own answer before an imported file's, before what someone typed, of these the newest, and trials behind all.
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

/// The one that counts: what a service for trials says has no fiscal value, and counts only where there is nothing else.
fn counts(records: &[AuthorityRecord]) -> Option<&AuthorityRecord> {
    // Of equals the last.
    records.iter().max_by_key(|AuthorityRecord { note, .. }| (!note.elements.is_test, note.elements.source))
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

    /// The record that says already what a note says; none when the note is to be sealed. What counts more is sealed beside
    /// what is there, whatever that says: an imported file's behind what was typed, and the authority's own answer behind
    /// both. Trials are held against trials only.
    pub(crate) fn repeats(&self, note: &AuthorityNote) -> Result<Option<&Row>, AuthorityFault> {
        if self.is_flagged {
            return Err(AuthorityFault::NonCompliant);
        }
        let said = &note.elements;
        let alike = || self.records.iter().filter(|record| record.note.elements.is_test == said.is_test);
        // Of equals the last.
        let Some(known) = alike().max_by_key(|record| record.note.elements.source) else { return Ok(None) };
        if said.source > known.note.elements.source {
            return Ok(None);
        }
        let repeated = alike().rfind(|record| {
            let elements = &record.note.elements;
            elements.code == said.code && elements.source >= said.source
        });
        match repeated {
            Some(record) => Ok(Some(&record.row)),
            None => Err(AuthorityFault::TwoCodes { known: known.note.elements.code.clone() }),
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
