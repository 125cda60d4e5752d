//! From a payload to a sealed record and to what its receipt shows.

#[path = "support/signer.rs"]
mod signer;

use fiscal::{
    Chain, EventKind, Head, HeadState, InvoiceNumber, LinkFault, Linked, Moment, Nif, NotProven, PayloadHash,
    Position, PrivateKey, Proven, PublicKey, Record, RecordFault, RecordHash, SealFault, Sealing, Signature,
    SignatureFault, Subject, Timestamp, Validated,
};
use p256::ecdsa::SigningKey;
use signer::{chain, key};

const SALE: &[u8] = include_bytes!("../../../vectors/canonical/valid_sale_ht_one_item.json");
const EXPORT: &[u8] = include_bytes!("../../../vectors/canonical/valid_export_usd.json");

fn at(time: &str) -> Moment {
    Moment { now: time.parse().unwrap(), tolerance_seconds: Moment::DEVICE_TOLERANCE_SECONDS, counter: 7 }
}

fn linked(head: &mut Head) -> Linked {
    head.link(&Validated::read(SALE).unwrap().sale(), at("2026-02-04T10:15:31")).unwrap()
}

#[test]
fn records_are_numbered_positioned_and_tied_one_to_the_next() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let boot = head.link_event(EventKind::Boot, PayloadHash([9; 32]), at("2026-02-04T10:00:00")).unwrap();
    let first = linked(&mut head);
    let second = head.link(&Validated::read(EXPORT).unwrap().sale(), at("2026-02-05T08:00:02")).unwrap();
    let records = [boot, first, second].map(|linked| linked.sign(&key).unwrap());

    assert_eq!(records.map(|record| record.link.position.value()), [1, 2, 3]);
    assert_eq!(
        records.map(|record| record.header.invoice().map(|facts| facts.number.value())),
        [None, Some(1), Some(2)]
    );
    assert_eq!(records[0].link.previous, RecordHash::NONE);
    assert_eq!(records[1].link.previous, records[0].hash());
    assert_eq!(records[2].link.previous, records[1].hash());
    assert_eq!(records[1].link.payload, Validated::read(SALE).unwrap().hash());
    assert_eq!(head.state().hash, records[2].hash());
}

#[test]
fn a_batch_is_linked_first_and_signed_in_any_order_and_in_parallel() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let batch: Vec<Linked> = (0..8).map(|_| linked(&mut head)).collect();
    let mut sealed = std::thread::scope(|scope| {
        let key = &key;
        let signers: Vec<_> =
            batch.into_iter().rev().map(|linked| scope.spawn(move || linked.sign(key).unwrap())).collect();
        signers.into_iter().map(|signer| signer.join().unwrap()).collect::<Vec<_>>()
    });
    sealed.reverse();
    for pair in sealed.windows(2) {
        assert_eq!(pair[1].link.previous, pair[0].hash());
    }
    for record in &sealed {
        assert!(record.verify(key.public_key()).is_ok());
    }
}

#[test]
fn a_record_is_written_as_it_was_read_and_verifies() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let event = head.link_event(EventKind::Closure, PayloadHash([3; 32]), at("2026-02-04T10:00:00")).unwrap();
    for record in [event, linked(&mut head)].map(|linked| linked.sign(&key).unwrap()) {
        let bytes = record.to_bytes();
        let read = Record::from_bytes(&bytes).unwrap();
        assert_eq!(&read, record.record());
        assert_eq!(read.verify(key.public_key()).unwrap(), record);
    }
}

#[test]
fn a_record_with_any_bit_changed_does_not_verify() {
    let key = key(1);
    let record = linked(&mut Head::open(chain(&key), HeadState::START)).sign(&key).unwrap();
    let bytes = record.to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let verified = Record::from_bytes(&changed).ok().and_then(|read| read.verify(key.public_key()).ok());
        assert_eq!(verified, None, "bit {bit}");
    }
}

