//! What the journal keeps of a record: all that cannot be computed from the records before it.

use def_protocol::Nonce;
use fiscal::{Epoch, InvoiceNumber, OutletId, Sealed, Signature, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    journal::{Fields, Place},
    state::codec::{Decoder, Encoder},
};

/// The kind byte of an invoice.
pub(crate) const INVOICE: u8 = 0x01;

/// What every record keeps.
///
/// | bytes | what |
/// |---|---|
/// | 5 | time, in seconds since 1970 |
/// | 4 | secure-element counter |
/// | 64 | signature |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) time: Timestamp,
    pub(crate) counter: u32,
    pub(crate) signature: Signature,
}

impl Seal {
    pub(crate) const LENGTH: usize = 5 + 4 + Signature::LENGTH;

    pub(crate) fn of(sealed: &Sealed) -> Self {
        // A counter past 32 bits is refused before anything is linked.
        let counter = u32::try_from(sealed.link.counter).unwrap_or(u32::MAX);
        Self { time: sealed.header.time, counter, signature: sealed.signature }
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..5].copy_from_slice(&self.time.unix().to_be_bytes()[3..]);
        bytes[5..9].copy_from_slice(&self.counter.to_be_bytes());
        bytes[9..].copy_from_slice(self.signature.as_bytes());
        bytes
    }

    fn read(input: &mut Fields<'_>) -> Option<Self> {
        let mut time = [0; 8];
        time[3..].copy_from_slice(&input.array::<5>()?);
        Some(Self {
            time: Timestamp::from_unix(u64::from_be_bytes(time))?,
            counter: input.u32()?,
            signature: Signature::from_bytes(input.array()?).ok()?,
        })
    }
}

/// What follows the seal of an invoice.
///
/// | bytes | what |
/// |---|---|
/// | 16 | nonce of its COMMIT |
/// | 2 | length of what is kept of a credit note, 0 for others |
/// | n | [`NoteContent`] |
/// | m | the payload in its compact form |
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvoiceContent<'a> {
    pub(crate) seal: Seal,
    pub(crate) nonce: Nonce,
    pub(crate) note: &'a [u8],
    pub(crate) packed: &'a [u8],
}

/// What stands before the note of an invoice, in bytes.
pub(crate) const INVOICE_HEAD: usize = Seal::LENGTH + Nonce::LENGTH + 2;

impl<'a> InvoiceContent<'a> {
    /// What stands before the note.
    pub(crate) fn head(seal: Seal, nonce: Nonce, note: &[u8]) -> [u8; INVOICE_HEAD] {
        let mut head = [0; INVOICE_HEAD];
        head[..Seal::LENGTH].copy_from_slice(&seal.to_bytes());
        head[Seal::LENGTH..INVOICE_HEAD - 2].copy_from_slice(&nonce.0);
        // A note has at most `NOTE_BYTES`.
        head[INVOICE_HEAD - 2..].copy_from_slice(&(note.len() as u16).to_be_bytes());
        head
    }

    pub(crate) fn read(content: &'a [u8]) -> Option<Self> {
        let mut input = Fields(content);
        let seal = Seal::read(&mut input)?;
        let nonce = Nonce(input.array()?);
        let length = usize::from(u16::from_be_bytes(input.array()?));
        let note = input.bytes(length)?;
        Some(Self { seal, nonce, note, packed: input.0 })
    }
}

/// What follows the seal of another record: its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventContent<'a> {
    pub(crate) seal: Seal,
    pub(crate) body: &'a str,
}

impl<'a> EventContent<'a> {
    pub(crate) fn read(content: &'a [u8]) -> Option<Self> {
        let mut input = Fields(content);
        let seal = Seal::read(&mut input)?;
        Some(Self { seal, body: core::str::from_utf8(input.0).ok()? })
    }
}

/// What is kept of a credit note that names an original, so that the next one needs no search.
///
/// | bytes | what |
/// |---|---|
/// | 6 | where the note before it in the same bucket is: sector 4, offset 2; sector 0 for none |
/// | 8 | which original: the first bytes of a SHA-256 |
/// | 16 | which voucher: the first bytes of the token's SHA-256, or zeros |
/// | n | what is left of the original after this note |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoteContent<'a> {
    pub(crate) before: Option<Place>,
    pub(crate) original: OriginalDigest,
    pub(crate) voucher: [u8; 16],
    pub(crate) balances: &'a [u8],
}

/// A note takes at most this many bytes.
pub(crate) const NOTE_BYTES: usize = 640;

impl<'a> NoteContent<'a> {
    /// What stands before the balances, in bytes.
    pub(crate) const HEAD: usize = 6 + 8 + 16;

    pub(crate) fn write<'b>(&self, buffer: &'b mut [u8; NOTE_BYTES]) -> Option<&'b [u8]> {
        let mut out = Encoder::new(buffer);
        out.place(self.before);
        out.put(&self.original.0);
        out.put(&self.voucher);
        out.put(self.balances);
        out.finish()
    }

    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, balances) = bytes.split_at_checked(Self::HEAD)?;
        let mut input = Decoder::new(head);
        Some(Self {
            before: input.place()?,
            original: OriginalDigest(input.array()?),
            voucher: input.array()?,
            balances,
        })
    }
}

/// Which invoice a credit note names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OriginalDigest(pub(crate) [u8; 8]);

impl OriginalDigest {
    pub(crate) fn of(outlet: OutletId, epoch: Epoch, number: InvoiceNumber) -> Self {
        let digest = Sha256::new()
            .chain_update(epoch.0.to_be_bytes())
            .chain_update(number.value().to_be_bytes())
            .chain_update(outlet.as_str())
            .finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(first)
    }
}
