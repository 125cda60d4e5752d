//! What it does when something is not well.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use signing::{Attester, Custody, KeyState, NewKey, Purpose, Signer, SignerFault};

use crate::{
    LONG, eventually,
    mock::{Event, Mock},
    start,
    suite::{linked, now, ready, seal, signer},
};

fn gone() -> Event {
    Event::Fault(SignerFault::Temporary("the token was pulled out".into()))
}

fn forbidden() -> Event {
    Event::Fault(SignerFault::Permanent("the key may not sign".into()))
}

#[allow(clippy::disallowed_methods, reason = "that a question does not wait shows in real time")]
fn took(ask: impl FnOnce()) -> Duration {
    let start = Instant::now();
    ask();
    start.elapsed()
}

#[test]
fn a_store_that_hangs_does_not_hold_up_the_start_or_a_question() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    mock.hang();
    let asked = took(|| {
        let ring = start(&mock, 2, LONG);
        let starting = SignerFault::Temporary("the signer is starting".into());
        assert_eq!(ring.active_key(), Err(starting.clone()));
        assert!(ring.seal(linked(signer(), &key, 3)).unwrap_err().is_temporary());
        assert_eq!(ring.make(Purpose::Seal, now()), Err(starting.clone()));
        assert_eq!(ring.activate(key.id()), Err(starting));
        mock.release();
        assert_eq!(ready(&ring), Ok(key));
        seal(&ring, &key, 3).unwrap();
    });
    assert!(asked < LONG / 2, "{asked:?}");
}

#[test]
fn a_ring_over_a_store_that_hangs_can_be_dropped() {
    let (mock, _) = Mock::with_key(Custody::Elsewhere, signer());
    mock.hang();
    assert!(took(|| drop(start(&mock, 2, LONG))) < LONG / 2);
    mock.release();
}

#[test]
fn a_key_that_is_not_the_one_it_says_never_seals() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    mock.swap_private(key.id());
    let ring = start(&mock, 2, LONG);
    let fault = ready(&ring).unwrap_err();
    assert!(!fault.is_temporary() && fault.reason().contains("challenge"), "{fault}");
    assert_eq!(ring.seal(linked(signer(), &key, 1)).unwrap_err(), fault);
    assert!(matches!(ring.keys()[0].state, KeyState::Unusable(_)));
    assert_eq!(mock.count().signatures, 1, "it was asked for nothing but the proof");
}

#[test]
fn a_token_that_goes_away_in_mid_batch_is_told_as_temporary_and_comes_back_by_itself() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    mock.at(20, gone());
    let fault = ring.seal(linked(signer(), &key, 64)).unwrap_err();
    assert_eq!(fault, SignerFault::Temporary("the token was pulled out".into()));
    assert_eq!(ready(&ring), Ok(key));
    let count = mock.count();
    assert_eq!((count.connections, count.too_early), (2, 0), "all sessions were let go first");
    assert_eq!(count.lookups, 2);
    seal(&ring, &key, 64).unwrap();
}

#[test]
fn after_a_token_returned_each_key_proves_itself_again() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    // It returns with another private key under the old name.
    mock.state().connecting.push_back(SignerFault::Temporary("not yet".into()));
    mock.at(0, gone());
    ring.seal(linked(signer(), &key, 1)).unwrap_err();
    mock.swap_private(key.id());
    let fault = ready(&ring).unwrap_err();
    assert!(!fault.is_temporary() && fault.reason().contains("challenge"), "{fault}");
}

#[test]
fn a_token_that_returns_without_its_key_is_told_and_one_that_has_it_again_seals() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    let taken = mock.remove(key.id());
    mock.at(0, gone());
    // The store has no such key: of itself permanent, but the look-up decides.
    let other = ring.make(Purpose::Seal, now()).unwrap_err();
    assert!(other.is_temporary(), "{other}");
    eventually("the key is missed", || ring.active_key().is_err_and(|fault| !fault.is_temporary()));
    assert!(ring.active_key().unwrap_err().reason().contains("no more"));
    mock.put_back(taken);
    ring.refresh().unwrap();
    assert_eq!(ring.active_key(), Ok(key));
    seal(&ring, &key, 3).unwrap();
}

