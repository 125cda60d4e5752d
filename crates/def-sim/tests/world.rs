//! A board in memory whose power fails where the test says.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use std::time::Duration;

use def_engine::board::{Clock, Parts, Random, SecureElement, Ticks};
use def_sim::{
    ElementError, FlashError, Operation, Outcome, PAGE_BYTES, SECTOR_BYTES, SoftElement, State, Style, World,
};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use fiscal::{PublicKey, RecordHash, Signature, Timestamp};
use support::{Bits, bytes, time};

const SECTOR: u32 = SECTOR_BYTES as u32;
const PAGE: u32 = PAGE_BYTES as u32;

/// Some of everything; stops where the power fails.
fn scenario(world: &World) -> Result<(), FlashError> {
    let Parts { mut flash, mut element, mut clock, .. } = world.parts();
    let lost = |_: ElementError| FlashError::PowerLost;
    element.make_key().map_err(lost)?;
    clock.set(time(1_770_000_000));
    flash.write(PAGE - 4, &[0x11; 8])?;
    element.increment().map_err(lost)?;
    flash.erase(0, 2 * SECTOR)?;
    flash.write(SECTOR, &[0xA5; 300])?;
    element.increment().map_err(lost)?;
    flash.write(2 * SECTOR + 7, &[0x00, 0xF0])
}

fn operations() -> Vec<Operation> {
    let program = |address, byte, length| Operation::Program { address, data: vec![byte; length] };
    vec![
        Operation::MakeKey,
        Operation::SetClock(time(1_770_000_000)),
        program(PAGE - 4, 0x11, 4),
        program(PAGE, 0x11, 4),
        Operation::Increment,
        Operation::Erase { sector: 0 },
        Operation::Erase { sector: 1 },
        program(SECTOR, 0xA5, 256),
        program(SECTOR + PAGE, 0xA5, 44),
        Operation::Increment,
        Operation::Program { address: 2 * SECTOR + 7, data: vec![0x00, 0xF0] },
    ]
}

type Everything = (Bits, Option<PublicKey>, u64, Option<Timestamp>, [u8; 64]);

fn everything(mut state: State) -> Everything {
    let mut weak_reads = [0; 64];
    state.flash.read(PAGE - 32, &mut weak_reads).unwrap();
    let (key, counter) = (state.element.peek_key(), state.element.peek_counter());
    (Bits::of(&state.flash), key, counter, state.clock.now(), weak_reads)
}

#[test]
fn every_operation_that_outlasts_a_cut_has_a_number() {
    let world = World::new(3, 1);
    world.record_forks(true);
    scenario(&world).unwrap();
    assert_eq!(world.op_log(), operations());
    assert_eq!(world.operations(), 11);
    let forks = world.take_forks();
    assert!(forks.iter().map(|fork| fork.number).eq(0..11));
    assert!(world.take_forks().is_empty());
}

#[test]
fn nothing_is_recorded_unless_asked_for() {
    let world = World::new(3, 1);
    scenario(&world).unwrap();
    assert!(world.op_log().is_empty());
    assert_eq!(world.operations(), 11);
}

#[test]
fn a_fork_interrupted_is_the_world_that_was_cut_there() {
    let world = World::new(3, 1);
    world.record_forks(true);
    scenario(&world).unwrap();
    for fork in world.take_forks() {
        for style in fork.operation.styles() {
            for seed in 0..3 {
                let outcome = Outcome::new(*style, seed);
                let again = World::new(3, 1);
                again.cut_at(fork.number, outcome);
                let _ = scenario(&again);
                assert_eq!((again.operations(), again.is_powered()), (fork.number + 1, false));
                again.reboot();
                let forked = fork.cut(outcome);
                let case = format!("{} {} {outcome}", fork.number, fork.operation);
                assert!(everything(forked.state()) == everything(again.state()), "{case}");
            }
        }
    }
}

#[test]
fn a_cut_before_is_the_state_before_and_a_cut_after_is_the_state_after() {
    let world = World::new(3, 1);
    world.record_forks(true);
    scenario(&world).unwrap();
    let forks = world.take_forks();
    let afters = forks.iter().skip(1).map(|fork| fork.before.clone()).chain([world.state()]);
    for (fork, after) in forks.iter().zip(afters) {
        let state = |style| everything(fork.cut(Outcome::new(style, 1)).state());
        assert!(state(Style::NothingDone) == everything(fork.before.clone()), "{}", fork.operation);
        assert!(state(Style::AllDone) == everything(after), "{}", fork.operation);
    }
}

