//! UF2: the file that the boot ROM's loader takes (github.com/microsoft/uf2; families: pico-sdk `boot/uf2.h`).
//!
//! The crates that write it take the program's segments as they are and know no image of ours; the format is 512 bytes
//! per 256 of image.

/// How many bytes of the image a block has.
pub const PAYLOAD: usize = 256;

/// The length of a block, in bytes.
pub const BLOCK: usize = 512;

/// The family of secure Arm programs for the RP2350. The loader puts such a file into the slot that takes this family
/// and is not the one that would start.
pub const RP2350_ARM_S: u32 = 0xE48B_FF59;

const BEGIN: [u32; 2] = [0x0A32_4655, 0x9E5D_5157];
const END: u32 = 0x0AB1_6F30;
const FAMILY_PRESENT: u32 = 0x2000;

/// A file of an image that begins at an address. The last block is filled with what erased flash reads as.
pub fn write(image: &[u8], address: u32, family: u32) -> Vec<u8> {
    let blocks = image.len().div_ceil(PAYLOAD) as u32;
    let mut file = Vec::with_capacity(blocks as usize * BLOCK);
    for (nth, payload) in (0_u32..).zip(image.chunks(PAYLOAD)) {
        let place = address + nth * PAYLOAD as u32;
        let [first, second] = BEGIN;
        let head = [first, second, FAMILY_PRESENT, place, PAYLOAD as u32, nth, blocks, family];
        head.iter().for_each(|word| file.extend(word.to_le_bytes()));
        let mut data = [0; BLOCK - 36];
        data[..PAYLOAD].fill(0xFF);
        data[..payload.len()].copy_from_slice(payload);
        file.extend(data);
        file.extend(END.to_le_bytes());
    }
    file
}

/// The image in a file, and where it begins; its blocks must follow each other, all of one family.
pub fn read(file: &[u8], family: u32) -> Result<(u32, Vec<u8>), Uf2Fault> {
    let (blocks, rest) = file.as_chunks::<BLOCK>();
    if blocks.is_empty() || !rest.is_empty() {
        return Err(Uf2Fault::NoBlocks);
    }
    let (mut image, mut begin) = (Vec::new(), 0);
    for (nth, block) in (0_u32..).zip(blocks) {
        let (words, _) = block.as_chunks::<4>();
        let word = |at: usize| u32::from_le_bytes(words[at]);
        if nth == 0 {
            begin = word(3);
        }
        let place = begin.wrapping_add(nth * PAYLOAD as u32);
        let expected =
            [BEGIN[0], BEGIN[1], FAMILY_PRESENT, place, PAYLOAD as u32, nth, blocks.len() as u32, family];
        if (0..8).any(|at| word(at) != expected[at]) || word(127) != END {
            return Err(Uf2Fault::Block(nth));
        }
        image.extend(&block[32..32 + PAYLOAD]);
    }
    Ok((begin, image))
}

/// Why a file is none that the loader would put into a slot whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uf2Fault {
    /// Its length.
    #[error("the file is not made of blocks of 512 bytes: make it with `image uf2`")]
    NoBlocks,
    /// One of them.
    #[error("block {0} is damaged, out of place or of another family: make the file with `image uf2`")]
    Block(u32),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(block: &[u8], nth: usize) -> u32 {
        u32::from_le_bytes(block[nth * 4..nth * 4 + 4].try_into().unwrap())
    }

    #[test]
    fn a_block_has_the_members_of_the_format() {
        let file = write(&[7; 300], 0x1000_0000, RP2350_ARM_S);
        assert_eq!(file.len(), 2 * BLOCK);
        let second = &file[BLOCK..];
        let head: Vec<_> = (0..8).map(|nth| word(second, nth)).collect();
        assert_eq!(head, [0x0A32_4655, 0x9E5D_5157, 0x2000, 0x1000_0100, 256, 1, 2, 0xE48B_FF59]);
        assert_eq!(&second[32..76], [7; 44]);
        assert_eq!(&second[76..288], [0xFF; 212]);
        assert_eq!(&second[288..508], [0; 220]);
        assert_eq!(word(second, 127), 0x0AB1_6F30);
    }

    #[test]
    fn a_damaged_file_is_no_image() {
        let file = write(&[7; 600], 0x1000_0000, RP2350_ARM_S);
        assert_eq!(read(&file[..1_000], RP2350_ARM_S), Err(Uf2Fault::NoBlocks));
        assert_eq!(read(&[], RP2350_ARM_S), Err(Uf2Fault::NoBlocks));
        assert_eq!(read(&file, RP2350_ARM_S + 1), Err(Uf2Fault::Block(0)));
        assert_eq!(read(&file[BLOCK..], RP2350_ARM_S), Err(Uf2Fault::Block(0)));
        for at in (0..32).chain(508..512) {
            let mut damaged = file.clone();
            damaged[BLOCK + at] ^= 1;
            assert_eq!(read(&damaged, RP2350_ARM_S), Err(Uf2Fault::Block(1)), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn the_blocks_put_together_are_the_image(image in proptest::collection::vec(any::<u8>(), 1..2_000)) {
            let file = write(&image, 0x1000_0000, RP2350_ARM_S);
            let (begin, again) = read(&file, RP2350_ARM_S).unwrap();
            prop_assert_eq!((begin, file.len()), (0x1000_0000, again.len() / PAYLOAD * BLOCK));
            prop_assert!(again.len() - image.len() < PAYLOAD);
            prop_assert_eq!(&again[..image.len()], &image[..]);
        }
    }
}