#[test]
fn a_permanent_fault_ends_the_use_of_that_key_only() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    let other = ring.make(Purpose::Seal, now()).unwrap();
    mock.at(0, forbidden());
    let fault = ring.seal(linked(signer(), &key, 1)).unwrap_err();
    assert_eq!(fault, SignerFault::Permanent("the key may not sign".into()));
    assert_eq!(ring.active_key(), Err(fault));
    ring.activate(other.id()).unwrap();
    seal(&ring, &other, 3).unwrap();
    assert_eq!(mock.count().connections, 1);
}

#[test]
fn a_token_that_begins_to_sign_falsely_is_found_out_in_the_same_batch() {
    for event in [Event::False, Event::Zeroes] {
        let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
        let ring = start(&mock, 2, LONG);
        ready(&ring).unwrap();
        mock.from(30, 100, &event);
        let fault = ring.seal(linked(signer(), &key, 64)).unwrap_err();
        assert!(!fault.is_temporary() && fault.reason().contains("false"), "{fault}");
        assert_eq!(ring.active_key(), Err(fault));
        assert!(ring.seal(linked(signer(), &key, 1)).is_err());
    }
}

#[test]
fn every_signature_of_a_batch_of_one_is_verified() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let attesting = mock.add(NewKey { purpose: Purpose::Attest, signer: signer(), made: now() }).public_key;
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    eventually("both keys are proven", || ring.keys().iter().all(|key| key.state == KeyState::Ready));
    mock.at(0, Event::False);
    assert!(!ring.seal(linked(signer(), &key, 1)).unwrap_err().is_temporary());
    mock.at(0, Event::False);
    assert!(!ring.attester(attesting).sign(&[1; 32]).unwrap_err().is_temporary());
}

#[test]
fn something_that_is_no_signature_is_never_sealed_wherever_it_stands() {
    for custody in [Custody::Elsewhere, Custody::InProcess] {
        let (mock, key) = Mock::with_key(custody, signer());
        let ring = start(&mock, 2, LONG);
        ready(&ring).unwrap();
        mock.at(7, Event::Zeroes);
        assert!(!ring.seal(linked(signer(), &key, 64)).unwrap_err().is_temporary());
        assert!(!ring.active_key().unwrap_err().is_temporary());
    }
}

#[test]
fn a_token_that_hangs_in_mid_batch_costs_one_deadline_and_nothing_more() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let deadline = Duration::from_secs(1);
    let ring = start(&mock, 2, deadline);
    ready(&ring).unwrap();
    mock.at(5, Event::Hang);
    let late = took(|| {
        let fault = ring.seal(linked(signer(), &key, 64)).unwrap_err();
        assert_eq!(fault, SignerFault::Temporary("the mock did not answer within 1s".into()));
    });
    assert!(late >= deadline && late < LONG / 2, "{late:?}");
    // Whoever asks next is told at once.
    let quick = took(|| {
        for _ in 0..100 {
            assert!(ring.seal(linked(signer(), &key, 1)).unwrap_err().is_temporary());
            assert!(ring.active_key().unwrap_err().is_temporary());
        }
    });
    assert!(quick < deadline * 100, "{quick:?}");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(mock.count().connections, 1, "it is not connected to anew while a session hangs");
    mock.release();
    assert_eq!(ready(&ring), Ok(key));
    assert_eq!((mock.count().connections, mock.count().too_early), (2, 0));
    seal(&ring, &key, 64).unwrap();
}

