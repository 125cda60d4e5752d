//! What is left of an original, from the journal or from a voucher (D5).

use def_protocol::{
    ErrorCode,
    token::{Body, Unverified, Voucher},
};
use fiscal::{
    CreditAccount, CreditFault, Original, OriginalIdentity, OriginalReference, Reference, Timestamp,
    Validated, compact,
};
use sha2::{Digest, Sha256};

use super::Vault;
use crate::{
    board::Board,
    content::{InvoiceContent, NoteContent, OriginalDigest},
    journal::{JournalFault, Place},
    refusal::Refusal,
};

/// What a credit note took, to be kept with it.
#[derive(Clone, Debug)]
pub(crate) struct NoteTaken {
    pub(crate) original: OriginalDigest,
    pub(crate) voucher: [u8; 16],
    pub(crate) balances: heapless::Vec<u8, { CreditAccount::BALANCES_MAX_LENGTH }>,
}

impl<B: Board> Vault<'_, B> {
    /// Whether a credit note may be sealed beside those that wait; what it takes. None for what is no note of an
    /// original.
    pub(crate) fn admit<'p>(
        &mut self,
        sale: &Validated<'_>,
        waiting: impl Iterator<Item = &'p [u8]>,
        now: Timestamp,
    ) -> Result<Option<NoteTaken>, Refusal> {
        let Some(Reference::Original(reference)) = &sale.invoice().reference else { return Ok(None) };
        let digest = OriginalDigest::of(reference.outlet_id, reference.epoch, reference.invoice_seq);
        let (mut original, voucher) = self.original(sale, reference, digest, now)?;
        for payload in waiting {
            let Ok(other) = Validated::read(payload) else { continue };
            if other.hash() == sale.hash() || !names(&other, reference) {
                continue;
            }
            // What waits was admitted when it was prepared; it reserves its amount.
            original = with_account(original, |original| original.admit(&other))?;
        }
        let account = original.admit(sale)?;
        Ok(Some(NoteTaken { original: digest, voucher, balances: account.balances_to_bytes() }))
    }

    fn original(
        &mut self,
        sale: &Validated<'_>,
        reference: &OriginalReference<'_>,
        digest: OriginalDigest,
        now: Timestamp,
    ) -> Result<(Original, [u8; 16]), Refusal> {
        let (nothing, epoch) = ([0; 16], self.state.point.epoch);
        let ours = reference.outlet_id == self.binding()?.activation.outlet;
        if ours
            && reference.epoch == epoch
            && let Some(account) = self.account(sale, reference, digest)?
        {
            return Ok((Original::Here(account), nothing));
        }
        if let Some(voucher) = reference.voucher {
            let account = self.voucher(voucher.as_str(), digest, now)?;
            return Ok((Original::Elsewhere(Some(account)), voucher_digest(voucher.as_str())));
        }
        // Another signer of the outlet may have given a number that is not here.
        let given = (reference.epoch, Some(reference.invoice_seq)) <= (epoch, self.state.last_number());
        Ok((if ours && given { Original::Elsewhere(None) } else { Original::Nowhere }, nothing))
    }

    /// The account of an original in this journal, after the notes that were sealed.
    fn account(
        &mut self,
        sale: &Validated<'_>,
        reference: &OriginalReference<'_>,
        digest: OriginalDigest,
    ) -> Result<Option<CreditAccount>, Refusal> {
        let Some(found) = self.find_invoice(reference.epoch, reference.invoice_seq)? else {
            return Ok(None);
        };
        let home = self.binding()?.home();
        let fault = Refusal::corrupt(found.place, "the payload cannot be read");
        let content = InvoiceContent::read(&self.buffers.content[..found.length]).ok_or(fault.clone())?;
        self.buffers.text.clear();
        compact::unpack(content.packed, &home, &mut self.buffers.text).map_err(|_| fault.clone())?;
        let original = Validated::read(self.buffers.text.as_bytes()).map_err(|_| fault.clone())?;
        let identity = OriginalIdentity {
            nif: sale.invoice().merchant_nif,
            outlet: home.outlet,
            epoch: reference.epoch,
            number: reference.invoice_seq,
            auth_code: found.sealed.signature.auth_code(),
        };
        let account = CreditAccount::open(identity, &original)?;
        match self.newest_note(digest)?.filter(|note| note.voucher == [0; 16]) {
            Some(note) => Ok(Some(account.with_balances(&note.balances).map_err(|_| fault)?)),
            None => Ok(Some(account)),
        }
    }

    /// The account that a voucher states, unless it was used (D5).
    fn voucher(
        &mut self,
        text: &str,
        digest: OriginalDigest,
        now: Timestamp,
    ) -> Result<CreditAccount, Refusal> {
        let operator = &self.binding()?.activation.operator;
        let mut buffer = [0; Voucher::MAX_BYTES];
        let token = Unverified::<Voucher>::from_text(text, &mut buffer)?.verify(operator)?;
        token.for_device(self.factory.serial, self.factory.realm, now)?;
        // The notes of epochs before are gone from here, so their vouchers hold no longer.
        if token.scope().not_before < self.state.epoch_began {
            return Err(elsewhere("the voucher is from before this epoch: ask the ledger for a new one"));
        }
        // The ledger states what was left when it wrote. A note since then, with this voucher or another, is not in it.
        let newest = self.newest_note(digest)?;
        if newest.is_some_and(|note| token.scope().not_before <= note.time) {
            return Err(elsewhere(
                "the voucher is older than the newest note of this original: ask the ledger for a new one",
            ));
        }
        Ok(token.into_body().account)
    }

    /// The newest note of an original, along its chain.
    fn newest_note(&mut self, original: OriginalDigest) -> Result<Option<KeptNote>, Refusal> {
        let mut next: Option<Place> = self.state.notes.newest(original);
        while let Some(place) = next {
            let corrupt = JournalFault::corrupt(place, "the credit note cannot be read");
            let slot = self.journal.slot(place, &mut self.buffers.content)?;
            let content = InvoiceContent::read(slot.content).ok_or(corrupt)?;
            let note = NoteContent::read(content.note).ok_or(corrupt)?;
            if note.original == original {
                let balances = heapless::Vec::from_slice(note.balances).map_err(|_| corrupt)?;
                return Ok(Some(KeptNote { time: content.seal.time, voucher: note.voucher, balances }));
            }
            next = note.before;
            if next.is_some_and(|before| before >= place) {
                return Err(corrupt.into());
            }
        }
        Ok(None)
    }
}

/// What the journal keeps of a credit note.
struct KeptNote {
    time: Timestamp,
    voucher: [u8; 16],
    balances: heapless::Vec<u8, { CreditAccount::BALANCES_MAX_LENGTH }>,
}

fn names(note: &Validated<'_>, reference: &OriginalReference<'_>) -> bool {
    match &note.invoice().reference {
        Some(Reference::Original(other)) => {
            (other.outlet_id, other.epoch, other.invoice_seq)
                == (reference.outlet_id, reference.epoch, reference.invoice_seq)
        }
        _ => false,
    }
}

/// The original after one more note.
fn with_account(
    original: Original,
    admit: impl FnOnce(&Original) -> Result<CreditAccount, CreditFault>,
) -> Result<Original, CreditFault> {
    let account = admit(&original)?;
    Ok(match original {
        Original::Here(_) => Original::Here(account),
        _ => Original::Elsewhere(Some(account)),
    })
}

fn voucher_digest(text: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(text)[..16]);
    digest
}

fn elsewhere(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::OriginalElsewhere, detail)
}
