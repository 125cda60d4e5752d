//! A record that can be read is written back byte for byte, and is not sealed by a key that did not seal it.

#![no_main]

use fiscal::{PublicKey, Record};
use libfuzzer_sys::fuzz_target;

/// The generator of the curve: nobody seals with the private key 1.
const KEY: [u8; 33] = [
    0x03, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
    0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
];

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut record) = Record::from_bytes(bytes) {
        assert_eq!(record.to_bytes(), bytes);
        let key = PublicKey::from_sec1(&KEY).expect("the generator is a point");
        assert!(record.verify(&key).is_err());
        record.header.key = key.id();
        assert!(record.verify(&key).is_err());
    }
});