#[test]
fn a_cut_within_a_write_leaves_the_pages_before_done_and_those_after_untouched() {
    let world = World::new(1, 1);
    world.cut_at(1, Outcome::new(Style::NothingDone, 0));
    assert_eq!(world.flash().write(0, &[0x00; 3 * PAGE_BYTES]), Err(FlashError::PowerLost));
    world.reboot();
    let pages: [u8; 3 * PAGE_BYTES] = bytes(&mut world.flash(), 0);
    assert!(pages[..PAGE_BYTES].iter().all(|byte| *byte == 0x00));
    assert!(pages[PAGE_BYTES..].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn without_power_everything_fails_and_nothing_changes_until_the_reboot() {
    let world = World::new(3, 1);
    scenario(&world).unwrap();
    let before = everything(world.state());
    world.cut();
    assert!(!world.is_powered());
    let (mut flash, mut element) = (world.flash(), world.secure_element());
    assert_eq!(flash.read(0, &mut [0]), Err(FlashError::PowerLost));
    assert_eq!(flash.write(0, &[0]), Err(FlashError::PowerLost));
    assert_eq!(flash.erase(0, SECTOR), Err(FlashError::PowerLost));
    assert_eq!(element.public_key(), Err(ElementError::PowerLost));
    assert_eq!(element.make_key(), Err(ElementError::PowerLost));
    assert_eq!(element.sign(&RecordHash::NONE), Err(ElementError::PowerLost));
    assert_eq!(element.counter(), Err(ElementError::PowerLost));
    assert_eq!(element.increment(), Err(ElementError::PowerLost));
    world.clock().set(time(1));
    assert!(everything(world.state()) == before);
    assert_eq!(world.operations(), 11);
    world.reboot();
    assert!(everything(world.state()) == before);
    assert_eq!(element.increment(), Ok(3));
}

#[test]
fn a_reboot_forgets_a_cut_that_did_not_come() {
    let world = World::new(1, 1);
    world.cut_at(0, Outcome::new(Style::AllDone, 0));
    world.reboot();
    assert_eq!(world.flash().write(0, &[0]), Ok(()));
}

#[test]
fn a_cut_in_an_increment_leaves_the_counter_one_higher_or_up_to_eight() {
    let after = |style, seed| {
        let world = World::new(1, 1);
        world.change(|state| state.element.set_counter(100));
        world.cut_at(0, Outcome::new(style, seed));
        assert_eq!(world.secure_element().increment(), Err(ElementError::PowerLost));
        world.reboot();
        world.secure_element().counter().unwrap()
    };
    assert_eq!(after(Style::NothingDone, 0), 100);
    assert_eq!(after(Style::AllDone, 0), 101);
    assert_eq!(after(Style::Jump(8), 0), 108);
    assert_eq!(after(Style::Jump(255), 0), 108);
    let random: std::collections::BTreeSet<_> = (0..200).map(|seed| after(Style::Scattered, seed)).collect();
    assert!(random.into_iter().eq(100..=108));
}

#[test]
fn the_counter_ends_at_its_limit_and_no_jump_passes_it() {
    let world = World::new(1, 1);
    let mut element = world.secure_element();
    world.change(|state| state.element.set_counter(SoftElement::COUNTER_LIMIT - 1));
    assert_eq!(element.increment(), Ok(2_097_151));
    assert_eq!(element.increment(), Err(ElementError::CounterSpent));
    assert_eq!(element.counter(), Ok(2_097_151));
    world.change(|state| state.element.set_counter(SoftElement::COUNTER_LIMIT - 1));
    world.cut_at(world.operations(), Outcome::new(Style::Jump(8), 0));
    assert_eq!(element.increment(), Err(ElementError::PowerLost));
    world.reboot();
    assert_eq!(element.counter(), Ok(2_097_151));
}

#[test]
fn signatures_are_the_keys_own_and_repeat() {
    let world = World::new(1, 1);
    let mut element = world.secure_element();
    assert_eq!(element.public_key(), Ok(None));
    assert_eq!(element.sign(&RecordHash([7; 32])), Err(ElementError::NoKey));
    let key = element.make_key().unwrap();
    assert_eq!(element.public_key(), Ok(Some(key)));
    let signature = element.sign(&RecordHash([7; 32])).unwrap();
    assert_eq!(element.sign(&RecordHash([7; 32])), Ok(signature));
    let normalised = Signature::normalised(signature).unwrap();
    assert_eq!(key.verify(&RecordHash([7; 32]), &normalised), Ok(()));
    assert!(key.verify(&RecordHash([8; 32]), &normalised).is_err());
    assert_ne!(element.make_key(), Ok(key));
}

#[test]
fn a_secure_element_fails_as_often_as_it_was_told_and_does_nothing_then() {
    let world = World::new(1, 1);
    let mut element = world.secure_element();
    world.change(|state| state.element.fail_next(2));
    assert_eq!(element.increment(), Err(ElementError::Failing));
    assert_eq!(element.make_key(), Err(ElementError::Failing));
    assert_eq!((element.counter(), element.public_key()), (Ok(0), Ok(None)));
    world.change(|state| state.element.fail_after(1, 1));
    assert_eq!(element.increment(), Ok(1));
    assert_eq!(element.increment(), Err(ElementError::Failing));
    assert_eq!(element.increment(), Ok(2));
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let key = |seed| World::new(1, seed).secure_element().make_key().unwrap();
    assert_eq!(key(5), key(5));
    assert_ne!(key(5), key(6));
    let (world, mut nonce) = (World::new(1, 5), [0; 16]);
    let copy = World::from(world.state());
    world.random().fill(&mut nonce);
    let mut same = [0; 16];
    copy.random().fill(&mut same);
    assert_eq!(nonce, same);
}

#[test]
fn clock_and_ticks_move_only_when_told() {
    let world = World::new(1, 1);
    let (mut clock, mut ticks) = (world.clock(), world.ticks());
    assert_eq!((clock.now(), ticks.milliseconds()), (None, 0));
    clock.set(time(1000));
    world.pass(Duration::from_millis(1999));
    assert_eq!((clock.now(), ticks.milliseconds()), (Some(time(1001)), 1999));
    assert_eq!(World::from(world.state()).ticks().milliseconds(), 0, "a board that starts");
    world.pass(Duration::from_millis(1));
    assert_eq!(clock.now(), Some(time(1002)));
    world.reboot();
    assert_eq!((clock.now(), ticks.milliseconds()), (Some(time(1002)), 0), "the battery keeps the time");
    world.change(|state| state.clock.lose_power());
    world.pass(Duration::from_secs(1));
    assert_eq!(clock.now(), None);
}

#[test]
fn states_can_be_sent_to_another_thread() {
    let world = World::new(1, 1);
    world.flash().write(0, &[0x42]).unwrap();
    let state = world.state();
    let read = std::thread::spawn(move || bytes::<1>(&mut World::from(state).flash(), 0));
    assert_eq!(read.join().unwrap(), [0x42]);
}
