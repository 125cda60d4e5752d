//! Random bytes from two sources that nobody controls together: the chip's generator and the secure element.
//!
//! Both go through SHA-256 into a pool that changes with each use, so that neither a weak generator nor an element whose
//! bus is watched is enough to know what comes next, and what came before cannot be computed from the pool. Each 32 bytes
//! take one block of the generator, about 2 ms (datasheet 12.12.2). A generator that stands still is refused.

use sha2::{Digest, Sha256};

/// What the chip's generator gives at once, in bytes.
pub const BLOCK_BYTES: usize = 24;

/// A true random number generator.
pub trait Generator {
    /// The next block, none when it does not come in time or its own tests fail.
    fn block(&mut self) -> Option<[u8; BLOCK_BYTES]>;
}

/// Random bytes of both.
pub struct Mixer<G> {
    generator: G,
    last: [u8; BLOCK_BYTES],
    pool: [u8; 32],
}

/// The generator gives the same again, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random number generator stands still: the board is to be replaced")]
pub struct Stuck;

const OUTPUT: u8 = 0;
const NEXT: u8 = 1;

impl<G: Generator> Mixer<G> {
    /// With what the element gave when the power came. Without it, as on a board without one, the generator is alone.
    pub fn new(generator: G, element: Option<[u8; 32]>) -> Result<Self, Stuck> {
        let mut mixer = Self { generator, last: [0; BLOCK_BYTES], pool: element.unwrap_or_default() };
        mixer.last = mixer.generator.block().ok_or(Stuck)?;
        mixer.draw()?;
        Ok(mixer)
    }

    /// Fills the buffer, or leaves the rest of it as it was.
    pub fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Stuck> {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&self.draw()?[..chunk.len()]);
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<[u8; 32], Stuck> {
        let fresh = self.fresh()?;
        let hash = |purpose: u8| -> [u8; 32] {
            Sha256::new()
                .chain_update([purpose])
                .chain_update(self.pool)
                .chain_update(fresh)
                .finalize()
                .into()
        };
        let (output, next) = (hash(OUTPUT), hash(NEXT));
        self.pool = next;
        Ok(output)
    }

    fn fresh(&mut self) -> Result<[u8; BLOCK_BYTES], Stuck> {
        let block = self.generator.block().ok_or(Stuck)?;
        // By chance once in 2^192.
        let still = block == self.last || block.iter().all(|byte| *byte == block[0]);
        self.last = block;
        if still { Err(Stuck) } else { Ok(block) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Counts, which is fresh but not random: whatever else the output has comes from the mixing.
    struct Counting(u64);

    impl Generator for Counting {
        fn block(&mut self) -> Option<[u8; BLOCK_BYTES]> {
            self.0 += 1;
            let mut block = [0; BLOCK_BYTES];
            block[..8].copy_from_slice(&self.0.to_le_bytes());
            Some(block)
        }
    }

    struct Script(Vec<Option<u8>>);

    impl Generator for Script {
        fn block(&mut self) -> Option<[u8; BLOCK_BYTES]> {
            let byte = self.0.remove(0)?;
            let mut block = [byte; BLOCK_BYTES];
            block[0] = !byte;
            Some(block)
        }
    }

    fn drawn(element: Option<[u8; 32]>, from: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        Mixer::new(Counting(from), element).unwrap().fill(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn each_source_alone_changes_what_comes_out() {
        let outputs =
            [drawn(None, 0), drawn(Some([1; 32]), 0), drawn(Some([2; 32]), 0), drawn(Some([1; 32]), 9)];
        assert_eq!(outputs.iter().collect::<BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn nothing_comes_twice() {
        let mut mixer = Mixer::new(Counting(0), Some([7; 32])).unwrap();
        let mut seen = BTreeSet::new();
        for _ in 0..1_000 {
            let mut nonce = [0; 16];
            mixer.fill(&mut nonce).unwrap();
            assert!(seen.insert(nonce));
        }
    }

    #[test]
    fn the_pool_is_not_what_was_given_out() {
        let mut mixer = Mixer::new(Counting(0), None).unwrap();
        let mut bytes = [0; 32];
        mixer.fill(&mut bytes).unwrap();
        assert_ne!(mixer.pool, bytes);
    }

    #[test]
    fn a_buffer_of_any_length_is_filled_to_its_end() {
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let mut bytes = vec![0; length];
            Mixer::new(Counting(0), None).unwrap().fill(&mut bytes).unwrap();
            assert!(length < 16 || bytes[length - 16..] != [0; 16]);
        }
    }

    #[test]
    fn a_generator_that_stands_still_is_refused_at_once() {
        assert!(Mixer::new(Script(vec![Some(1), Some(1)]), Some([1; 32])).is_err());
        assert!(Mixer::new(Script(vec![None]), Some([1; 32])).is_err());
        assert!(Mixer::new(Script(vec![Some(1), None]), None).is_err());
        assert!(Mixer::new(Script(vec![Some(1), Some(2)]), None).is_ok());
    }

    #[test]
    fn a_generator_that_stops_later_is_refused_then() {
        let script = [1, 2, 3].map(Some).to_vec();
        let mut mixer = Mixer::new(Script(script), None).unwrap();
        let mut bytes = [0; 32];
        assert_eq!(mixer.fill(&mut bytes), Ok(()));
        let given = bytes;
        mixer.generator.0 = vec![Some(3)];
        assert_eq!(mixer.fill(&mut bytes), Err(Stuck));
        assert_eq!(bytes, given);
    }

    #[test]
    fn a_generator_of_one_level_is_refused() {
        struct Level(u8);
        impl Generator for Level {
            fn block(&mut self) -> Option<[u8; BLOCK_BYTES]> {
                self.0 ^= 0xFF;
                Some([self.0; BLOCK_BYTES])
            }
        }
        assert!(Mixer::new(Level(0), None).is_err());
    }
}
