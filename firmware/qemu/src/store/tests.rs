use std::{collections::BTreeSet, rc::Rc, vec, vec::Vec};

use embedded_storage::nor_flash::{ErrorType, NorFlashErrorKind, ReadNorFlash};
use proptest::prelude::*;

use super::*;

/// A flash whose power fails after so many bytes, in the middle of whatever goes on then.
#[derive(Clone, Debug)]
struct Cut(Rc<RefCell<Cells>>);

#[derive(Clone, Debug)]
struct Cells {
    bytes: Vec<u8>,
    /// Bytes until the power fails; each byte of a program and each of an erase is one.
    left: Option<u64>,
    /// What a cell becomes in whose program or erase the power fails.
    torn: u8,
}

impl Cut {
    fn new() -> Self {
        Self(Rc::new(RefCell::new(Cells { bytes: vec![0xFF; 3 * 4096], left: None, torn: 0 })))
    }

    fn fails_after(&self, bytes: u64, torn: u8) {
        let mut cells = self.0.borrow_mut();
        (cells.left, cells.torn) = (Some(bytes), torn);
    }

    fn power_comes(&self) -> Keeper<Self> {
        self.0.borrow_mut().left = None;
        Keeper::open(self.clone())
    }

    fn each(
        &self,
        from: usize,
        values: impl Iterator<Item = u8>,
        erases: bool,
    ) -> Result<(), NorFlashErrorKind> {
        let mut cells = self.0.borrow_mut();
        for (offset, value) in values.enumerate() {
            let torn = cells.torn;
            match &mut cells.left {
                Some(0) => {
                    let cell = &mut cells.bytes[from + offset];
                    // Bits on their way: a program clears some of them, an erase sets some.
                    *cell = if erases { *cell | torn } else { *cell & (value | torn) };
                    return Err(NorFlashErrorKind::Other);
                }
                Some(left) => *left -= 1,
                None => {}
            }
            let cell = &mut cells.bytes[from + offset];
            *cell = if erases { 0xFF } else { *cell & value };
        }
        Ok(())
    }
}

impl ErrorType for Cut {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Cut {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let cells = self.0.borrow();
        if cells.left == Some(0) {
            return Err(NorFlashErrorKind::Other);
        }
        bytes.copy_from_slice(&cells.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        3 * 4096
    }
}

impl NorFlash for Cut {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.each(from as usize, core::iter::repeat_n(0xFF, (to - from) as usize), true)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        self.each(offset as usize, bytes.iter().copied(), false)
    }
}

fn count(keeper: &Keeper<Cut>) -> Result<u64, StoreFault> {
    keeper.change(|kept| kept.counter += 1).map(|kept| kept.counter)
}

#[test]
fn a_new_flash_has_no_key_no_clock_and_counts_from_0() {
    assert_eq!(Cut::new().power_comes().state(), Ok(Kept::default()));
}

#[test]
fn what_was_changed_is_there_at_the_next_start_over_many_sectors() {
    let flash = Cut::new();
    let mut keeper = flash.power_comes();
    keeper.change(|kept| (kept.key, kept.clock) = (Some([3; 32]), Some(-5))).unwrap();
    for expected in 1..=1_000 {
        assert_eq!(count(&keeper), Ok(expected));
        if expected % 7 == 0 {
            keeper = flash.power_comes();
        }
    }
    let state = Kept { key: Some([3; 32]), counter: 1_000, clock: Some(-5) };
    assert_eq!(flash.power_comes().state(), Ok(state));
}

#[test]
fn a_cut_at_any_byte_of_two_sectors_leaves_the_state_before_or_after() {
    // The last entries of the first sector, the second one's erase, and its first entries.
    let cuts = (0..200).chain((200..4_280).step_by(97)).chain(4_280..4_500);
    let begun = Cut::new();
    let keeper = begun.power_comes();
    for _ in 0..60 {
        count(&keeper).unwrap();
    }
    let mut outcomes = BTreeSet::new();
    for torn in [0x00, 0x55, 0xFF] {
        for bytes in cuts.clone() {
            let flash = Cut(Rc::new(RefCell::new(begun.0.borrow().clone())));
            let keeper = flash.power_comes();
            flash.fails_after(bytes, torn);
            let mut answered = 60;
            while let Ok(counter) = count(&keeper) {
                answered = counter;
            }
            let found = flash.power_comes().state().unwrap();
            assert!([answered, answered + 1].contains(&found.counter), "{bytes} {torn}: {found:?}");
            outcomes.insert(found.counter - answered);
            assert_eq!(flash.power_comes().state(), Ok(found), "{bytes} {torn}: decided again");
        }
    }
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}

#[test]
fn starts_that_are_cut_again_and_again_lose_nothing() {
    let flash = Cut::new();
    let keeper = flash.power_comes();
    keeper.change(|kept| kept.key = Some([9; 32])).unwrap();
    let state = keeper.state().unwrap();
    for bytes in 0..1_000 {
        flash.0.borrow_mut().left = None;
        flash.fails_after(bytes % 67, 0x3C);
        let _ = Keeper::open(flash.clone());
    }
    assert_eq!(flash.power_comes().state(), Ok(state));
}

#[test]
fn a_first_start_that_is_cut_again_and_again_begins_anew() {
    let flash = Cut::new();
    for bytes in 0..200 {
        flash.fails_after(bytes % 64, 0x3C);
        let _ = Keeper::open(flash.clone());
    }
    assert_eq!(flash.power_comes().state(), Ok(Kept::default()));
}

/// An element that counted so far, with a bit flipped in every entry that it wrote.
fn damaged(counter: u64, bit: usize) -> Cut {
    let flash = Cut::new();
    let keeper = flash.power_comes();
    for _ in 0..counter {
        count(&keeper).unwrap();
    }
    for entry in flash.0.borrow_mut().bytes.chunks_mut(LENGTH).filter(|entry| **entry != BLANK) {
        entry[bit / 8 % LENGTH] ^= 1 << (bit % 8);
    }
    flash
}

#[test]
fn entries_that_are_all_damaged_are_no_new_element_in_either_sector() {
    for counter in [1, 62, 63, 64, 200] {
        for bit in (0..LENGTH * 8).step_by(13) {
            let keeper = damaged(counter, bit).power_comes();
            assert_eq!(keeper.state(), Err(StoreFault::Damaged), "{counter} {bit}");
            assert_eq!(count(&keeper), Err(StoreFault::Damaged));
        }
    }
}

#[test]
fn a_start_does_not_make_damaged_entries_good() {
    let flash = damaged(10, 3);
    for _ in 0..2 {
        assert_eq!(flash.power_comes().state(), Err(StoreFault::Damaged));
    }
}

proptest! {
    #[test]
    fn cuts_anywhere_one_after_the_other_never_take_back_what_was_answered(
        cuts in prop::collection::vec((0_u64..6_000, any::<u8>()), 1..30),
    ) {
        let flash = Cut::new();
        let mut answered = 0;
        for (bytes, torn) in cuts {
            let keeper = flash.power_comes();
            let found = keeper.state().unwrap().counter;
            prop_assert!(found == answered || found == answered + 1);
            answered = found;
            flash.fails_after(bytes, torn);
            while let Ok(counter) = count(&keeper) {
                answered = counter;
            }
        }
    }
}
