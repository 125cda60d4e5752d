//! Randomness: repeatable for campaigns, the operating system's for the simulator.

use std::io;

use def_engine::board::Random;

/// A generator of which the same seed gives the same bytes (SplitMix64, Steele, Lea and Flood 2014).
///
/// Fit for tests, not for secrets.
#[derive(Clone, Debug)]
pub struct Seeded {
    state: u64,
    stuck: Option<u8>,
}

impl Seeded {
    /// Begins with a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, stuck: None }
    }

    /// Makes every byte that a device draws this one, as of a generator that is broken; with none it works again.
    pub const fn stick(&mut self, byte: Option<u8>) {
        self.stuck = byte;
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Eight bits.
    pub const fn byte(&mut self) -> u8 {
        (self.bits() >> 56) as u8
    }

    /// A number below `limit`, which is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        if let Some(stuck) = self.stuck {
            return bytes.fill(stuck);
        }
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_be_bytes()[..chunk.len()]);
        }
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub struct HostRandom(());

impl HostRandom {
    /// Fails when the operating system gives none.
    pub fn new() -> io::Result<Self> {
        fill(&mut [0; 1])?;
        Ok(Self(()))
    }
}

impl Random for HostRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        // It worked in `new`, and a system that gave randomness once goes on: without it no nonce may be made.
        fill(bytes).expect("the operating system gave randomness before");
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the one place of the crate")]
fn fill(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        let bytes = |seed| {
            let mut bytes = [0; 37];
            Seeded::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn the_operating_system_never_gives_the_same_bytes_twice() {
        let mut random = HostRandom::new().unwrap();
        let (mut one, mut other) = ([0; 32], [0; 32]);
        random.fill(&mut one);
        random.fill(&mut other);
        assert_ne!(one, other);
    }
}
