//! A payload in as few bytes as is simple, for a journal on flash: the canonical bytes come back as they were.
//!
//! What P5 and P6 fix is left out and computed again: bases, taxes, totals, the CDF totals of an exchange, the last
//! payment. So is the merchant and outlet that a device knows of itself ([`Home`]). A sale of five lines takes about 220
//! bytes instead of 1,500.
//!
//! [`Validated::pack`] writes the form; [`with_invoice`] reads it in place, element by element, with no payload in
//! memory; [`unpack`] writes the payload. Packed bytes are not signed: whoever unpacks compares the payload's hash with
//! the record's.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | bits 0–2 invoice type, 3–5 class of client, both in the order of P2; 6–7 price mode: 0 none, 1 `ht`, 2 `ttc` |
//! | 1 | bit 0 the home's NIF and outlet, 1 CDF, 2 a registration, 3 exactly one payment; 4–7 groups, less one |
//! | 1 | annex, bit 0 client name, 1 contact, 2 address, 3 operator, 4 items, 5 tendered, 6 comments, 7 ext |
//! | id, id | NIF and outlet, unless the home's |
//! | id, id | terminal, cashier |
//! | number | timestamp, in seconds since 1970 |
//! | text | registration, if there is one |
//! | currency, rate, number | unless CDF: the exchange, its day as days after the timestamp's, zigzag |
//! | groups | see below |
//! | 1 | how many items |
//! | items | see below |
//! | 1 | how many payments, unless exactly one |
//! | payments | see below |
//! | 1 … | credit notes only: the reference, see below |
//! | text each | client name, contact, address, operator, those that there are |
//! | 1, each currency, amount, rate | tendered, if there: how many, and they |
//! | 1, each text | comments, if there |
//! | 1, each text, text | ext, if there: name and value |
//!
//! A group, an item, a payment and a reference begin with a byte of their own:
//!
//! | what | its byte | what follows |
//! |---|---|---|
//! | group | bits 0–3 its place in the manifest of P7; 4–5 name: 0 French, 1 English, 2 follows; 6 rate follows; 7 code follows | id, text, rate number: those that do |
//! | item | bits 0–3 its group; 4 quantity is 1 or −1; 5–6 annex type in the order of P2; 7 annex price | id code, text description, quantity unless 1, price, text unit, original price |
//! | payment | bits 0–2 method in the order of P2; 3 an instrument; 4 the amount is what the others leave of the total | amount if it is not, text if there is one |
//! | reference | bits 0–1 nature: RAN, RAM, COR, RRR; 2 the invoice's own outlet; 3 a voucher | nothing for RRR; id outlet if another, number epoch, number invoice, 10 bytes of authentication code, number length and voucher |
//!
//! And the smallest parts:
//!
//! | what | bytes |
//! |---|---|
//! | number | LEB128: seven bits a byte, the lowest first, bit 7 says that more follow |
//! | amount | number: bit 0 in units of 50.00 instead of 0.01, bit 1 below zero, the rest how many |
//! | price | number: bits 0–1 decimals less two, 3 for units of 50.00; the rest the digits |
//! | quantity | number: bits 0–1 decimals, the rest the digits; below zero on credit notes |
//! | rate of a group | number: bits 0–1 decimals less two, the rest the digits |
//! | rate of an exchange | number: bit 0 in whole CDF instead of ten-thousandths, the rest how many |
//! | currency | 1 byte, a place in a table of seven, or its three letters |
//! | id | 1 byte length; then three characters in two bytes, as digits to base 40 of `0–9A–Z.-_`, a last single one in one byte. Bit 7 of the length: plain ASCII instead |
//! | text | 0 none; 1–128 length, then UTF-8 without escapes; 129–223 a place in a table of units; 224–255 with the next byte 13 bits: where in these bytes the same text stands with its length |
//!
//! The tables belong to version 1 and never change.

mod elements;
mod pack;
mod read;
mod reader;
mod tables;
mod writer;

