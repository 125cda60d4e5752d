//! What the engine's secure element does on a bus without faults.

use atecc608::{COUNTER_LIMIT, Error, Revision, provisioning::Personalisation};
use def_engine::board::SecureElement;

use crate::{HASH, bus::Chip, element, initialised, is_true, key_of, model::Core, personalised};

#[test]
fn a_personalised_chip_has_no_key_until_one_is_made() {
    let chip = personalised();
    let mut element = element(&chip);
    assert_eq!(element.public_key(), Ok(None));
    assert_eq!(element.sign(&HASH), Err(Error::NoKey));
    assert_eq!(element.journal_secret(), Err(Error::NoKey));
    assert_eq!(element.counter(), Ok(0));
    let key = element.make_key().unwrap();
    assert_eq!(key.to_compressed().to_vec(), key_of(&chip));
    assert_eq!(element.public_key(), Ok(Some(key)));
}

#[test]
fn a_signature_is_the_keys_over_the_hash_itself() {
    let chip = initialised();
    let signature = element(&chip).sign(&HASH).unwrap();
    assert!(is_true(&chip, &HASH, &signature));
}

#[test]
fn the_key_is_made_once() {
    let chip = initialised();
    let key = key_of(&chip);
    assert_eq!(element(&chip).make_key(), Err(Error::KeyExists));
    assert_eq!(key_of(&chip), key);
    chip.with(|state| assert!(state.core.slot_is_locked(0) && state.core.slot_is_locked(1)));
}

#[test]
fn the_journal_secret_comes_with_the_key_and_stays() {
    let chip = initialised();
    let secret = element(&chip).journal_secret().unwrap();
    assert_eq!(chip.with(|state| state.core.slots[1]), secret);
    chip.rest();
    assert_eq!(element(&chip).journal_secret(), Ok(secret));
    assert!(secret.iter().any(|byte| *byte != secret[0]));
    let other = personalised();
    element(&other).random().unwrap();
    element(&other).make_key().unwrap();
    assert_ne!(element(&other).journal_secret(), Ok(secret));
}

#[test]
fn the_counter_rises_by_one_and_ends_at_its_limit() {
    let chip = initialised();
    let mut element = element(&chip);
    assert_eq!(element.increment(), Ok(1));
    assert_eq!(element.increment(), Ok(2));
    assert_eq!(element.counter(), Ok(2));
    let mut element = crate::element(&chip);
    chip.with(|state| state.core.counters[0] = COUNTER_LIMIT - 1);
    assert_eq!(element.increment(), Ok(u64::from(COUNTER_LIMIT)));
    assert_eq!(element.increment(), Err(Error::CounterSpent));
    assert_eq!(element.counter(), Ok(u64::from(COUNTER_LIMIT)));
    assert_eq!(chip.with(|state| state.core.counters), [COUNTER_LIMIT, 0]);
}

#[test]
fn an_increment_asks_for_the_counter_only_when_it_does_not_know_it() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.with(|state| state.log.clear());
    element.increment().unwrap();
    element.increment().unwrap();
    assert_eq!(chip.with(|state| state.log.clone()), [(0x24, 0x01), (0x24, 0x01)]);
}

#[test]
fn a_counter_that_goes_back_is_told() {
    let chip = initialised();
    let mut element = element(&chip);
    chip.with(|state| state.core.counters[0] = 70);
    assert_eq!(element.increment(), Ok(71));
    chip.with(|state| state.core.counters[0] = 12);
    assert_eq!(element.increment(), Err(Error::CounterWrong { before: 71, after: 13 }));
    // What is told next is what the chip says now; the engine compares it with its journal.
    assert_eq!(element.increment(), Ok(14));
}

#[test]
fn a_chip_says_which_it_is() {
    for (byte, revision) in [(0x02, Revision::A), (0x03, Revision::B), (0x05, Revision::Later(0x05))] {
        let chip = Chip::new(Core::blank());
        chip.with(|state| state.core.revision[3] = byte);
        let identity = element(&chip).identity().unwrap();
        assert_eq!(identity.revision, revision);
        assert_eq!(std::format!("{}", identity.serial), "0123A75C1B44902DEE");
    }
    for other in [[0x00, 0x00, 0x50, 0x00], [0x00, 0x00, 0x60, 0x01], [0x00, 0x02, 0x00, 0x09]] {
        let chip = initialised();
        chip.with(|state| state.core.revision = other);
        assert_eq!(element(&chip).counter(), Err(Error::OtherPart(other)));
    }
}

#[test]
fn a_chip_that_is_not_personalised_is_refused_and_nothing_is_written_to_it() {
    let half = personalised();
    half.with(|state| state.core.configuration[86] = 0x55);
    let open = personalised();
    open.with(|state| state.core.configuration[87] = 0x55);
    for chip in [Chip::new(Core::blank()), half, open] {
        chip.with(|state| state.log.clear());
        let mut element = element(&chip);
        assert_eq!(element.public_key(), Err(Error::NotPersonalised));
        assert_eq!(element.make_key(), Err(Error::NotPersonalised));
        assert_eq!(element.sign(&HASH), Err(Error::NotPersonalised));
        assert_eq!(element.increment(), Err(Error::NotPersonalised));
        assert_eq!(element.journal_secret(), Err(Error::NotPersonalised));
        assert_eq!(element.random(), Err(Error::NotPersonalised));
        // Info and Read.
        assert!(chip.with(|state| state.log.iter().all(|(opcode, _)| matches!(opcode, 0x30 | 0x02))));
    }
}

