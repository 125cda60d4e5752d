//! What every store of keys has to stand, whatever it is made of. Run over the software store by `cargo test`, over
//! SoftHSM by `tests/run_softhsm`.

mod device;

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use def_trials::Sale;
use fiscal::{
    Chain, DeviceId, Epoch, Head, HeadState, Linked, Moment, PublicKey, Sealed, Signature, Timestamp,
    Validated,
};
use signing::{Attester, KeyRing, KeyState, KeyStore, Purpose, RingSettings, Signer, SignerFault};

/// A store that is the same each time it is opened.
pub(crate) type Open<'a> = &'a dyn Fn() -> Arc<dyn KeyStore>;

/// A check and its name.
pub(crate) type Check = (&'static str, fn(Open<'_>));

/// Over one store, in this order.
pub(crate) const ALL: [Check; 8] = [
    ("a store without keys says what to do", a_store_without_keys_says_what_to_do),
    ("a key that was made seals after it was activated", a_key_that_was_made_seals_after_it_was_activated),
    ("keys survive a restart, the newest seals", keys_survive_a_restart_and_the_newest_seals),
    ("an older key seals what was linked under it", an_older_key_seals_what_was_linked_under_it),
    ("purposes are distinct", purposes_are_distinct),
    (
        "each purpose has its own key, which signs for no other",
        each_purpose_has_its_own_key_which_signs_for_no_other,
    ),
    ("signers do not see each other's keys", signers_do_not_see_each_others_keys),
    ("the cloud seals as the device does", device::the_cloud_seals_as_the_device_does),
];

/// When things happen.
pub(crate) fn now() -> Timestamp {
    "2026-03-14T07:15:00".parse().unwrap()
}

pub(crate) fn signer() -> DeviceId {
    "CLOUD-1".parse().unwrap()
}

/// A ring with two workers, and any randomness.
pub(crate) fn ring(store: Arc<dyn KeyStore>) -> KeyRing {
    ring_of(store, signer())
}

pub(crate) fn ring_of(store: Arc<dyn KeyStore>, device: DeviceId) -> KeyRing {
    let settings = RingSettings { workers: NonZeroUsize::new(2).unwrap(), ..RingSettings::new(device) };
    KeyRing::start(store, settings, counting())
}

/// Bytes that do not repeat in this process.
pub(crate) fn counting() -> impl FnMut(&mut [u8]) + Send {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    |bytes: &mut [u8]| {
        bytes.fill(0);
        bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    }
}

/// Waits until the ring is up, with or without a key.
pub(crate) fn ready(ring: &KeyRing) -> Result<PublicKey, SignerFault> {
    ring.wait_until_ready(Duration::from_secs(20))
}

/// So many sales, linked under a key.
pub(crate) fn linked(device: DeviceId, key: &PublicKey, count: usize) -> Vec<Linked> {
    let sale = Sale::of("CAISSE-1", now(), 2, 1).payload();
    let sale = Validated::read(sale.as_bytes()).unwrap().sale();
    let chain = Chain {
        device,
        key: key.id(),
        outlet: "KIN-GOMBE-01".parse().unwrap(),
        nif: "A2301457K".parse().unwrap(),
        epoch: Epoch(0),
    };
    let mut head = Head::open(chain, HeadState::START);
    let moment = Moment { now: now(), tolerance_seconds: Moment::CLOUD_TOLERANCE_SECONDS, counter: 0 };
    (0..count).map(|_| head.link(&sale, moment).unwrap()).collect()
}

/// Seals so many sales under a key, and verifies each seal and its place.
pub(crate) fn seal(ring: &KeyRing, key: &PublicKey, count: usize) -> Result<Vec<Sealed>, SignerFault> {
    let linked = linked(ring.device(), key, count);
    let expected: Vec<_> = linked.iter().map(Linked::hash).collect();
    let sealed = ring.seal(linked)?;
    assert_eq!(sealed.iter().map(|sealed| sealed.hash()).collect::<Vec<_>>(), expected, "in their order");
    for sealed in &sealed {
        sealed.record().verify(key).unwrap();
    }
    Ok(sealed)
}

fn a_store_without_keys_says_what_to_do(open: Open<'_>) {
    let ring = ring(open());
    let fault = ready(&ring).unwrap_err();
    assert_eq!(fault, SignerFault::Permanent("there is no sealing key: make one and activate it".into()));
    assert!(ring.keys().is_empty());
}

fn a_key_that_was_made_seals_after_it_was_activated(open: Open<'_>) {
    let ring = ring(open());
    ready(&ring).unwrap_err();
    let key = ring.make(Purpose::Seal, now()).unwrap();
    ring.activate(key.id()).unwrap();
    assert_eq!(ring.active_key(), Ok(key));
    for count in [0, 1, 2, 3, 64, 257] {
        assert_eq!(seal(&ring, &key, count).unwrap().len(), count);
    }
}

