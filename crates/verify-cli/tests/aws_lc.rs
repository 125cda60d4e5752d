//! The faster check of signatures says what the referee's own says.

use fiscal::{PrivateKey, PublicKey, RecordHash, Signature};
use p256::ecdsa::SigningKey;
use verify::{SignatureCheck, SoftwareCheck};
use verify_cli::AwsLcCheck;

fn signed(seed: u8, hash: &RecordHash) -> (PublicKey, Signature) {
    let key = SigningKey::from_slice(&[seed; 32]).unwrap();
    (PrivateKey::public_key(&key), Signature::normalised(key.sign(hash).unwrap()).unwrap())
}

#[test]
fn both_checks_agree_on_true_seals_and_on_every_changed_bit() {
    let fast = AwsLcCheck::default();
    let hash = RecordHash([5; 32]);
    let (key, signature) = signed(1, &hash);
    assert!(fast.signed(&key, &hash, &signature) && SoftwareCheck.signed(&key, &hash, &signature));
    for bit in 0..256 {
        let mut other = hash;
        other.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!fast.signed(&key, &other, &signature), "bit {bit} of the hash");
    }
    for bit in 0..512 {
        let mut bytes = *signature.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Some are no signatures in their one form, which the referee says before it asks.
        if let Ok(other) = Signature::from_bytes(bytes) {
            assert!(!fast.signed(&key, &hash, &other), "bit {bit} of the signature");
            assert!(!SoftwareCheck.signed(&key, &hash, &other), "bit {bit} of the signature");
        }
    }
}

#[test]
fn keys_are_told_apart_however_many_there_are() {
    let fast = AwsLcCheck::default();
    let hash = RecordHash([5; 32]);
    let all: Vec<_> = (1..=100).map(|seed| signed(seed, &hash)).collect();
    for _ in 0..2 {
        for (at, (key, signature)) in all.iter().enumerate() {
            assert!(fast.signed(key, &hash, signature), "key {at}");
            assert!(!fast.signed(key, &hash, &all[(at + 1) % 100].1), "key {at}, another's signature");
        }
    }
}
