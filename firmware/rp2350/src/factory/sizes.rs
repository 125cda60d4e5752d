//! Whether the program keeps within what the board gives it.

use std::fmt;

use object::{Object, ObjectSection, SectionFlags, elf};

use super::image::ImageFault;

/// The most that the program and its constants may take, in bytes: 352 KiB, a third of a slot.
///
/// The aim was 192 KiB; ADR 0008 says what it would take, and why the program is built for speed where it counts.
pub const TEXT_LIMIT: u64 = 352 << 10;
/// What was aimed at.
pub const TEXT_AIM: u64 = 192 << 10;

/// The most that static memory may take, in bytes (D16).
pub const RAM_LIMIT: u64 = 256 << 10;

/// What a linked program takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// In the slot: program, constants, and the first values of variables.
    pub text: u64,
    /// In RAM, before any stack.
    pub ram: u64,
}

impl Sizes {
    /// Of a linked program.
    pub fn of(elf: &[u8]) -> Result<Self, ImageFault> {
        let file = object::File::parse(elf).map_err(|fault| ImageFault::NotElf(fault.to_string()))?;
        let mut sizes = Self::default();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            if sh_flags.0 & elf::SHF_ALLOC.0 == 0 {
                continue;
            }
            let holds = section.file_range().is_some_and(|(_, length)| length > 0);
            sizes.text += if holds { section.size() } else { 0 };
            sizes.ram += if sh_flags.0 & elf::SHF_WRITE.0 != 0 { section.size() } else { 0 };
        }
        Ok(sizes)
    }

    /// Whether both are within their limits.
    pub const fn fit(&self) -> bool {
        self.text <= TEXT_LIMIT && self.ram <= RAM_LIMIT
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, ram } = self;
        write!(f, "text {text} bytes of {TEXT_LIMIT} (aim {TEXT_AIM}), static RAM {ram} bytes of {RAM_LIMIT}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_fits_up_to_both_limits() {
        let most = Sizes { text: TEXT_LIMIT, ram: RAM_LIMIT };
        assert!(most.fit());
        assert!(!Sizes { text: TEXT_LIMIT + 1, ..most }.fit());
        assert!(!Sizes { ram: RAM_LIMIT + 1, ..most }.fit());
    }

    #[test]
    fn what_is_no_program_has_no_size() {
        assert!(matches!(Sizes::of(b"MZ"), Err(ImageFault::NotElf(_))));
    }
}
