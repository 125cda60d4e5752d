//! Every transfer of every operation goes wrong in turn, in every way.

use std::fmt::Debug;

use atecc608::{Element, Error};
use def_engine::board::SecureElement;

use crate::{
    HASH,
    bus::{Chip, Mishap},
    element, initialised, is_true, key_of, personalised,
};

const POWER: [Mishap; 3] = [Mishap::PowerBefore, Mishap::PowerAfter, Mishap::PowerJump];

/// Ways in which the bus fails; bits in each byte of a command and an answer, one after the other.
fn bus_mishaps() -> Vec<Mishap> {
    let mut mishaps = vec![Mishap::Deaf, Mishap::LostAfter];
    mishaps.extend((0..320).step_by(3).map(Mishap::FlipWritten));
    mishaps.extend((0..536).step_by(11).map(Mishap::FlipRead));
    mishaps
}

/// Lets `act` run with each of its transfers going wrong in turn; `check` looks at what came of it.
fn in_every_way<T: Debug>(
    fresh: impl Fn() -> Chip,
    mishaps: &[Mishap],
    act: impl Fn(&mut Element<Chip, Chip>) -> Result<T, Error>,
    check: impl Fn(&Chip, &T) -> bool,
) -> usize {
    let original = fresh().with(|state| state.core.clone());
    let mut tried = 0;
    for mishap in mishaps {
        for nth in 0.. {
            let chip = Chip::new(original.clone());
            // So quick that there is little to poll.
            chip.with(|state| state.pace = 4);
            let mut element = element(&chip);
            chip.break_transfers(&[(nth, *mishap)]);
            let result = act(&mut element);
            if !chip.broke() {
                break;
            }
            tried += 1;
            let way = format!("transfer {nth}, {mishap:?}: {result:?}");
            assert!(result.as_ref().is_ok_and(|value| check(&chip, value)), "{way}");
            // It slept off what the last transfer left.
            chip.disturb(800_000);
            assert!(act_again(&chip), "{way}");
        }
    }
    tried
}

fn act_again(chip: &Chip) -> bool {
    element(chip).counter() == Ok(u64::from(chip.with(|state| state.core.counters[0])))
}

#[test]
fn no_fault_of_the_bus_gives_a_wrong_signature() {
    let mishaps: Vec<_> = bus_mishaps().into_iter().chain(POWER).collect();
    let tried = in_every_way(
        initialised,
        &mishaps,
        |element| element.sign(&HASH),
        |chip, signature| is_true(chip, &HASH, signature),
    );
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn no_fault_of_the_bus_gives_a_wrong_public_key_or_secret() {
    let mishaps: Vec<_> = bus_mishaps().into_iter().step_by(3).chain(POWER).collect();
    in_every_way(initialised, &mishaps, SecureElement::public_key, |chip, key| {
        key.is_some_and(|key| key.to_compressed().to_vec() == key_of(chip))
    });
    in_every_way(initialised, &mishaps, SecureElement::journal_secret, |chip, secret| {
        chip.with(|state| state.core.slots[1]) == *secret
    });
}

#[test]
fn no_fault_of_the_bus_raises_the_counter_twice() {
    let tried = in_every_way(initialised, &bus_mishaps(), SecureElement::increment, |chip, told| {
        *told == 1 && chip.with(|state| state.core.counters) == [1, 0]
    });
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn two_lost_transfers_in_a_row_or_apart_do_not_either() {
    let original = initialised().with(|state| state.core.clone());
    for first in 0..60 {
        for second in first + 1..60 {
            for (one, other) in [
                (Mishap::Deaf, Mishap::LostAfter),
                (Mishap::LostAfter, Mishap::LostAfter),
                (Mishap::LostAfter, Mishap::Deaf),
            ] {
                let chip = Chip::new(original.clone());
                chip.with(|state| state.pace = 4);
                let mut element = element(&chip);
                element.counter().unwrap();
                chip.break_transfers(&[(first, one), (second, other)]);
                let told = element.increment();
                let way = format!("{one:?} at {first}, {other:?} at {second}");
                assert_eq!(told, Ok(1), "{way}");
                assert_eq!(chip.with(|state| state.core.counters[0]), 1, "{way}");
            }
        }
    }
}

#[test]
fn a_counter_that_jumps_when_the_power_fails_is_told_as_it_is() {
    let mut jumps = 0;
    for mishap in POWER {
        for nth in 0.. {
            let chip = initialised();
            let mut element = element(&chip);
            element.counter().unwrap();
            chip.break_transfers(&[(nth, mishap)]);
            let told = element.increment().unwrap();
            if !chip.broke() {
                break;
            }
            assert_eq!(told, u64::from(chip.with(|state| state.core.counters[0])), "{nth}, {mishap:?}");
            assert!(told == 1 || (mishap == Mishap::PowerJump && told == 4), "{nth}, {mishap:?}: {told}");
            jumps += usize::from(told == 4);
        }
    }
    assert!(jumps > 0);
}

#[test]
fn no_fault_of_the_bus_leaves_a_key_that_is_not_the_chips_or_can_be_replaced() {
    let mishaps: Vec<_> = bus_mishaps().into_iter().step_by(2).chain(POWER).collect();
    in_every_way(personalised, &mishaps, SecureElement::make_key, |chip, key| {
        let secret = element(chip).journal_secret().unwrap();
        chip.with(|state| {
            let core = &state.core;
            core.slot_is_locked(0)
                && core.slot_is_locked(1)
                && core.slots[1] == secret
                && secret != [0xFF; 32]
        }) && key.to_compressed().to_vec() == key_of(chip)
    });
}

#[test]
fn an_init_that_the_power_ends_is_begun_anew() {
    for nth in 0.. {
        let chip = personalised();
        let mut element = element(&chip);
        // Everything from there on is lost: the board is off.
        chip.die_at(nth);
        let cut = element.make_key().is_err();
        chip.rest();
        let mut element = crate::element(&chip);
        match element.public_key().unwrap() {
            Some(key) => assert_eq!(key.to_compressed().to_vec(), key_of(&chip), "{nth}"),
            None => {
                let key = element.make_key().unwrap();
                assert_eq!(element.public_key(), Ok(Some(key)), "{nth}");
            }
        }
        let secret = element.journal_secret().unwrap();
        assert_eq!(chip.with(|state| state.core.slots[1]), secret, "{nth}");
        let signature = element.sign(&HASH).unwrap();
        assert!(is_true(&chip, &HASH, &signature), "{nth}");
        if !cut {
            break;
        }
    }
}

#[test]
fn a_bus_that_stays_dead_is_an_error_within_a_second_and_passes() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.die_at(0);
    let before = chip.with(|state| state.micros);
    assert!(matches!(element.sign(&HASH), Err(Error::Absent(_))));
    assert!(matches!(element.increment(), Err(Error::Absent(_))));
    assert!(chip.with(|state| state.micros) - before < 1_000_000);
    chip.rest();
    assert_eq!(element.increment(), Ok(1));
    assert!(element.sign(&HASH).is_ok());
}

#[test]
fn answers_that_are_damaged_for_ever_are_an_error_and_not_an_answer() {
    let chip = initialised();
    let mut element = element(&chip);
    element.counter().unwrap();
    chip.with(|state| state.noisy = true);
    assert_eq!(element.sign(&HASH), Err(Error::Damaged { opcode: 0x1B }));
    assert_eq!(element.counter(), Err(Error::Damaged { opcode: 0x24 }));
    assert_eq!(element.journal_secret(), Err(Error::Damaged { opcode: 0x02 }));
}