fn keys_survive_a_restart_and_the_newest_seals(open: Open<'_>) {
    let first = ring(open());
    let old = ready(&first).unwrap();
    let later = Timestamp::from_unix(now().unix() + 60).unwrap();
    let new = first.make(Purpose::Seal, later).unwrap();
    assert_eq!(first.active_key(), Ok(old), "making is not activating");
    drop(first);
    let second = ring(open());
    assert_eq!(ready(&second), Ok(new));
    let known = second.keys();
    assert_eq!(known.len(), 2);
    assert!(known.iter().all(|key| key.stored.purpose == Purpose::Seal && key.stored.signer == signer()));
    let made =
        |key: PublicKey| known.iter().find(|known| known.stored.public_key == key).unwrap().stored.made;
    assert_eq!((made(old), made(new)), (now(), later));
    seal(&second, &new, 3).unwrap();
}

fn an_older_key_seals_what_was_linked_under_it(open: Open<'_>) {
    let ring = ring(open());
    let new = ready(&ring).unwrap();
    // The active key proves itself first; wait for the other.
    ring.refresh().unwrap();
    let keys = ring.keys();
    assert!(keys.iter().all(|key| key.state == KeyState::Ready), "{keys:?}");
    let old = keys.iter().map(|key| key.stored.public_key).find(|key| *key != new).unwrap();
    seal(&ring, &old, 3).unwrap();
    ring.activate(old.id()).unwrap();
    assert_eq!(ring.active_key(), Ok(old));
    seal(&ring, &new, 3).unwrap();
}

fn purposes_are_distinct(open: Open<'_>) {
    let ring = ring(open());
    let sealing = ready(&ring).unwrap();
    let attesting = match ring.attesting_key() {
        Ok(key) => key,
        Err(_) => ring.make(Purpose::Attest, now()).unwrap(),
    };
    assert_eq!(ring.attesting_key(), Ok(attesting));
    assert_eq!(ring.active_key(), Ok(sealing), "an attesting key seals nothing");
    let attester = ring.attester(attesting);
    assert_eq!(attester.public_key(), attesting);
    let signature = attester.sign(&[7; 32]).unwrap();
    assert!(Signature::from_bytes(signature).is_ok(), "in the lower half");
    attesting.verify_prehash(&[7; 32], &signature).unwrap();

    let text =
        |key: PublicKey, may: &str| SignerFault::Permanent(format!("the key {} may not {may}", key.id()));
    assert_eq!(ring.seal(linked(signer(), &attesting, 1)), Err(text(attesting, "seal")));
    assert_eq!(ring.attester(sealing).sign(&[7; 32]), Err(text(sealing, "attest")));
    assert_eq!(ring.activate(attesting.id()), Err(text(attesting, "seal")));
}

fn each_purpose_has_its_own_key_which_signs_for_no_other(open: Open<'_>) {
    let ring = ring(open());
    ready(&ring).unwrap();
    let keys: Vec<_> =
        Purpose::ALL.into_iter().map(|purpose| (purpose, ring.ensure(purpose, now()).unwrap().0)).collect();
    for &(purpose, key) in &keys {
        assert_eq!(ring.ensure(purpose, now()), Ok((key, false)), "one is enough");
        assert_eq!(ring.key_for(purpose), Ok(key));
        assert_eq!(ring.attester_for(purpose).is_err(), purpose == Purpose::Seal);
        for &(other, _) in &keys {
            let signed = ring.attester_with(key, other).sign(&[9; 32]);
            if other == purpose && other != Purpose::Seal {
                key.verify_prehash(&[9; 32], &signed.unwrap()).unwrap();
            } else {
                assert!(!signed.unwrap_err().is_temporary(), "a key for {purpose} signs for {other}");
            }
        }
    }
    drop(ring);
    // It is in the store for which purpose a key is.
    let again = self::ring(open());
    ready(&again).unwrap();
    again.refresh().unwrap();
    for (purpose, key) in keys {
        assert_eq!(again.key_for(purpose), Ok(key));
    }
}

fn signers_do_not_see_each_others_keys(open: Open<'_>) {
    let other = ring_of(open(), "CLOUD-2".parse().unwrap());
    ready(&other).unwrap_err();
    assert!(other.keys().is_empty());
    let key = other.make(Purpose::Seal, now()).unwrap();
    other.activate(key.id()).unwrap();
    seal(&other, &key, 2).unwrap();
    drop(other);
    let ring = ring(open());
    ready(&ring).unwrap();
    assert!(ring.keys().iter().all(|known| known.stored.public_key != key));
    assert!(ring.seal(linked(signer(), &key, 1)).is_err());
}