#[test]
fn a_record_cut_or_prolonged_is_refused() {
    let key = key(1);
    let bytes = linked(&mut Head::open(chain(&key), HeadState::START)).sign(&key).unwrap().to_bytes();
    for length in 0..bytes.len() {
        assert!(Record::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
    assert_eq!(Record::from_bytes(&longer), Err(RecordFault::TrailingBytes));
}

#[test]
fn every_kind_of_record_has_its_code_and_an_unknown_one_is_said() {
    let key = key(1);
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_code(kind.code()), Some(*kind));
        let mut head = Head::open(chain(&key), HeadState::START);
        let record = head.link_event(*kind, PayloadHash([0; 32]), at("2026-02-04T10:00:00")).unwrap();
        let record = record.sign(&key).unwrap();
        assert_eq!(Record::from_bytes(&record.to_bytes()).unwrap().header.subject, Subject::Event(*kind));
        let mut changed = record.to_bytes();
        changed[16] = 0xEE;
        assert_eq!(Record::from_bytes(&changed), Err(RecordFault::UnknownKind(0xEE)));
    }
}

#[test]
fn only_a_valid_signature_seals_and_a_false_one_gives_the_record_back() {
    let (own, other) = (key(1), key(2));
    let mut head = Head::open(chain(&own), HeadState::START);
    let record = linked(&mut head);
    let hash = record.hash();

    let raw = SigningKey::from_slice(&[1; 32]).unwrap();
    let false_signature = raw.sign(&RecordHash([5; 32])).unwrap();
    let unsealed = record.seal(false_signature, own.public_key()).unwrap_err();
    assert_eq!(unsealed.cause, SealFault::SignatureFalse);

    let unsealed = unsealed.linked.seal([0; 64], own.public_key()).unwrap_err();
    assert_eq!(unsealed.cause, SealFault::Form(SignatureFault::OutOfRange));

    let true_signature = raw.sign(&hash).unwrap();
    let unsealed = unsealed.linked.seal(true_signature, other.public_key()).unwrap_err();
    assert_eq!(unsealed.cause, SealFault::OtherKey);

    let unsealed = unsealed.linked.sign(&other).unwrap_err();
    let sealed = unsealed.linked.seal(true_signature, own.public_key()).unwrap();
    assert_eq!(sealed.hash(), hash);
    assert_eq!(sealed.header.invoice().unwrap().number.value(), 1);
}

#[test]
fn sealers_normalise_and_verifiers_refuse_the_other_half() {
    let own = key(1);
    let record = linked(&mut Head::open(chain(&own), HeadState::START)).sign(&own).unwrap();
    let high = upper_half(record.signature.as_bytes());
    assert_eq!(own.public_key().verify_prehash(&record.hash().0, &high), Ok(()));
    assert_eq!(Signature::from_bytes(high), Err(SignatureFault::HighS));
    assert_eq!(Signature::normalised(high), Ok(record.signature));

    let mut bytes = record.to_bytes();
    let length = bytes.len();
    bytes[length - 64..].copy_from_slice(&high);
    assert_eq!(Record::from_bytes(&bytes), Err(RecordFault::Signature(SignatureFault::HighS)));

    let again = linked(&mut Head::open(chain(&own), HeadState::START));
    assert_eq!(again.seal(high, own.public_key()).unwrap().signature, record.signature);
}

/// n − s, which is as true to the primitive.
fn upper_half(signature: &[u8; 64]) -> [u8; 64] {
    let signature = p256::ecdsa::Signature::from_slice(signature).unwrap();
    let (r, s) = signature.split_scalars();
    p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes().into()
}

/// Names one key and signs with another, as a mixed-up configuration would.
struct MixedUp;

impl PrivateKey for MixedUp {
    type Error = p256::ecdsa::Error;

    fn public_key(&self) -> PublicKey {
        SigningKey::from_slice(&[1; 32]).unwrap().public_key()
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; 64], Self::Error> {
        SigningKey::from_slice(&[2; 32]).unwrap().sign(hash)
    }
}

