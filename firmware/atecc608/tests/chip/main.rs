//! The driver against a model of the chip.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not get stops it")]

mod behaviour;
mod bus;
mod faults;
mod kept_crate;
mod model;
mod personalisation;
mod transcript;

use atecc608::{Element, provisioning::Personalisation};
use bus::Chip;
use def_engine::board::SecureElement;
use fiscal::RecordHash;
use model::Core;
use p256::ecdsa::{Signature, signature::hazmat::PrehashVerifier};

const HASH: RecordHash = RecordHash([0x5A; 32]);

/// A chip as it leaves the factory.
fn personalised() -> Chip {
    let chip = Chip::new(Core::blank());
    Personalisation::of(chip.clone(), chip.clone()).run().unwrap();
    chip
}

/// A chip after INIT.
fn initialised() -> Chip {
    let chip = personalised();
    element(&chip).make_key().unwrap();
    chip
}

fn element(chip: &Chip) -> Element<Chip, Chip> {
    Element::new(chip.clone(), chip.clone())
}

/// Whether the chip's key signed this.
fn is_true(chip: &Chip, hash: &RecordHash, signature: &[u8; 64]) -> bool {
    chip.with(|state| {
        let key = state.core.key.as_ref().unwrap();
        // The model verified its own.
        key.sign(hash.0) == *signature
            || key.verifying().verify_prehash(&hash.0, &Signature::from_slice(signature).unwrap()).is_ok()
    })
}

/// The chip's own public key, compressed.
fn key_of(chip: &Chip) -> Vec<u8> {
    chip.with(|state| state.core.key.as_ref().unwrap().verifying().to_encoded_point(true).as_bytes().to_vec())
}
