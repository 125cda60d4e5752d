//! The random number generator of the system control unit; QEMU takes it from the host's.

use def_engine::board::Random;

use super::register::Register;

/// "Random Number Generator Data" (SCU540).
const DATA: Register = Register::at(0x7E6E_2540);

/// The generator.
#[derive(Debug)]
pub(super) struct ScuRandom;

impl Random for ScuRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        for word in bytes.chunks_mut(4) {
            word.copy_from_slice(&DATA.read().to_le_bytes()[..word.len()]);
        }
    }
}
