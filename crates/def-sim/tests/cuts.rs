//! What a power cut may leave of a program and of an erase, bit by bit.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use std::collections::BTreeSet;

use def_sim::{Flash, Outcome, PAGE_BYTES, SECTOR_BYTES, Style};
use embedded_storage::nor_flash::NorFlash;
use proptest::{collection::vec, prelude::*, sample::select};
use support::{Bits, bytes};

const SECTOR: usize = 1;
const PAGE: usize = SECTOR * SECTOR_BYTES + 3 * PAGE_BYTES;

/// A used flash of three sectors: old data, old weak bits, failed cells.
fn used(data: &[u8], weak: &[u8], failed: &[u8]) -> Flash {
    let mut flash = Flash::erased(3, 1);
    flash.write(0, &[0x5A; 3 * SECTOR_BYTES]).unwrap();
    flash.erase(SECTOR_BYTES as u32, 2 * SECTOR_BYTES as u32).unwrap();
    flash.write(PAGE as u32, data).unwrap();
    flash.weaken(PAGE as u32, weak);
    flash.fail_cells(PAGE as u32, failed);
    flash
}

fn page() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), PAGE_BYTES)
}

fn few_bits() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![6 => Just(0), 1 => any::<u8>()], PAGE_BYTES)
}

fn any_style() -> impl Strategy<Value = Style> {
    select([&Style::OF_ERASE[..], &[Style::Jump(3)]].concat())
}

proptest! {
    #[test]
    fn an_interrupted_program_touches_its_target_bits_only(
        (old, weak, failed) in (page(), few_bits(), few_bits()),
        (at, data) in (0..PAGE_BYTES).prop_flat_map(|at| (Just(at), vec(any::<u8>(), 1..=PAGE_BYTES - at))),
        (style, seed) in (any_style(), any::<u64>()),
    ) {
        let flash = used(&old, &weak, &failed);
        let before = Bits::of(&flash);
        let mut cut = flash.clone();
        cut.interrupt_program((PAGE + at) as u32, &data, Outcome::new(style, seed));
        let after = Bits::of(&cut);
        for byte in 0..before.ones.len() {
            let within = byte.checked_sub(PAGE + at).filter(|index| *index < data.len());
            let targets = within.map_or(0, |index| before.ones[byte] & !data[index] & !failed[at + index]);
            prop_assert_eq!(before.ones[byte] & !targets, after.ones[byte] & !targets, "{}", byte);
            prop_assert_eq!(before.zeros[byte] & !targets, after.zeros[byte] & !targets, "{}", byte);
            // A program never makes a weak bit a strong 1.
            prop_assert_eq!(after.strong_ones(byte) & !before.strong_ones(byte), 0, "{}", byte);
        }
    }

    #[test]
    fn an_interrupted_erase_sets_zeros_and_weakens_within_its_sector_only(
        (old, weak) in (page(), few_bits()),
        (style, seed) in (select(&Style::OF_PROGRAM[..]), any::<u64>()),
    ) {
        let flash = used(&old, &weak, &[]);
        let before = Bits::of(&flash);
        let mut cut = flash.clone();
        cut.interrupt_erase(SECTOR, Outcome::new(style, seed));
        let after = Bits::of(&cut);
        for byte in 0..before.ones.len() {
            if byte / SECTOR_BYTES == SECTOR {
                // No bit becomes a strong 0, whatever it was.
                prop_assert_eq!(after.strong_zeros(byte) & !before.strong_zeros(byte), 0, "{}", byte);
            } else {
                prop_assert_eq!((before.ones[byte], before.zeros[byte]), (after.ones[byte], after.zeros[byte]));
            }
        }
    }

    #[test]
    fn the_operation_repeated_after_any_cut_is_complete_and_strong(
        (old, data) in (page(), page()),
        (style, seed) in (any_style(), any::<u64>()),
    ) {
        let outcome = Outcome::new(style, seed);
        let mut flash = used(&old, &[], &[]);
        let mut whole = flash.clone();
        whole.program(PAGE as u32, &data);
        flash.interrupt_program(PAGE as u32, &data, outcome);
        flash.program(PAGE as u32, &data);
        prop_assert!(Bits::of(&flash) == Bits::of(&whole));
        whole.erase_sector(SECTOR);
        flash.interrupt_erase(SECTOR, outcome);
        flash.erase_sector(SECTOR);
        prop_assert!(Bits::of(&flash) == Bits::of(&whole));
    }
}

/// The page after a program of zeros over ones was interrupted: its zeros, its weak bits.
fn interrupted(style: Style, seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut flash = Flash::erased(1, 1);
    flash.interrupt_program(0, &[0x00; PAGE_BYTES], Outcome::new(style, seed));
    let bits = Bits::of(&flash);
    (
        (0..PAGE_BYTES).map(|at| bits.strong_zeros(at)).collect(),
        (0..PAGE_BYTES).map(|at| bits.weak(at)).collect(),
    )
}

fn count(bits: &[u8]) -> u32 {
    bits.iter().map(|byte| byte.count_ones()).sum()
}

