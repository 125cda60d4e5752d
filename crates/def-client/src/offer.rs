use fiscal::{Fault, Invoice, PayloadHash, Validated};

/// A canonical payload with what it says: the bytes that are offered, and no others.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'p> {
    text: &'p str,
    validated: Validated<'p>,
}

impl<'p> Offer<'p> {
    /// Checks all that needs no device: form, arithmetic, signs.
    pub fn read(text: &'p str) -> Result<Self, Fault> {
        Ok(Self { text, validated: Validated::read(text.as_bytes())? })
    }

    /// The bytes.
    pub const fn text(&self) -> &'p str {
        self.text
    }

    /// What they say.
    pub const fn invoice(&self) -> &Invoice<'p> {
        self.validated.invoice()
    }

    /// Their SHA-256: the identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.validated.hash()
    }
}
