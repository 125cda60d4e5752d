//! The manners of a NOR flash, in memory and in a file.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use def_sim::{FileFlash, Flash, FlashError, PAGE_BYTES, SECTOR_BYTES, WeakReads};
use embedded_storage::nor_flash::{MultiwriteNorFlash, NorFlash};
use proptest::{collection::vec, prelude::*};
use support::{Bits, bytes, contents};

const SECTORS: usize = 3;
const CAPACITY: usize = SECTORS * SECTOR_BYTES;

#[derive(Clone, Debug)]
enum Step {
    Write(usize, Vec<u8>),
    Erase(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (0..CAPACITY, vec(any::<u8>(), 0..700)).prop_map(|(at, mut data)| {
        data.truncate(CAPACITY - at);
        Step::Write(at, data)
    });
    let erase = (0..=SECTORS, 0..=SECTORS).prop_map(|(a, b)| Step::Erase(a.min(b), a.max(b)));
    vec(prop_oneof![4 => write, 1 => erase], 1..24)
}

/// Runs the steps beside an array in which programs are ANDed and erases fill.
fn behaves_as_nor<F: MultiwriteNorFlash<Error = FlashError>>(flash: &mut F, steps: &[Step]) {
    let mut model = vec![0xFF; CAPACITY];
    for step in steps {
        match step {
            Step::Write(at, data) => {
                flash.write(*at as u32, data).unwrap();
                model[*at..].iter_mut().zip(data).for_each(|(cell, data)| *cell &= data);
            }
            Step::Erase(from, to) => {
                let (from, to) = (from * SECTOR_BYTES, to * SECTOR_BYTES);
                flash.erase(from as u32, to as u32).unwrap();
                model[from..to].fill(0xFF);
            }
        }
        assert!(contents(flash) == model, "after {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn programs_only_clear_bits_and_erases_only_set_them(steps in steps()) {
        behaves_as_nor(&mut Flash::erased(SECTORS, 1), &steps);
    }

    #[test]
    fn a_flash_in_a_file_has_the_same_manners_and_keeps_its_contents(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flash");
        let mut flash = FileFlash::open(&path, CAPACITY as u64).unwrap();
        behaves_as_nor(&mut flash, &steps);
        let before = contents(&mut flash);
        drop(flash);
        prop_assert!(contents(&mut FileFlash::open(&path, CAPACITY as u64).unwrap()) == before);
    }

    #[test]
    fn a_copy_and_its_origin_do_not_see_each_others_changes(before in steps(), here in steps(), there in steps()) {
        let mut origin = Flash::erased(SECTORS, 1);
        for step in &before {
            apply(&mut origin, step);
        }
        let snapshot = contents(&mut origin);
        let mut copy = origin.clone();
        here.iter().for_each(|step| apply(&mut origin, step));
        prop_assert!(contents(&mut copy) == snapshot);
        let changed = contents(&mut origin);
        there.iter().for_each(|step| apply(&mut copy, step));
        prop_assert!(contents(&mut origin) == changed);
    }
}

fn apply(flash: &mut Flash, step: &Step) {
    match step {
        Step::Write(at, data) => flash.write(*at as u32, data).unwrap(),
        Step::Erase(from, to) => {
            flash.erase((from * SECTOR_BYTES) as u32, (to * SECTOR_BYTES) as u32).unwrap();
        }
    }
}

#[test]
fn what_ends_behind_the_part_or_is_not_whole_sectors_is_refused() {
    fn check(flash: &mut impl NorFlash<Error = FlashError>) {
        let end = CAPACITY as u32;
        assert_eq!(flash.write(end - 1, &[0, 0]), Err(FlashError::OutOfBounds));
        assert_eq!(flash.read(end, &mut [0]), Err(FlashError::OutOfBounds));
        assert_eq!(flash.erase(0, end + 4096), Err(FlashError::OutOfBounds));
        assert_eq!(flash.erase(4096, 0), Err(FlashError::OutOfBounds));
        assert_eq!(flash.erase(1, 4096), Err(FlashError::NotAligned));
        assert_eq!(flash.erase(0, 4095), Err(FlashError::NotAligned));
        assert!(contents(flash).iter().all(|byte| *byte == 0xFF));
        assert_eq!(flash.write(end - 1, &[0]), Ok(()));
        assert_eq!(flash.erase(0, end), Ok(()));
    }
    let folder = tempfile::tempdir().unwrap();
    check(&mut Flash::erased(SECTORS, 1));
    check(&mut FileFlash::open(folder.path().join("flash"), CAPACITY as u64).unwrap());
}

#[test]
#[should_panic(expected = "a program stays within a page")]
fn one_program_does_not_cross_a_page_border() {
    Flash::erased(1, 1).program(PAGE_BYTES as u32 - 1, &[0, 0]);
}

/// What sixty-four reads of the first byte give: bits that were ever 1, bits that were always 1.
fn many_reads(flash: &mut Flash) -> (u8, u8) {
    (0..64).fold((0, 0xFF), |(ever, always), _| {
        let [byte] = bytes(flash, 0);
        (ever | byte, always & byte)
    })
}

#[test]
fn weak_bits_read_both_values_and_the_others_one() {
    for reads in [WeakReads::Even, WeakReads::MostlyOnes, WeakReads::MostlyZeros] {
        let mut flash = Flash::erased(1, 7);
        flash.write(0, &[0b1111_0000]).unwrap();
        flash.weaken(0, &[0b0011_1100]);
        flash.set_weak_reads(reads);
        assert_eq!(many_reads(&mut flash), (0b1111_1100, 0b1100_0000), "{reads:?}");
        assert_eq!((flash.weak_bits(0), flash.weak_count()), (0b0011_1100, 4));
    }
}

#[test]
fn an_adversarys_weak_bits_read_one_way_until_told_otherwise() {
    let mut flash = Flash::erased(1, 7);
    flash.weaken(0, &[0x0F]);
    flash.set_weak_reads(WeakReads::Ones);
    assert_eq!(many_reads(&mut flash), (0xFF, 0xFF));
    flash.set_weak_reads(WeakReads::Zeros);
    assert_eq!(many_reads(&mut flash), (0xF0, 0xF0));
}

#[test]
fn a_weak_bit_settles_when_programmed_to_0_and_not_when_programmed_to_1() {
    let mut flash = Flash::erased(1, 7);
    flash.weaken(0, &[0b0000_1111]);
    flash.write(0, &[0b1111_0011]).unwrap();
    assert_eq!(many_reads(&mut flash), (0b1111_0011, 0b1111_0000));
    flash.write(0, &[0b1111_0000]).unwrap();
    assert_eq!(many_reads(&mut flash), (0b1111_0000, 0b1111_0000));
    assert_eq!(flash.weak_count(), 0);
}

#[test]
fn a_complete_erase_settles_every_weak_bit_of_its_sector_and_no_other() {
    let mut flash = Flash::erased(2, 7);
    flash.weaken(0, &[0xFF; 2]);
    flash.weaken(SECTOR_BYTES as u32, &[0x01]);
    flash.erase(0, SECTOR_BYTES as u32).unwrap();
    assert_eq!(many_reads(&mut flash), (0xFF, 0xFF));
    assert_eq!(flash.weak_count(), 1);
}

#[test]
fn the_same_seed_reads_weak_bits_the_same_and_a_new_one_otherwise() {
    let mut flash = Flash::erased(1, 7);
    flash.weaken(0, &[0xFF; 32]);
    let mut copy = flash.clone();
    let first: [u8; 32] = bytes(&mut flash, 0);
    assert_eq!(bytes(&mut copy, 0), first);
    copy.reseed(8);
    assert_ne!(bytes(&mut copy, 0), first);
    copy.reseed(7);
    assert_eq!(bytes(&mut copy, 0), first);
}

#[test]
fn a_failed_cell_stays_1_after_an_erase_as_before() {
    let mut flash = Flash::erased(1, 7);
    flash.write(1, &[0x00]).unwrap();
    flash.fail_cells(0, &[0b0000_0110, 0b0000_0001]);
    flash.write(0, &[0x00, 0x00]).unwrap();
    assert_eq!(bytes(&mut flash, 0), [0b0000_0110, 0x00], "what was 0 when it failed is 0");
    flash.erase(0, SECTOR_BYTES as u32).unwrap();
    flash.write(0, &[0x00, 0x00]).unwrap();
    assert_eq!(bytes(&mut flash, 0), [0b0000_0110, 0b0000_0001]);
}

#[test]
fn rot_flips_the_bits_of_its_mask_both_ways_and_crosses_sectors() {
    let mut flash = Flash::erased(2, 7);
    let at = SECTOR_BYTES as u32 - 1;
    flash.write(at, &[0x0F]).unwrap();
    flash.rot(at, &[0b0001_1000, 0x01]);
    assert_eq!(bytes(&mut flash, at), [0b0001_0111, 0xFE]);
    assert_eq!(Bits::of(&flash).weak(at as usize), 0);
}