#[test]
fn a_key_that_is_not_the_one_that_it_names_does_not_prove_itself() {
    let refused = Proven::<_, Sealing>::prove(MixedUp, [7; 32]);
    assert!(matches!(refused, Err(NotProven::False(SealFault::SignatureFalse))));
}

#[test]
fn a_clock_behind_within_its_tolerance_seals_with_the_chains_time() {
    let key = key(1);
    let newest: Timestamp = "2026-02-04T12:00:00".parse().unwrap();
    for (now, sealed_at) in [
        ("2026-02-04T12:00:01", Some("2026-02-04T12:00:01")),
        ("2026-02-04T11:59:59", Some("2026-02-04T12:00:00")),
        ("2026-02-04T11:58:00", Some("2026-02-04T12:00:00")),
        ("2026-02-04T11:57:59", None),
    ] {
        let state = HeadState {
            position: Position::new(5),
            number: InvoiceNumber::new(3),
            hash: RecordHash([1; 32]),
            time: newest,
        };
        let mut head = Head::open(chain(&key), state);
        match (head.link(&Validated::read(SALE).unwrap().sale(), at(now)), sealed_at) {
            (Ok(linked), Some(time)) => assert_eq!(linked.header().time, time.parse().unwrap()),
            (Err(fault), None) => {
                assert_eq!(fault, LinkFault::ClockRollback { behind_seconds: 121 });
                assert_eq!(*head.state(), state);
            }
            (linked, _) => panic!("{now}: {linked:?}"),
        }
    }
}

#[test]
fn a_payload_of_another_merchant_or_outlet_is_not_linked() {
    let key = key(1);
    let strangers = [
        Chain { outlet: "OUTLET-002".parse().unwrap(), ..chain(&key) },
        Chain { nif: "A7654321Z".parse::<Nif>().unwrap(), ..chain(&key) },
    ];
    for stranger in strangers {
        let mut head = Head::open(stranger, HeadState::START);
        let refused = head.link(&Validated::read(SALE).unwrap().sale(), at("2026-02-04T10:15:31"));
        assert_eq!(refused.unwrap_err(), LinkFault::WrongOutlet);
        assert_eq!(*head.state(), HeadState::START);
    }
}

#[test]
fn the_last_number_and_position_are_given_and_none_after_them() {
    let key = key(1);
    let before_last = |value: u64| value - 1;
    let numbers = HeadState {
        number: InvoiceNumber::new(before_last(InvoiceNumber::LAST.value())),
        ..HeadState::START
    };
    let positions =
        HeadState { position: Position::new(before_last(Position::LAST.value())), ..HeadState::START };
    for state in [numbers, positions] {
        let mut head = Head::open(chain(&key), state);
        let _last = linked(&mut head);
        let state = *head.state();
        let refused =
            head.link(&Validated::read(SALE).unwrap().sale(), at("2026-02-04T10:15:31")).unwrap_err();
        assert_eq!((refused, refused.code()), (LinkFault::Exhausted, "STORAGE_FULL"));
        assert_eq!(*head.state(), state);
    }
}

#[test]
fn a_hand_over_keeps_the_numbers_and_a_new_epoch_begins_again() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let _first = linked(&mut head);
    let left = *head.state();
    let next = |state: HeadState| {
        let linked = linked(&mut Head::open(chain(&key), state));
        assert_eq!(linked.link().previous, left.hash);
        (linked.header().invoice().unwrap().number.value(), linked.link().position.value())
    };
    assert_eq!(next(left.handed_over(None)), (2, 1));
    assert_eq!(next(left.handed_over(Position::new(7))), (2, 8));
    assert_eq!(next(left.in_new_epoch()), (1, 1));
}

#[test]
fn a_chain_goes_on_from_what_its_store_kept() {
    let key = key(1);
    let mut head = Head::open(chain(&key), HeadState::START);
    let first = linked(&mut head).sign(&key).unwrap();
    let mut reopened = Head::open(chain(&key), *head.state());
    let second = linked(&mut reopened).sign(&key).unwrap();
    assert_eq!(second.link.previous, first.hash());
    assert_eq!(second.header.invoice().unwrap().number.value(), 2);
}
