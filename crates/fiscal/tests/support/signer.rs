//! The signer of the tests: software keys, and the chain that they seal.

#![allow(dead_code, reason = "each test file uses a part")]

use fiscal::{Chain, Epoch, Issuing, Proven};
use p256::ecdsa::SigningKey;

pub(crate) fn key(seed: u8) -> Proven<SigningKey> {
    proven(seed)
}

pub(crate) fn issuing_key(seed: u8) -> Proven<SigningKey, Issuing> {
    proven(seed)
}

fn proven<P>(seed: u8) -> Proven<SigningKey, P> {
    Proven::prove(SigningKey::from_slice(&[seed; 32]).unwrap(), [seed; 32]).unwrap()
}

pub(crate) fn chain(key: &Proven<SigningKey>) -> Chain {
    Chain {
        device: "BONO-USB-001".parse().unwrap(),
        key: key.public_key().id(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(0),
    }
}
