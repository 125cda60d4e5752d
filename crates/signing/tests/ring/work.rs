//! What it does when all is well, and how much of it.

use fiscal::KeyId;
use signing::{Attester, Custody, KeyState, NewKey, Purpose, RingSettings, Signer, SignerFault};

use crate::{
    LONG, eventually,
    mock::Mock,
    start,
    suite::{self, linked, now, ready, seal, signer},
};

#[test]
fn nothing_is_looked_up_for_a_signature_and_no_session_opened() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    assert_eq!(ready(&ring), Ok(key));
    eventually("both workers have a session", || mock.count().open_sessions == 3);
    let before = mock.count();
    for count in [1, 2, 63, 64] {
        seal(&ring, &key, count).unwrap();
    }
    let after = mock.count();
    assert_eq!(after.signatures - before.signatures, 130, "one for each record");
    assert_eq!((after.lookups, after.sessions, after.connections), (1, before.sessions, 1));
}

#[test]
fn a_key_signs_one_challenge_before_anything_else_and_each_challenge_is_fresh() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    assert_eq!(ready(&ring), Ok(key));
    assert_eq!(mock.count().signatures, 1);
    assert_eq!(ring.keys()[0].state, KeyState::Ready);
    assert!(ring.keys()[0].active);
}

#[test]
fn a_batch_is_split_among_all_workers_of_a_token() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 4, LONG);
    ready(&ring).unwrap();
    mock.hang();
    std::thread::scope(|scope| {
        let batch = scope.spawn(|| seal(&ring, &key, 64).unwrap().len());
        eventually("four signatures are under way beside the proof", || mock.count().signatures == 5);
        mock.release();
        assert_eq!(batch.join().unwrap(), 64);
    });
}

#[test]
fn a_small_batch_of_a_key_in_this_process_wakes_nobody() {
    let (mock, key) = Mock::with_key(Custody::InProcess, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    eventually("both workers have a session", || mock.count().open_sessions == 3);
    for _ in 0..20 {
        seal(&ring, &key, 3).unwrap();
    }
    // The keeper's, and one for each question.
    assert_eq!(mock.count().busy_sessions, 1 + 20);
    assert_eq!(seal(&ring, &key, 300).unwrap().len(), 300);
}

#[test]
fn a_token_with_fewer_sessions_than_workers_is_used_with_those_that_there_are() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    mock.state().most_sessions = 2;
    let ring = start(&mock, 4, LONG);
    ready(&ring).unwrap();
    for size in [64, 1, 1, 1, 1, 1, 1, 1, 1, 64] {
        assert_eq!(seal(&ring, &key, size).unwrap().len(), size);
    }
    assert_eq!(mock.count().connections, 1);
}

#[test]
fn many_threads_may_ask_at_once() {
    let (mock, key) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    std::thread::scope(|scope| {
        for size in 1..=8 {
            let ring = &ring;
            scope.spawn(move || {
                for _ in 0..5 {
                    assert_eq!(seal(ring, &key, size).unwrap().len(), size);
                }
            });
        }
    });
}

#[test]
fn a_key_that_another_process_made_is_found_when_it_is_activated() {
    let (mock, old) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    let new = mock.add(NewKey { purpose: Purpose::Seal, signer: signer(), made: now() }).public_key;
    assert_eq!(ring.active_key(), Ok(old));
    ring.activate(new.id()).unwrap();
    assert_eq!(ring.active_key(), Ok(new));
    // What was linked before the rotation is sealed under the old key.
    seal(&ring, &old, 5).unwrap();
    seal(&ring, &new, 5).unwrap();
    let fault = ring.activate(KeyId([7; 8])).unwrap_err();
    assert_eq!(fault, SignerFault::Permanent("this signer has no key 0707070707070707".into()));
    assert_eq!(ring.active_key(), Ok(new), "a refusal changes nothing");
}

#[test]
fn a_batch_under_two_keys_is_sealed_each_under_its_own() {
    let (mock, old) = Mock::with_key(Custody::Elsewhere, signer());
    let ring = start(&mock, 2, LONG);
    ready(&ring).unwrap();
    let new = ring.make(Purpose::Seal, now()).unwrap();
    let mut both = linked(signer(), &old, 10);
    both.extend(linked(signer(), &new, 10));
    let sealed = ring.seal(both).unwrap();
    assert!(sealed[..10].iter().all(|sealed| sealed.record().verify(&old).is_ok()));
    assert!(sealed[10..].iter().all(|sealed| sealed.record().verify(&new).is_ok()));
}

#[test]
fn without_configuration_the_newest_key_seals() {
    let mock = Mock::new(Custody::Elsewhere);
    let made = |minute: u64| {
        let made = fiscal::Timestamp::from_unix(now().unix() + minute * 60).unwrap();
        mock.add(NewKey { purpose: Purpose::Seal, signer: signer(), made }).public_key
    };
    let keys: Vec<_> = [3, 1, 9, 2, 8, 0, 7].into_iter().map(made).collect();
    assert_eq!(ready(&start(&mock, 1, LONG)), Ok(keys[2]));
}

#[test]
fn the_configured_key_seals_and_not_the_newest() {
    let (mock, old) = Mock::with_key(Custody::Elsewhere, signer());
    let later = fiscal::Timestamp::from_unix(now().unix() + 1).unwrap();
    mock.add(NewKey { purpose: Purpose::Seal, signer: signer(), made: later });
    let settings = RingSettings { active: Some(old.id()), ..RingSettings::new(signer()) };
    let ring = signing::KeyRing::start(std::sync::Arc::new(mock.clone()), settings, suite::counting());
    assert_eq!(ready(&ring), Ok(old));
}

#[test]
fn an_attester_answers_as_soon_as_its_key_is_there() {
    let mock = Mock::new(Custody::Elsewhere);
    let key = mock.add(NewKey { purpose: Purpose::Attest, signer: signer(), made: now() }).public_key;
    mock.hang();
    let ring = start(&mock, 1, LONG);
    let attester = ring.attester(key);
    assert!(attester.sign(&[3; 32]).unwrap_err().is_temporary());
    assert!(ring.attesting_key().unwrap_err().is_temporary());
    mock.release();
    eventually("the key attests", || attester.sign(&[3; 32]).is_ok());
    key.verify_prehash(&[3; 32], &attester.sign(&[3; 32]).unwrap()).unwrap();
    assert_eq!(ring.attesting_key(), Ok(key));
}

#[test]
fn a_ring_that_is_dropped_has_let_its_store_go() {
    for custody in [Custody::Elsewhere, Custody::InProcess] {
        let (mock, _) = Mock::with_key(custody, signer());
        let ring = start(&mock, 4, LONG);
        ready(&ring).unwrap();
        drop(ring);
        assert_eq!(mock.count().open, 0);
    }
}
