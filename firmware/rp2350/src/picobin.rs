//! The blocks by which the boot ROM knows an image ("picobin": datasheet 5.9, pico-sdk `boot/picobin.h`).
//!
//! A block is words: a begin mark, items, a last item with the length of the others, the distance to the next block in
//! bytes, an end mark. Blocks form a loop; the first begins within the image's first 4,096 bytes. An item's low byte is
//! its kind, the next one or two its length in words. Of an image's definitions the ROM takes the last that it accepts:
//! a tool that signs an image appends one.

use crate::version::{FIRMWARE, ROLLBACK};

/// The definition of an image, in the loop where the boot ROM finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageDef {
    /// Where its item of the image's type is, in bytes from the image's begin. A multiple of 4.
    pub type_at: u32,
    /// What kind of image it is, and the flags.
    pub image_type: u16,
    /// The build number: major and minor version as one.
    pub build: Option<u32>,
    /// The rollback version.
    pub rollback: Option<u16>,
}

/// The flag by which an image is started on trial only, and only by an update restart ("try before you buy").
pub const TRIAL_FLAG: u16 = 0x8000;

/// An executable, secure, Arm, for the RP2350.
pub const EXECUTABLE: u16 = 0x1021;

const BEGIN: u32 = 0xFFFF_DED3;
const END: u32 = 0xAB12_3579;
const ITEM_IMAGE_TYPE: u8 = 0x42;
const ITEM_VERSION: u8 = 0x48;
const ITEM_LAST: u8 = 0xFF;
/// The image's type and the flag are in the upper half of their item.
const TYPE_SHIFT: u32 = 16;

/// Where the first block begins at the latest, in bytes.
const FIRST_WITHIN: u32 = 4_096;
/// How many words a block has at most (`PICOBIN_MAX_BLOCK_SIZE`).
const BLOCK_WORDS: u32 = 0x280 / 4;
/// How many blocks a loop has at most. The ROM has no such bound; signing tools make two.
const LOOP_BLOCKS: usize = 16;

/// Where the rollback version is counted: `DEFAULT_BOOT_VERSION0` and `DEFAULT_BOOT_VERSION1`.
const ROLLBACK_ROWS: [u16; 2] = [0x4E, 0x51];

impl ImageDef {
    /// Whether it starts on trial only.
    pub const fn is_on_trial(&self) -> bool {
        self.image_type & TRIAL_FLAG != 0
    }

    /// Whether it is a program for this board.
    pub const fn is_executable(&self) -> bool {
        self.image_type & !TRIAL_FLAG == EXECUTABLE
    }

    /// Which byte of the image has the flag of the trial, and the flag in it.
    pub const fn trial_flag(&self) -> (u32, u8) {
        (self.type_at + 3, (TRIAL_FLAG >> 8) as u8)
    }

    /// Finds the definition in an image of which `word` gives the word at an offset, none behind its end.
    pub fn find(mut word: impl FnMut(u32) -> Option<u32>) -> Result<Self, PicobinFault> {
        let mut reader = Reader { word: &mut word };
        let first =
            (0..FIRST_WITHIN).step_by(4).find(|at| reader.block(*at).is_ok()).ok_or(PicobinFault::NoBlock)?;
        let (mut at, mut found) = (first, None);
        for _ in 0..LOOP_BLOCKS {
            let block = reader.block(at)?;
            found = block.image.filter(Self::is_executable).or(found);
            at = block.next;
            if at == first {
                return found.ok_or(PicobinFault::NoImage);
            }
        }
        Err(PicobinFault::BrokenLoop)
    }

    /// The same in bytes.
    pub fn find_in(image: &[u8]) -> Result<Self, PicobinFault> {
        Self::find(|at| {
            let word = image.get(at as usize..)?.first_chunk()?;
            Some(u32::from_le_bytes(*word))
        })
    }
}

struct Block {
    image: Option<ImageDef>,
    next: u32,
}

struct Reader<'r, W> {
    word: &'r mut W,
}