#[test]
fn a_chip_for_something_else_is_refused_whichever_byte_differs() {
    for place in 0_u8..128 {
        let chip = personalised();
        chip.with(|state| {
            state.core.configuration[usize::from(place)] ^= 0x04;
            state.log.clear();
        });
        let told = element(&chip).make_key();
        match place {
            // The maker's; the counters; UserExtra.
            0..16 | 52..68 | 84 | 85 => assert!(told.is_ok(), "{place}"),
            // LockValue and LockConfig: anything but 55h is locked.
            86 | 87 => assert!(told.is_ok(), "{place}"),
            _ => {
                assert_eq!(told, Err(Error::OtherConfiguration(place)));
                let written =
                    chip.with(|state| state.log.iter().any(|(opcode, _)| !matches!(opcode, 0x30 | 0x02)));
                assert!(!written, "{place}");
            }
        }
    }
}

#[test]
fn a_chip_that_others_woke_works_however_long_ago_that_was() {
    for ago in (0..800_000).step_by(20_000) {
        let chip = initialised();
        let mut element = element(&chip);
        element.counter().unwrap();
        chip.disturb(ago);
        let signature = element.sign(&HASH).unwrap();
        assert!(is_true(&chip, &HASH, &signature));
        assert!(chip.is_asleep());
    }
}

#[test]
fn the_answer_is_taken_soon_after_it_is_there() {
    for pace in [0, 30, 60, 100, 120] {
        let chip = initialised();
        let mut element = element(&chip);
        element.counter().unwrap();
        chip.with(|state| (state.pace, state.micros) = (pace, 0));
        chip.rest();
        element.sign(&HASH).unwrap();
        let took = chip.with(|state| state.micros);
        // Random, Nonce and Sign, and at 100 kHz the bytes of all of them.
        let needed = (23 + 20 + 115) * 10 * pace;
        assert!(took >= needed && took < needed + 22_000, "{pace} %: {took} us");
    }
}

#[test]
fn a_chip_that_is_too_late_is_silent() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.with(|state| state.pace = 200);
    assert_eq!(element.sign(&HASH), Err(Error::Silent { opcode: 0x1B }));
}

#[test]
fn a_refusal_is_told_with_its_command_and_status() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.with(|state| state.core.refusing = Some((0x41, 0x05)));
    let error = element.sign(&HASH).unwrap_err();
    assert_eq!(error, Error::Refused { opcode: 0x41, status: 0x05 });
    assert_eq!(error.code(), "ELEMENT_REFUSED");
    chip.with(|state| state.core.refusing = None);
    assert!(element.sign(&HASH).is_ok());
}

#[test]
fn random_bytes_differ_and_a_chip_that_repeats_itself_is_refused() {
    let chip = personalised();
    let mut element = element(&chip);
    assert_ne!(element.random(), element.random());
    chip.with(|state| state.core.configuration[87] = 0x55);
    assert_eq!(element.random(), Err(Error::NotRandom));
}

#[test]
fn what_a_chip_does_not_keep_is_not_locked() {
    let chip = personalised();
    chip.with(|state| state.core.forgetful = true);
    assert_eq!(element(&chip).make_key(), Err(Error::NotKept));
    chip.with(|state| assert!(!state.core.slot_is_locked(1)));

    // The secret is made, and then the key is another than the chip said.
    chip.with(|state| {
        state.core.forgetful = false;
        state.core.refusing = Some((0x40, 0x0F));
    });
    assert_eq!(element(&chip).make_key(), Err(Error::Refused { opcode: 0x40, status: 0x0F }));
    chip.with(|state| {
        state.core.forgetful = true;
        state.core.refusing = None;
    });
    assert_eq!(element(&chip).make_key(), Err(Error::NotKept));
    chip.with(|state| assert!(state.core.slot_is_locked(1) && !state.core.slot_is_locked(0)));
    assert_eq!(element(&chip).public_key(), Ok(None));
}

#[test]
fn a_chip_that_wakes_by_its_address_alone_works_as_well() {
    let chip = Chip::new(Core::blank());
    chip.with(|state| state.light_sleeper = true);
    Personalisation::of(chip.clone(), chip.clone()).run().unwrap();
    let mut element = element(&chip);
    element.make_key().unwrap();
    let signature = element.sign(&HASH).unwrap();
    assert!(is_true(&chip, &HASH, &signature));
    assert_eq!(element.increment(), Ok(1));
}

#[test]
fn a_commit_asks_no_more_than_214_ms_of_the_chip_and_its_bus() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.with(|state| (state.pace, state.micros) = (100, 0));
    chip.rest();
    element.increment().unwrap();
    let increment = chip.with(|state| state.micros);
    element.sign(&HASH).unwrap();
    let both = chip.with(|state| state.micros);
    assert!(increment < 34_000 && both < 214_000, "{increment} us, {both} us");
}
