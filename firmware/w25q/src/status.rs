//! The status registers: "Status Registers" (7.1).

/// Status register 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    /// A program, an erase or a reset runs (S0).
    pub(crate) const fn is_busy(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// The next program or erase is taken (S1).
    pub(crate) const fn is_write_enabled(self) -> bool {
        self.0 & 0x02 != 0
    }
}

/// Whether something in these registers keeps a sector from being programmed.
///
/// Register 1: the block protect bits, S2 to S4 or, above 16 MiB, S2 to S5; S5 is there a choice between two protections,
/// one of which is always on with it. Register 2: the complement, S14, which turns "nothing" into "all". Register 3: the
/// individual locks, S18, which are all closed when the power comes.
pub(crate) const fn is_protected(first: u8, second: u8, third: u8, has_four_block_bits: bool) -> bool {
    let blocks = if has_four_block_bits { 0x3C } else { 0x1C };
    first & blocks != 0 || second & 0x40 != 0 || third & 0x04 != 0
}

/// Whether an erase or a program is suspended (S15); only a reset ends it for a host that began none.
pub(crate) const fn is_suspended(second: u8) -> bool {
    second & 0x80 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_that_protects_is_seen_and_no_other() {
        for bit in 0..8 {
            let one = 1 << bit;
            assert_eq!(is_protected(one, 0, 0, false), (2..=4).contains(&bit), "S{bit} of a small part");
            assert_eq!(is_protected(one, 0, 0, true), (2..=5).contains(&bit), "S{bit} of a large part");
            assert_eq!(is_protected(0, one, 0, true), bit == 6, "S{} of any part", bit + 8);
            assert_eq!(is_protected(0, 0, one, true), bit == 2, "S{} of any part", bit + 16);
        }
    }
}
