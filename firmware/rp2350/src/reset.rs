//! Why the board restarted, kept over the restart in a scratch register of the watchdog.
//!
//! Scratch 0 and 1 are the program's; the boot ROM uses 2 to 7 (`varm_apis.c`, `reboot`). Only a loss of power clears
//! them.

/// What ended the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The program found that it is wrong; at this line of one of its files.
    Panic(u16),
    /// The processor refused an instruction or an access. A stack that is too deep ends so, or as a hang.
    Fault,
    /// Something hung: the watchdog was not fed.
    Hang,
    /// The source of randomness stands still.
    NoRandomness,
}

const MARK: u32 = 0xDEF0_0000;
const MARK_BITS: u32 = 0xFFF0_0000;

impl Cause {
    /// For the register: `0xDEF`, four bits of kind, sixteen of line.
    pub const fn to_word(self) -> u32 {
        let (kind, line) = match self {
            Self::Panic(line) => (1, line),
            Self::Fault => (2, 0),
            Self::Hang => (3, 0),
            Self::NoRandomness => (4, 0),
        };
        MARK | (kind << 16) | line as u32
    }

    /// From the register, none after a loss of power or an ordered restart.
    pub const fn from_word(word: u32) -> Option<Self> {
        if word & MARK_BITS != MARK {
            return None;
        }
        match (word >> 16 & 0xF, word as u16) {
            (1, line) => Some(Self::Panic(line)),
            (2, 0) => Some(Self::Fault),
            (3, 0) => Some(Self::Hang),
            (4, 0) => Some(Self::NoRandomness),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_survives_the_register() {
        for cause in [Cause::Panic(0), Cause::Panic(u16::MAX), Cause::Fault, Cause::Hang, Cause::NoRandomness]
        {
            assert_eq!(Cause::from_word(cause.to_word()), Some(cause));
        }
    }

    #[test]
    fn what_a_loss_of_power_leaves_is_no_cause() {
        for word in [0, u32::MAX, 0xB007_C0D3, MARK, MARK | 5 << 16, MARK | 2 << 16 | 1] {
            assert_eq!(Cause::from_word(word), None, "{word:#x}");
        }
    }
}
