//! The slots over a model of the flash in the package, and of what the boot ROM then starts.

use super::*;
use crate::{
    layout::FLASH_BYTES,
    picobin::{EXECUTABLE, OWN_BLOCK, TRIAL_FLAG},
    version::FIRMWARE,
};

/// Bits go to 0 by programming and to 1 by erasing only.
struct Model {
    flash: Vec<u8>,
    /// How many more operations the flash does.
    works: usize,
    /// A bit that reads as set every so many times, until it is programmed.
    weak: Option<Weak>,
    restarted: Option<u32>,
    touched: Vec<u32>,
}

struct Weak {
    at: u32,
    flag: u8,
    every: u32,
    reads: u32,
}

impl Model {
    fn new() -> Self {
        let flash = vec![0xFF; FLASH_BYTES as usize];
        Self { flash, works: usize::MAX, weak: None, restarted: None, touched: Vec::new() }
    }

    fn works(&mut self) -> bool {
        let works = self.works > 0;
        self.works = self.works.saturating_sub(1);
        works
    }
}

impl Package for &mut Model {
    fn read(&mut self, at: u32, bytes: &mut [u8]) {
        let at = at as usize;
        bytes.copy_from_slice(&self.flash[at..at + bytes.len()]);
        if let Some(weak) = &mut self.weak
            && let Some(byte) = (weak.at as usize).checked_sub(at).and_then(|nth| bytes.get_mut(nth))
        {
            weak.reads += 1;
            if weak.reads.is_multiple_of(weak.every) {
                *byte |= weak.flag;
            }
        }
    }

    fn erase(&mut self, at: u32) -> bool {
        assert_eq!(at % SECTOR_BYTES, 0);
        self.touched.push(at);
        let at = at as usize;
        self.works() && {
            self.flash[at..at + SECTOR_BYTES as usize].fill(0xFF);
            true
        }
    }

    fn program(&mut self, at: u32, pages: &[u8]) -> bool {
        assert_eq!((at % PAGE_BYTES, pages.len() % PAGE_BYTES as usize), (0, 0));
        self.touched.push(at);
        let at = at as usize;
        self.works() && {
            self.flash[at..].iter_mut().zip(pages).for_each(|(cell, byte)| *cell &= byte);
            self.weak = None;
            true
        }
    }

    fn restart_into(&mut self, at: u32) {
        self.restarted = Some(at);
    }
}

const BLOCK_AT: usize = 0x140;

fn image(build: u32, rollback: u16, trial: bool) -> Vec<u8> {
    let mut block = OWN_BLOCK;
    let flag = if trial { u32::from(TRIAL_FLAG) << 16 } else { 0 };
    (block[1], block[3]) = (block[1] | flag, build);
    block[4] = block[4] & 0xFFFF_0000 | u32::from(rollback);
    let mut image = vec![0x5A; 8_192];
    image[BLOCK_AT..][..36].copy_from_slice(&block.map(u32::to_le_bytes).concat());
    image
}

impl Model {
    fn with(mut self, slot: Slot, image: &[u8]) -> Self {
        self.flash[slot.at() as usize..][..image.len()].copy_from_slice(image);
        self
    }

    /// What the boot ROM starts: the update's slot if it is named and its image whole, else the higher build that is
    /// not on trial, A at equal ones (`varm_flash_boot.c`, `choose_by_tbyb_flash_update_boot_and_version`).
    fn starts(&self, update: Option<u32>) -> Option<Slot> {
        let find =
            |slot: Slot| ImageDef::find_in(&self.flash[slot.at() as usize..][..SLOT_BYTES as usize]).ok();
        let (a, b) = (find(Slot::A), find(Slot::B));
        if let Some(slot) = update.and_then(Slot::from_start)
            && find(slot).is_some()
        {
            return Some(slot);
        }
        let build = |image: Option<ImageDef>| {
            image.filter(|image| !image.is_on_trial()).and_then(|image| image.build)
        };
        match (build(a), build(b)) {
            (None, None) => None,
            (first, second) if second > first => Some(Slot::B),
            _ => Some(Slot::A),
        }
    }
}

fn own() -> Vec<u8> {
    image(FIRMWARE.build, ROLLBACK, false)
}

#[test]
fn a_program_in_no_slot_has_no_other_place() {
    let mut model = Model::new();
    let mut slots = Slots::new(&mut model, 0);
    assert_eq!(slots.capacity(), 0);
    assert!(!slots.on_trial());
    assert_eq!(slots.confirm(), Ok(()));
    assert_eq!(slots.erase(0), Err(SlotFault::NoSlots));
    assert_eq!(slots.write(0, &[0; 256]), Err(SlotFault::NoSlots));
    assert_eq!(slots.read(0, &mut [0]), Err(SlotFault::NoSlots));
    assert_eq!(slots.start_other(), Err(SlotFault::NoSlots));
    assert!(model.touched.is_empty() && model.restarted.is_none());
}

#[test]
fn the_slot_that_runs_is_never_written_by_an_update() {
    for running in [Slot::A, Slot::B] {
        let mut model = Model::new().with(running, &own());
        let mut slots = Slots::new(&mut model, running.at());
        for offset in (0..slots.capacity()).step_by(SECTOR_BYTES as usize) {
            assert_eq!(slots.erase(offset), Ok(()));
            assert_eq!(slots.write(offset, &[0; SECTOR_BYTES as usize]), Ok(()));
        }
        assert_eq!(slots.erase(SLOT_BYTES), Err(SlotFault::Place(PlaceFault::OutOfSlot)));
        assert_eq!(slots.erase(256), Err(SlotFault::Place(PlaceFault::NotAligned)));
        assert_eq!(slots.write(SLOT_BYTES - 256, &[0; 512]), Err(SlotFault::Place(PlaceFault::OutOfSlot)));
        let other = running.other().at();
        assert!(model.touched.iter().all(|at| (other..other + SLOT_BYTES).contains(at)));
        assert_eq!(&model.flash[running.at() as usize..][..8_192], own());
    }
}

