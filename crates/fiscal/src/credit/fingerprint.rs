use sha2::{Digest, Sha256};

use crate::{
    invoice::{Client, Invoice},
    text::Text,
};

/// SHA-256 over an invoice's client: class and registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHash(pub [u8; 32]);

/// SHA-256 over an invoice's lines whatever their sign: article, description, quantity, unit, price and group, in their
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinesHash(pub [u8; 32]);

impl ClientHash {
    pub(super) fn of(client: &Client<'_>) -> Self {
        let mut hasher = Sha256::new().chain_update(client.classification.name());
        if let Some(registration) = client.registration {
            hash_text(&mut hasher, registration);
        }
        Self(hasher.finalize().into())
    }
}

impl LinesHash {
    pub(super) fn of(invoice: &Invoice<'_>) -> Self {
        let mut hasher = Sha256::new();
        for item in &invoice.items {
            for text in [item.code.as_str(), item.tax_group.as_str()] {
                // Codes have at most 32 characters.
                hasher.update([u8::try_from(text.len()).unwrap_or_default()]);
                hasher.update(text);
            }
            hash_text(&mut hasher, item.description);
            hash_text(&mut hasher, item.taxable_unit.text());
            hasher.update(item.quantity.thousandths().unsigned_abs().to_be_bytes());
            hasher.update(item.unit_price.ten_thousandths().to_be_bytes());
        }
        Self(hasher.finalize().into())
    }
}

/// A text with its end, escapes undone.
fn hash_text(hasher: &mut Sha256, text: Text<'_>) {
    for character in text.characters() {
        hasher.update(character.encode_utf8(&mut [0; 4]));
    }
    // No text holds a control character.
    hasher.update([0]);
}