#[test]
fn what_waits_behind_a_batch_that_hangs_is_told_with_it() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let deadline = Duration::from_secs(6);
    let ring = start(&mock, 1, deadline);
    ready(&ring).unwrap();
    mock.at(0, Event::Hang);
    std::thread::scope(|scope| {
        scope.spawn(|| ring.seal(linked(signer(), &key, 1)).unwrap_err());
        std::thread::sleep(deadline / 2);
        let waited = took(|| assert!(ring.seal(linked(signer(), &key, 1)).unwrap_err().is_temporary()));
        assert!(waited < deadline, "{waited:?}");
    });
    mock.release();
}

#[test]
fn a_store_that_cannot_be_reached_is_asked_again_with_growing_pauses() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let away = SignerFault::Temporary("no token".into());
    mock.state().connecting.extend(vec![away.clone(); 4]);
    let until_up = took(|| {
        let ring = start(&mock, 2, LONG);
        eventually("it says why", || ring.active_key() == Err(away.clone()));
        assert_eq!(ready(&ring), Ok(key));
    });
    // 50, 100, 200 and 400 ms.
    assert!(until_up >= Duration::from_millis(750), "{until_up:?}");
    assert_eq!(mock.count().connections, 5);
}

#[test]
fn a_store_that_refuses_for_good_is_asked_once() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let refused = SignerFault::Permanent("the PIN is wrong".into());
    mock.state().connecting.push_back(refused.clone());
    let ring = start(&mock, 2, LONG);
    assert_eq!(ready(&ring), Err(refused.clone()));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(mock.count().connections, 1);
    assert_eq!(ring.seal(linked(signer(), &key, 1)), Err(refused.clone()));
    assert_eq!(ring.make(Purpose::Seal, now()), Err(refused));
}

#[test]
fn a_token_that_comes_and_goes_is_not_asked_in_a_circle() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    // The proof succeeds each time and the first seal never.
    let mut refused = 0;
    let spent = took(|| {
        while refused < 4 {
            if ring.active_key().is_ok() {
                mock.at(0, gone());
                ring.seal(linked(signer(), &key, 1)).unwrap_err();
                refused += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert!(spent > Duration::from_millis(300), "{spent:?}");
}

#[test]
fn what_is_linked_for_another_signer_or_key_is_refused() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let theirs = mock.add(NewKey { purpose: Purpose::Seal, signer: "CLOUD-2".parse().unwrap(), made: now() });
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    let fault = ring.seal(linked(signer(), &theirs.public_key, 1)).unwrap_err();
    assert!(!fault.is_temporary() && fault.reason().contains("no key"), "{fault}");
    assert_eq!(ring.keys().len(), 1);
    seal(&ring, &key, 1).unwrap();
}

/// What may happen at some signature.
fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let event = prop_oneof![4 => Just(gone()), 1 => Just(Event::Hang)];
    prop::collection::vec((0..200_u64, event), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whenever what goes wrong: a batch is sealed whole, every seal true and in its place, or not at all; and in the
    /// end the store is back.
    #[test]
    fn a_batch_is_sealed_whole_or_not_at_all(
        events in events(),
        sizes in prop::collection::vec(1..40_usize, 1..6),
        workers in 1..4_usize,
    ) {
        let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
        let ring = start(&mock, workers, Duration::from_millis(100));
        ready(&ring).unwrap();
        for (number, event) in events {
            mock.at(number, event);
        }
        for size in sizes {
            match seal(&ring, &key, size) {
                Ok(sealed) => prop_assert_eq!(sealed.len(), size),
                Err(fault) => prop_assert!(fault.is_temporary(), "{}", fault),
            }
        }
        mock.state().at.clear();
        mock.release();
        let mut tries = 0;
        while seal(&ring, &key, 10).is_err() {
            tries += 1;
            prop_assert!(tries < 2_000, "it never came back");
            std::thread::sleep(Duration::from_millis(10));
        }
        prop_assert_eq!(mock.count().too_early, 0);
    }
}