pub(crate) use elements::Packed;
pub(crate) use reader::Reader;

use core::fmt;

use crate::{
    ids::{Nif, OutletId},
    invoice::Invoice,
    rules::{Validated, limits},
};

/// The first byte.
pub const VERSION: u8 = 1;

/// The longest packed form, in bytes. Each part takes less than its member in the payload, name and quotes included,
/// so that none is longer than its payload.
pub const MAX_LENGTH: usize = limits::PAYLOAD_BYTES;

/// The merchant and outlet whose journal it is; their payloads do not repeat them.
///
/// Packing and unpacking take the same one, or the payload comes back as another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Who sells.
    pub nif: Nif,
    /// Where.
    pub outlet: OutletId,
}

/// The buffer is too short for what is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed invoice does not fit its buffer: give one of compact::MAX_LENGTH bytes")]
pub struct NoRoom;

/// Why packed bytes are not unpacked. A device that reads them from its own journal says `STORAGE_CORRUPT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackFault {
    /// Of another version.
    #[error("a packed invoice of version {0}: read it with a program that knows that version")]
    Version(u8),
    /// The bytes end too early.
    #[error("the packed invoice ends before it is complete: read all of it")]
    Truncated,
    /// The bytes end too late.
    #[error("something follows the packed invoice: read one invoice only")]
    TrailingBytes,
    /// A field that cannot be.
    #[error("the packed invoice's {0} is not one that can be: restore the journal from its copy")]
    Field(&'static str),
    /// The items have no sums.
    #[error(
        "the packed items do not come to amounts that an invoice can hold: restore the journal from its copy"
    )]
    Sums,
    /// The payload would be longer than any.
    #[error("the packed invoice is larger than any payload may be: restore the journal from its copy")]
    TooLong,
    /// The writer took no more.
    #[error("the unpacked payload could not be written: give a writer that takes 24,576 bytes")]
    Output,
}

impl Validated<'_> {
    /// Writes the compact form and says how many bytes it has: never more than the payload, nor than [`MAX_LENGTH`].
    pub fn pack(&self, home: &Home, out: &mut [u8]) -> Result<usize, NoRoom> {
        pack::pack(self.invoice(), home, out)
    }
}

/// Writes the payload that was packed. After a fault, what was written so far is not one.
pub fn unpack(bytes: &[u8], home: &Home, out: &mut dyn fmt::Write) -> Result<(), UnpackFault> {
    let mut bounded = Bounded { out, left: limits::PAYLOAD_BYTES, too_long: false };
    let written = with_invoice(bytes, home, |invoice| invoice.write(&mut bounded))?;
    written.map_err(|fmt::Error| if bounded.too_long { UnpackFault::TooLong } else { UnpackFault::Output })
}

/// Reads what was packed without writing its payload: lists are read from the bytes, element by element.
///
/// The invoice is well-formed, but from bytes that [`Validated::pack`] did not write it need not keep the rules between
/// members: whoever cannot trust the bytes unpacks them and compares the payload's hash.
pub fn with_invoice<R>(
    bytes: &[u8],
    home: &Home,
    use_invoice: impl FnOnce(&Invoice<'_>) -> R,
) -> Result<R, UnpackFault> {
    let mut use_invoice = Some(use_invoice);
    let mut used = None;
    read::with_invoice(bytes, home, &mut |invoice| {
        used = use_invoice.take().map(|use_invoice| use_invoice(invoice));
    })?;
    // An invoice that was read was used, once.
    used.ok_or(UnpackFault::Truncated)
}

/// Writes to another writer, but no more than a payload may have.
struct Bounded<'o> {
    out: &'o mut dyn fmt::Write,
    left: usize,
    too_long: bool,
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.too_long = text.len() > self.left;
        if self.too_long {
            return Err(fmt::Error);
        }
        self.left -= text.len();
        self.out.write_str(text)
    }
}
