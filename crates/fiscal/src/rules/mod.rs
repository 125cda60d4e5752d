//! What a payload has to obey beyond its form, and the one door to sealing.

mod arithmetic;
mod check;
pub mod limits;

pub use arithmetic::GroupAmounts;

use sha2::{Digest, Sha256};

use crate::{fault::Fault, invoice::Invoice, seal::PayloadHash};

/// Canonical bytes that are well-formed, keep every rule of the payload and add up (P1–P6, P8).
///
/// The first step of sealing. Whether an outlet, a manifest or an original agrees is for whoever seals to ask, with
/// [`crate::Manifest::check`], [`crate::CreditAccount::admit`] and [`crate::Head::link`].
#[derive(Clone, Copy, Debug)]
pub struct Validated<'a> {
    invoice: Invoice<'a>,
    payload: &'a [u8],
    hash: PayloadHash,
}

impl<'a> Validated<'a> {
    /// Reads and checks a payload.
    pub fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        let invoice = Invoice::read(payload)?;
        check::check(&invoice)?;
        Ok(Self { invoice, payload, hash: PayloadHash(Sha256::digest(payload).into()) })
    }

    /// What the payload says.
    pub const fn invoice(&self) -> &Invoice<'a> {
        &self.invoice
    }

    /// The bytes themselves.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// SHA-256 of the bytes: the identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.hash
    }
}