#[test]
fn each_style_leaves_what_its_name_says() {
    const ALL: u32 = 8 * PAGE_BYTES as u32;
    let counts = |style, seed| {
        let (done, weak) = interrupted(style, seed);
        (count(&done), count(&weak))
    };
    for seed in 0..50 {
        assert_eq!(counts(Style::NothingDone, seed), (0, 0));
        assert_eq!(counts(Style::AllDone, seed), (ALL, 0));
        assert_eq!(counts(Style::AllWeak, seed), (0, ALL));
        assert_eq!(counts(Style::DoneButOneWeak, seed), (ALL - 1, 1));
        assert_eq!(counts(Style::OnlyOneWeak, seed), (0, 1));
        let (done, weak) = counts(Style::PrefixRestWeak, seed);
        assert_eq!(done + weak, ALL);
        assert_eq!(counts(Style::Scattered, seed).1, 0);
    }
    assert!((0..50).any(|seed| counts(Style::PrefixRestWeak, seed).0 > ALL / 2));
    let some = |style: Style| (0..50).map(move |seed| counts(style, seed));
    assert!(some(Style::Scattered).any(|(done, _)| done < ALL / 8));
    assert!(some(Style::Scattered).any(|(done, _)| done > ALL - ALL / 8));
    assert!(some(Style::ScatteredWeak).all(|(done, weak)| done > 0 && weak > 0 && done + weak < ALL));
}

#[test]
fn a_prefix_is_whole_bytes_and_a_part_of_one_and_a_suffix_the_same_from_the_end() {
    for style in [Style::Prefix, Style::Suffix] {
        let (mut stops, mut parts) = (BTreeSet::new(), BTreeSet::<u8>::new());
        for seed in 0..200 {
            let (mut done, weak) = interrupted(style, seed);
            if style == Style::Suffix {
                done.reverse();
            }
            let whole = done.iter().take_while(|byte| **byte == 0xFF).count();
            assert!(done.iter().skip(whole + 1).all(|byte| *byte == 0), "{done:?}");
            assert_eq!(count(&weak), 0);
            stops.insert(whole);
            parts.extend(done.get(whole));
        }
        assert!(stops.len() > 80, "it stops at many places: {stops:?}");
        assert!(parts.len() > 80, "and within bytes: {parts:?}");
    }
}

#[test]
fn one_weak_bit_can_be_any_bit() {
    let bits: BTreeSet<_> = (0..20_000).map(|seed| interrupted_byte(Style::OnlyOneWeak, seed)).collect();
    assert_eq!(bits.len(), 8);
}

fn interrupted_byte(style: Style, seed: u64) -> u8 {
    let mut flash = Flash::erased(1, 1);
    flash.interrupt_program(0, &[0x00], Outcome::new(style, seed));
    flash.weak_bits(0)
}

#[test]
fn an_erase_that_only_preprogrammed_leaves_strong_zeros() {
    let mut flash = used(&[0x0F], &[0xFF], &[]);
    flash.interrupt_erase(SECTOR, Outcome::new(Style::Preprogrammed, 0));
    let bits = Bits::of(&flash);
    assert!((SECTOR_BYTES..2 * SECTOR_BYTES).all(|at| bits.strong_zeros(at) == 0xFF));
    assert_eq!(bits.ones[2 * SECTOR_BYTES], 0x5A);
}

#[test]
fn an_interrupted_erase_can_weaken_bits_that_were_1() {
    let mut flash = Flash::erased(1, 1);
    flash.interrupt_erase(0, Outcome::new(Style::AllWeak, 0));
    assert_eq!(flash.weak_count(), 8 * SECTOR_BYTES);
}

#[test]
fn an_erase_that_was_done_before_anyone_knew_is_a_complete_erase() {
    let mut flash = used(&[0x0F; 8], &[0x3C; 8], &[]);
    let mut whole = flash.clone();
    whole.erase_sector(SECTOR);
    flash.interrupt_erase(SECTOR, Outcome::new(Style::AllDone, 0));
    assert_eq!(Bits::of(&flash), Bits::of(&whole));
}

#[test]
fn the_seed_of_an_outcome_decides_what_its_weak_bits_read() {
    let reads = |seed| {
        let mut flash = Flash::erased(1, 1);
        flash.interrupt_program(0, &[0x00; 32], Outcome::new(Style::AllWeak, seed));
        bytes::<32>(&mut flash, 0)
    };
    assert_eq!(reads(1), reads(1));
    assert_ne!(reads(1), reads(2));
    let erased = |seed| {
        let mut flash = Flash::erased(1, 1);
        flash.interrupt_erase(0, Outcome::new(Style::AllWeak, seed));
        bytes::<32>(&mut flash, 0)
    };
    assert_ne!(erased(1), erased(2));
}

#[test]
fn outcomes_are_written_so_that_they_can_be_repeated() {
    assert_eq!(Outcome::new(Style::ScatteredWeak, 17).to_string(), "scattered-weak/17");
    assert_eq!(Outcome::new(Style::Jump(8), 0).to_string(), "jump-8/0");
}