impl<W: FnMut(u32) -> Option<u32>> Reader<'_, W> {
    fn word(&mut self, at: u32) -> Result<u32, PicobinFault> {
        (self.word)(at).ok_or(PicobinFault::BrokenBlock)
    }

    /// The block that begins at an offset.
    fn block(&mut self, begin: u32) -> Result<Block, PicobinFault> {
        if self.word(begin)? != BEGIN {
            return Err(PicobinFault::BrokenBlock);
        }
        let (mut image_type, mut version) = (None, (None, None));
        let mut words = 1;
        while words < BLOCK_WORDS {
            let at = begin + words * 4;
            let item = self.word(at)?;
            let length = length(item);
            match item as u8 {
                ITEM_LAST => {
                    let next = self.word(at + 4)?;
                    if length != words - 1 || self.word(at + 8)? != END || !next.is_multiple_of(4) {
                        return Err(PicobinFault::BrokenBlock);
                    }
                    let (build, rollback) = version;
                    let image = image_type.map(|(type_at, image_type)| ImageDef {
                        type_at,
                        image_type,
                        build,
                        rollback,
                    });
                    return Ok(Block { image, next: begin.wrapping_add(next) });
                }
                ITEM_IMAGE_TYPE => image_type = Some((at, (item >> TYPE_SHIFT) as u16)),
                ITEM_VERSION => version = self.version(at, item)?,
                _ => {}
            }
            if length == 0 {
                return Err(PicobinFault::BrokenBlock);
            }
            words += length;
        }
        Err(PicobinFault::BrokenBlock)
    }

    fn version(&mut self, at: u32, item: u32) -> Result<(Option<u32>, Option<u16>), PicobinFault> {
        let build = self.word(at + 4)?;
        let rows = item >> 24;
        let rollback = if rows > 0 { Some(self.word(at + 8)? as u16) } else { None };
        Ok((Some(build), rollback))
    }
}

/// An item's length in words; kinds from 0x80 on have two bytes for it.
const fn length(item: u32) -> u32 {
    if item & 0x80 != 0 { item >> 8 & 0xFFFF } else { item >> 8 & 0xFF }
}

/// How many words the block of this firmware has.
pub const OWN_BLOCK_WORDS: usize = 9;

/// The block of this firmware: its definition, alone in its loop. A tool that signs it links its own behind.
pub const OWN_BLOCK: [u32; OWN_BLOCK_WORDS] = block(FIRMWARE.build, ROLLBACK);

const fn block(build: u32, rollback: u16) -> [u32; OWN_BLOCK_WORDS] {
    let [first, second] = ROLLBACK_ROWS;
    let rows = ROLLBACK_ROWS.len() as u32;
    let version_words = 2 + (1 + rows).div_ceil(2);
    let items = 1 + version_words;
    [
        BEGIN,
        (EXECUTABLE as u32) << TYPE_SHIFT | 1 << 8 | ITEM_IMAGE_TYPE as u32,
        rows << 24 | version_words << 8 | ITEM_VERSION as u32,
        build,
        (first as u32) << 16 | rollback as u32,
        second as u32,
        items << 8 | ITEM_LAST as u32,
        0,
        END,
    ]
}

