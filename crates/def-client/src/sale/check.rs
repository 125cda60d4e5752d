//! Whether a seal is one of this sale. A device is trusted to number and to sign; what it answers is looked at all the
//! same, because a receipt with a wrong element is none.

use def_protocol::reply::Seal;
use fiscal::{InvoiceFacts, PublicKey, Qr};

use super::Signer;
use crate::offer::Offer;

/// What is wrong with a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealDoubt {
    /// It is of another payload.
    #[error("it seals other bytes")]
    OtherPayload,
    /// Its record says something else than the payload.
    #[error("its record is not of this sale")]
    OtherFacts,
    /// Its members do not agree with its record.
    #[error("its elements contradict each other")]
    Contradiction,
    /// Another device sealed it than the one that was asked, or another key.
    #[error("another device or another key made it")]
    OtherSigner,
    /// The device's key did not sign it.
    #[error("the device's key did not sign it")]
    Signature,
}

impl SealDoubt {
    /// What there is to doubt of a seal of this payload. With the device's key the signature is verified too.
    pub(crate) fn about(seal: &Seal, payload: &Offer<'_>, key: Option<&PublicKey>) -> Result<(), Self> {
        let record = &seal.record;
        if record.link.payload != payload.hash() || seal.payload_hash != payload.hash() {
            return Err(Self::OtherPayload);
        }
        let facts = record.header.invoice().ok_or(Self::OtherFacts)?;
        let invoice = payload.invoice();
        let is_of_it = *facts == InvoiceFacts::of_invoice(invoice, facts.number);
        if !is_of_it || record.header.outlet != invoice.outlet_id {
            return Err(Self::OtherFacts);
        }
        if !agrees(seal) {
            return Err(Self::Contradiction);
        }
        match key {
            Some(key) => record.verify(key).map(|_| ()).map_err(|_| Self::Signature),
            None => Ok(()),
        }
    }

    /// Whether another device sealed it than the one that was asked.
    pub(crate) fn of_signer(seal: &Seal, signer: &Signer) -> Result<(), Self> {
        let header = &seal.record.header;
        let is_its =
            header.device == signer.device_id && signer.public_key_id.is_none_or(|key| key == header.key);
        if is_its { Ok(()) } else { Err(Self::OtherSigner) }
    }
}

/// Whether what a person reads is what the record says. The prefix of the fiscal number stands in no record.
fn agrees(seal: &Seal) -> bool {
    let (header, link, signature) = (&seal.record.header, &seal.record.link, seal.record.signature);
    let Some(facts) = header.invoice() else { return false };
    let Ok(qr) = Qr::read(&seal.qr_payload) else { return false };
    let code = signature.auth_code();
    let number = seal.fiscal_number;
    seal.invoice_seq == facts.number.value()
        && (number.epoch, number.number) == (header.epoch, facts.number)
        && (seal.device_id, seal.timestamp, seal.epoch) == (header.device, header.time, header.epoch)
        && (seal.position, seal.counter) == (link.position.value(), link.counter)
        && seal.previous_hash == link.previous
        && seal.record_hash == seal.record.hash()
        && (seal.signature, seal.auth_code) == (signature, code)
        && *qr.header() == *header
        && (*qr.signature(), qr.auth_code(), qr.record_hash()) == (signature, code, seal.record_hash)
}
