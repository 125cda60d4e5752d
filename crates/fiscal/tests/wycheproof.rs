//! The primitive of every seal against Wycheproof's hostile signatures (S2).

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use fiscal::{PublicKey, Signature, SignatureFault};
use sha2::{Digest, Sha256};
use wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};

/// The order of the curve P-256: r and s are 1 to n − 1.
const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// One vector, with the key that it is about.
struct Vector {
    about: String,
    key: PublicKey,
    hash: [u8; 32],
    signature: Vec<u8>,
    result: TestResult,
}

impl Vector {
    /// None for a signature of another length, which cannot even be asked about.
    fn raw(&self) -> Option<[u8; 64]> {
        self.signature[..].try_into().ok()
    }

    fn verifies(&self) -> bool {
        self.raw().is_some_and(|signature| self.key.verify_prehash(&self.hash, &signature).is_ok())
    }
}

/// Every vector of P-256 with SHA-256 whose signature is raw r‖s.
fn vectors() -> Vec<Vector> {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut vectors = Vec::with_capacity(set.number_of_tests);
    for group in set.test_groups {
        let key = PublicKey::from_sec1(&group.key.key).unwrap();
        assert_eq!(PublicKey::from_spki(&group.der), Ok(key));
        assert_eq!(PublicKey::from_pem(&group.pem), Ok(key));
        vectors.extend(group.tests.into_iter().map(|test| Vector {
            about: format!("vector {} ({}) {:?}", test.tc_id, test.comment, test.flags),
            key,
            hash: Sha256::digest(&test.msg[..]).into(),
            signature: test.sig.to_vec(),
            result: test.result,
        }));
    }
    vectors
}

fn valid_vectors() -> impl Iterator<Item = (Vector, [u8; 64])> {
    let valid = vectors().into_iter().filter(|vector| vector.result == TestResult::Valid);
    valid.map(|vector| {
        let signature = vector.raw().unwrap();
        (vector, signature)
    })
}

/// r‖(n − s), which the primitive holds to be as true.
fn other_half(signature: &[u8; 64]) -> [u8; 64] {
    let (r, s) = p256::ecdsa::Signature::from_slice(signature).unwrap().split_scalars();
    p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().into()
}

#[test]
fn no_vector_of_the_set_is_left_out() {
    let vectors = vectors();
    let with = |result| vectors.iter().filter(|vector| vector.result == result).count();
    assert_eq!(with(TestResult::Valid), 173);
    assert_eq!(with(TestResult::Invalid), 89);
    assert_eq!(with(TestResult::Acceptable), 0);
    let unaskable = vectors.iter().filter(|vector| vector.raw().is_none()).count();
    assert_eq!((vectors.len(), unaskable), (262, 21));
}

#[test]
fn every_valid_signature_verifies_and_no_invalid_one_does() {
    for vector in vectors() {
        let expected = match vector.result {
            TestResult::Valid => true,
            TestResult::Invalid => false,
            TestResult::Acceptable => continue,
        };
        assert_eq!(vector.verifies(), expected, "{}", vector.about);
    }
}

#[test]
fn a_valid_signature_is_of_its_own_message_and_key_only() {
    let stranger = vectors()[0].key;
    for (vector, _) in valid_vectors() {
        let another_message = Vector { hash: Sha256::digest(vector.hash).into(), ..vector };
        assert!(!another_message.verifies(), "{}", another_message.about);
    }
    for (vector, _) in valid_vectors().filter(|(vector, _)| vector.key != stranger) {
        let another_key = Vector { key: stranger, ..vector };
        assert!(!another_key.verifies(), "{}", another_key.about);
    }
}

#[test]
fn exactly_one_half_of_each_valid_pair_is_a_seals_signature() {
    let (mut low, mut high) = (0, 0);
    for (vector, signature) in valid_vectors() {
        let other = other_half(&signature);
        match (Signature::from_bytes(signature), Signature::from_bytes(other)) {
            (Ok(kept), Err(SignatureFault::HighS)) => {
                assert_eq!(kept.as_bytes(), &signature, "{}", vector.about);
                low += 1;
            }
            (Err(SignatureFault::HighS), Ok(kept)) => {
                assert_eq!(kept.as_bytes(), &other, "{}", vector.about);
                high += 1;
            }
            halves => panic!("{}: {halves:?}", vector.about),
        }
    }
    assert_eq!((low, high), (103, 70));
}

#[test]
fn normalising_brings_both_halves_to_the_same_bytes() {
    for (vector, signature) in valid_vectors() {
        let one = Signature::normalised(signature).unwrap();
        assert_eq!(Signature::normalised(other_half(&signature)), Ok(one), "{}", vector.about);
        assert_eq!(Signature::from_bytes(*one.as_bytes()), Ok(one), "{}", vector.about);
        assert!(vector.key.verify_prehash(&vector.hash, one.as_bytes()).is_ok(), "{}", vector.about);
    }
}

#[test]
fn the_bare_primitive_takes_either_half() {
    for (vector, signature) in valid_vectors() {
        let other = Vector { signature: other_half(&signature).to_vec(), ..vector };
        assert!(other.verifies(), "{}", other.about);
    }
}

#[test]
fn a_half_that_is_zero_or_not_below_the_order_is_out_of_range() {
    let in_range = |half: &[u8]| half.iter().any(|byte| *byte != 0) && half < &ORDER[..];
    let mut refused = 0;
    for vector in vectors() {
        let Some(signature) = vector.raw() else { continue };
        let (r, s) = signature.split_at(32);
        let possible = in_range(r) && in_range(s);
        let out_of_range = Err(SignatureFault::OutOfRange);
        assert_eq!(Signature::from_bytes(signature) != out_of_range, possible, "{}", vector.about);
        assert_eq!(Signature::normalised(signature) != out_of_range, possible, "{}", vector.about);
        refused += u32::from(!possible);
    }
    assert_eq!(refused, 50);
}