/// Why an image's definition is not found. The boot ROM would not start such an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PicobinFault {
    /// The image does not begin as one.
    #[error("the first 4,096 bytes have no block of the boot ROM: this is no image for the RP2350")]
    NoBlock,
    /// It begins as one, and its blocks lead nowhere.
    #[error("a block of the image is cut off or damaged: build and sign the image again")]
    BrokenBlock,
    /// The blocks do not come back to the first.
    #[error("the image's blocks form no loop of at most 16: build and sign the image again")]
    BrokenLoop,
    /// No block defines a program for this board.
    #[error("no block defines a secure Arm program for the RP2350: build the image for the board")]
    NoImage,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// A block of an image's type only, linked to another one.
    fn plain(image_type: u16, next: i32) -> Vec<u32> {
        let item = u32::from(image_type) << 16 | 0x142;
        vec![BEGIN, item, 0x0000_01FF, next as u32, END]
    }

    #[test]
    fn the_own_block_says_what_the_firmware_is() {
        let image = [vec![0; 0x110 / 4], OWN_BLOCK.to_vec()].concat();
        let expected = ImageDef {
            type_at: 0x114,
            image_type: EXECUTABLE,
            build: Some(FIRMWARE.build),
            rollback: Some(ROLLBACK),
        };
        assert_eq!(ImageDef::find_in(&bytes(&image)), Ok(expected));
        assert!(expected.is_executable() && !expected.is_on_trial());
    }

    #[test]
    fn the_own_block_has_the_bytes_of_the_datasheet() {
        // 5.9.5: 42 01 21 10 is a secure Arm executable; 48, four words, two rows; build 0x00010006 is version 1.6.
        let expected = [
            0xD3, 0xDE, 0xFF, 0xFF, 0x42, 0x01, 0x21, 0x10, 0x48, 0x04, 0x00, 0x02, 0x06, 0x00, 0x01, 0x00,
            0x03, 0x00, 0x4E, 0x00, 0x51, 0x00, 0x00, 0x00, 0xFF, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x79, 0x35, 0x12, 0xAB,
        ];
        assert_eq!(bytes(&block(0x0001_0006, 3)), expected);
    }

    #[test]
    fn of_two_definitions_the_last_in_the_loop_counts() {
        let mut image = [plain(EXECUTABLE, 40), vec![0; 5]].concat();
        image.extend(plain(EXECUTABLE | TRIAL_FLAG, -40));
        let found = ImageDef::find_in(&bytes(&image)).unwrap();
        assert!(found.is_on_trial() && found.is_executable());
        assert_eq!((found.type_at, found.trial_flag()), (44, (47, 0x80)));
    }

    #[test]
    fn a_definition_for_another_chip_does_not_count() {
        // RISC-V, and an RP2040.
        for other in [0x1101, 0x0001] {
            let image = [plain(EXECUTABLE, 20), plain(other, -20)].concat();
            assert_eq!(ImageDef::find_in(&bytes(&image)).map(|image| image.type_at), Ok(4));
            let image = plain(other, 0);
            assert_eq!(ImageDef::find_in(&bytes(&image)), Err(PicobinFault::NoImage));
        }
    }

    #[test]
    fn a_mark_in_the_program_before_the_block_is_passed_over() {
        let image = [vec![7, BEGIN, 7], plain(EXECUTABLE, 0)].concat();
        assert_eq!(ImageDef::find_in(&bytes(&image)).map(|image| image.type_at), Ok(16));
    }

    #[test]
    fn what_the_boot_rom_would_not_start_is_refused() {
        let late = [vec![0; 1_024], plain(EXECUTABLE, 0)].concat();
        assert_eq!(ImageDef::find_in(&bytes(&late)), Err(PicobinFault::NoBlock));
        assert_eq!(ImageDef::find_in(&[]), Err(PicobinFault::NoBlock));
        assert_eq!(ImageDef::find_in(&[0xFF; 8_192]), Err(PicobinFault::NoBlock));
        let lost = plain(EXECUTABLE, 4_000);
        assert_eq!(ImageDef::find_in(&bytes(&lost)), Err(PicobinFault::BrokenBlock));
        let not_the_first = [plain(EXECUTABLE, 20), plain(EXECUTABLE, 0)].concat();
        assert_eq!(ImageDef::find_in(&bytes(&not_the_first)), Err(PicobinFault::BrokenLoop));
    }

    #[test]
    fn a_block_without_an_end_is_none() {
        let mut image = plain(EXECUTABLE, 0);
        image[4] = 0;
        assert_eq!(ImageDef::find_in(&bytes(&image)), Err(PicobinFault::NoBlock));
        let empty_item = vec![BEGIN, 0x42, 0x0000_01FF, 0, END];
        assert_eq!(ImageDef::find_in(&bytes(&empty_item)), Err(PicobinFault::NoBlock));
    }

    proptest! {
        #[test]
        fn any_bytes_lead_to_an_answer(image in proptest::collection::vec(any::<u32>(), 0..64), at in 0_usize..64) {
            let mut image = image;
            if let Some(word) = image.get_mut(at) {
                *word = BEGIN;
            }
            let _ = ImageDef::find_in(&bytes(&image));
        }

        #[test]
        fn one_changed_word_never_moves_the_flag_out_of_the_image(at in 0..OWN_BLOCK_WORDS, word: u32) {
            let mut image = OWN_BLOCK;
            image[at] = word;
            if let Ok(found) = ImageDef::find_in(&bytes(&image)) {
                prop_assert!((found.trial_flag().0 as usize) < OWN_BLOCK_WORDS * 4);
            }
        }
    }
}