#[test]
fn an_update_runs_on_trial_and_stays_when_it_is_confirmed() {
    for running in [Slot::A, Slot::B] {
        let new = image(FIRMWARE.build + 1, ROLLBACK, true);
        let mut model = Model::new().with(running, &own());
        let mut slots = Slots::new(&mut model, running.at());
        assert!(!slots.on_trial());
        for (nth, piece) in new.chunks(4_096).enumerate() {
            slots.erase(nth as u32 * 4_096).unwrap();
            slots.write(nth as u32 * 4_096, piece).unwrap();
        }
        let mut read = vec![0; new.len()];
        slots.read(0, &mut read).unwrap();
        assert_eq!(read, new);
        assert_eq!(slots.start_other(), Ok(()));
        let other = running.other();
        assert_eq!(model.restarted, Some(other.at()));
        assert_eq!(model.starts(model.restarted), Some(other));
        assert_eq!(model.starts(None), Some(running), "whatever ends the trial");

        let mut slots = Slots::new(&mut model, other.at());
        assert!(slots.on_trial());
        assert_eq!(slots.confirm(), Ok(()));
        assert!(!slots.on_trial());
        assert_eq!(model.starts(None), Some(other));
        let kept = &model.flash[other.at() as usize..][..new.len()];
        assert_eq!(kept, image(FIRMWARE.build + 1, ROLLBACK, false), "only the flag changed");
    }
}

#[test]
fn wherever_the_power_fails_in_a_confirmation_one_image_starts() {
    for works in 0..=FLAG_PROGRAMS {
        let mut model =
            Model::new().with(Slot::A, &own()).with(Slot::B, &image(FIRMWARE.build + 1, ROLLBACK, true));
        model.works = works;
        let confirmed = Slots::new(&mut model, Slot::B.at()).confirm();
        assert_eq!(confirmed, if works < FLAG_PROGRAMS { Err(SlotFault::Flash) } else { Ok(()) });
        assert_eq!(model.starts(None), Some(if works == 0 { Slot::A } else { Slot::B }));
        assert!(model.touched.iter().all(|at| at % SECTOR_BYTES != 0), "nothing is erased");
    }
}

#[test]
fn a_flag_that_reads_as_set_now_and_then_is_cleared_again() {
    for every in 1..=16 {
        let mut model = Model::new().with(Slot::B, &image(FIRMWARE.build + 1, ROLLBACK, false));
        let at = Slot::B.at() + BLOCK_AT as u32 + 7;
        model.weak = Some(Weak { at, flag: 0x80, every, reads: 0 });
        let mut slots = Slots::new(&mut model, Slot::B.at());
        assert!(slots.on_trial(), "every {every} reads");
        assert_eq!(slots.confirm(), Ok(()));
        assert!(!slots.on_trial());
        assert_eq!(model.touched.len(), FLAG_PROGRAMS);
    }
}

#[test]
fn a_confirmed_firmware_is_not_written_again() {
    let mut model = Model::new().with(Slot::A, &own());
    assert_eq!(Slots::new(&mut model, Slot::A.at()).confirm(), Ok(()));
    assert!(model.touched.is_empty());
}

#[test]
fn a_flash_that_does_not_clear_the_flag_is_noticed() {
    struct Deaf(Model);
    impl Package for Deaf {
        fn read(&mut self, at: u32, bytes: &mut [u8]) {
            (&mut self.0).read(at, bytes);
        }
        fn erase(&mut self, _: u32) -> bool {
            true
        }
        fn program(&mut self, _: u32, _: &[u8]) -> bool {
            true
        }
        fn restart_into(&mut self, _: u32) {}
    }
    let model = Model::new().with(Slot::A, &image(FIRMWARE.build, ROLLBACK, true));
    assert_eq!(Slots::new(Deaf(model), Slot::A.at()).confirm(), Err(SlotFault::Flash));
}

#[test]
fn what_would_not_start_on_trial_is_not_started() {
    let newer = FIRMWARE.build + 1;
    let cases = [
        (image(newer, ROLLBACK, false), SlotFault::NoTrial),
        (image(FIRMWARE.build, ROLLBACK, true), SlotFault::NotNewer),
        (image(FIRMWARE.build - 1, ROLLBACK, true), SlotFault::NotNewer),
        (image(newer, ROLLBACK - 1, true), SlotFault::RolledBack),
        (vec![0xFF; 8_192], SlotFault::Image(PicobinFault::NoBlock)),
    ];
    for (image, fault) in cases {
        let mut model = Model::new().with(Slot::A, &own()).with(Slot::B, &image);
        assert_eq!(Slots::new(&mut model, Slot::A.at()).start_other(), Err(fault));
        assert_eq!(model.restarted, None);
    }
}

#[test]
fn an_image_that_runs_is_one_for_this_board() {
    assert_eq!(EXECUTABLE, 0x1021);
    let model = Model::new().with(Slot::A, &own());
    assert_eq!(model.starts(None), Some(Slot::A));
}
