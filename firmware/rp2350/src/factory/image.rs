//! From the linked program to the bytes of a slot.

use object::read::elf::{ElfFile32, ProgramHeader};

use crate::{
    layout::SLOT_BYTES,
    picobin::{ImageDef, PicobinFault},
};

/// Where the boot ROM maps the slot that runs.
pub const MAPPED_AT: u32 = 0x1000_0000;

/// The image of a firmware: what a slot holds from its begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
    definition: ImageDef,
}

impl Image {
    /// From the linked program, signed or not (`picotool seal` takes and makes one).
    pub fn from_elf(elf: &[u8]) -> Result<Self, ImageFault> {
        let file = ElfFile32::<object::Endianness>::parse(elf)
            .map_err(|fault| ImageFault::NotElf(fault.to_string()))?;
        let endian = file.endian();
        let mut bytes = Vec::new();
        for header in file.elf_program_headers() {
            let length = header.p_filesz(endian) as usize;
            if header.p_type(endian) != object::elf::PT_LOAD || length == 0 {
                continue;
            }
            let address = header.p_paddr(endian);
            let data =
                header.data(endian, elf).map_err(|()| ImageFault::NotElf("a segment is cut off".into()))?;
            let at = address.checked_sub(MAPPED_AT).ok_or(ImageFault::Elsewhere(address))? as usize;
            let end = at + length;
            if end > SLOT_BYTES as usize {
                return Err(ImageFault::Elsewhere(address));
            }
            if bytes.len() < end {
                bytes.resize(end, 0xFF);
            }
            bytes[at..end].copy_from_slice(data);
        }
        Self::from_bytes(bytes)
    }

    /// From a slot's bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ImageFault> {
        let definition = ImageDef::find_in(&bytes)?;
        Ok(Self { bytes, definition })
    }

    /// The same, to be started on trial: what an update sends. The flag is not part of what is signed
    /// (`varm_blocks.c`), so that one signature serves both.
    pub fn for_trial(mut self) -> Self {
        let (at, flag) = self.definition.trial_flag();
        self.bytes[at as usize] |= flag;
        self.definition.image_type |= u16::from(flag) << 8;
        self
    }

    /// As a slot holds it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says of itself.
    pub const fn definition(&self) -> &ImageDef {
        &self.definition
    }
}

/// Why a program is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    /// The file.
    #[error("this is no linked program for the board ({0}): build it for thumbv8m.main-none-eabihf")]
    NotElf(String),
    /// A part of it lies outside the slot.
    #[error("the program has a part at {0:#010x}, outside the slot's 983,040 bytes: link it with memory.x")]
    Elsewhere(u32),
    /// No block of the boot ROM.
    #[error(transparent)]
    Picobin(#[from] PicobinFault),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picobin::OWN_BLOCK;

    /// An ELF file for Arm with segments at these addresses.
    pub(crate) fn elf(segments: &[(u32, &[u8])]) -> Vec<u8> {
        let mut file = vec![0; 52];
        file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
        let half =
            |file: &mut [u8], at: usize, value: u16| file[at..at + 2].copy_from_slice(&value.to_le_bytes());
        half(&mut file, 16, 2); // executable
        half(&mut file, 18, 40); // Arm
        file[20] = 1; // version
        file[28] = 52; // program headers
        half(&mut file, 40, 52);
        half(&mut file, 42, 32);
        half(&mut file, 44, segments.len() as u16);
        half(&mut file, 46, 40);
        let mut at = 52 + 32 * segments.len() as u32;
        for (address, data) in segments {
            let length = data.len() as u32;
            for word in [1, at, *address, *address, length, length, 5, 4] {
                file.extend(word.to_le_bytes());
            }
            at += length;
        }
        segments.iter().for_each(|(_, data)| file.extend(*data));
        file
    }

    fn own_block() -> Vec<u8> {
        OWN_BLOCK.map(u32::to_le_bytes).concat()
    }

    #[test]
    fn segments_lie_in_the_image_as_in_the_slot() {
        let image =
            Image::from_elf(&elf(&[(MAPPED_AT + 0x200, &[1, 2, 3]), (MAPPED_AT, &own_block())])).unwrap();
        assert_eq!(image.bytes().len(), 0x203);
        assert_eq!(&image.bytes()[..36], own_block());
        assert_eq!(&image.bytes()[36..0x200], vec![0xFF; 0x200 - 36]);
        assert_eq!(&image.bytes()[0x200..], [1, 2, 3]);
    }

    #[test]
    fn what_lies_outside_the_slot_is_refused() {
        let last = MAPPED_AT + SLOT_BYTES - 1;
        assert!(Image::from_elf(&elf(&[(MAPPED_AT, &own_block()), (last, &[1])])).is_ok());
        for address in [last + 1, MAPPED_AT - 1, 0x2000_0000, 0, u32::MAX] {
            let file = elf(&[(MAPPED_AT, &own_block()), (address, &[1])]);
            assert_eq!(Image::from_elf(&file), Err(ImageFault::Elsewhere(address)));
        }
    }

    #[test]
    fn a_program_without_a_block_is_no_image() {
        assert_eq!(
            Image::from_elf(&elf(&[(MAPPED_AT, &[0; 64])])),
            Err(ImageFault::Picobin(PicobinFault::NoBlock))
        );
        assert!(matches!(Image::from_elf(b"MZ"), Err(ImageFault::NotElf(_))));
    }

    #[test]
    fn an_image_for_a_trial_differs_in_one_bit() {
        let image = Image::from_bytes(own_block()).unwrap();
        let trial = image.clone().for_trial();
        let bits: u32 = image.bytes().iter().zip(trial.bytes()).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!(bits, 1);
        assert_eq!(ImageDef::find_in(trial.bytes()).as_ref(), Ok(trial.definition()));
        assert!(trial.definition().is_on_trial() && !image.definition().is_on_trial());
        assert_eq!(trial.clone().for_trial(), trial);
    }
}
