//! Commands and answers as bytes.
//!
//! A command is `03h, count, opcode, mode, param (2, little-endian), data, CRC (2, little-endian)`, an answer `count,
//! data or status, CRC`; count includes itself and the CRC, which covers everything from it on.

use crc::{Algorithm, Crc, NoTable};

/// The longest: Write of 32 bytes.
const LONGEST_COMMAND: usize = 1 + OVERHEAD + 4 + 32;
/// The longest answer: 64 bytes.
pub(crate) const LONGEST_ANSWER: usize = OVERHEAD + 64;
/// Count and CRC.
const OVERHEAD: usize = 3;

/// Polynomial 8005h, bits in the order in which they are sent, the result not turned round.
const CRC_16: Crc<u16, NoTable> = Crc::<u16, NoTable>::new(&Algorithm {
    width: 16,
    poly: 0x8005,
    init: 0,
    refin: true,
    refout: false,
    xorout: 0,
    check: 0xBCDD,
    residue: 0,
});

/// The check sum of packets, and of a zone that is locked.
pub(crate) fn check_sum(bytes: &[u8]) -> u16 {
    CRC_16.checksum(bytes)
}

/// What the chip is asked. `N` is how many bytes it answers; with 1 the byte is a status.
#[derive(Clone, Copy)]
pub(crate) struct Command<'d, const N: usize> {
    pub(crate) opcode: u8,
    pub(crate) mode: u8,
    pub(crate) param: u16,
    /// At most 32 bytes.
    pub(crate) data: &'d [u8],
    pub(crate) longest_ms: u32,
}

impl<const N: usize> Command<'_, N> {
    /// Gives what goes over the bus to `send`.
    pub(crate) fn with_bytes<T>(&self, send: impl FnOnce(&[u8]) -> T) -> T {
        let mut bytes = [0; LONGEST_COMMAND];
        let [param_low, param_high] = self.param.to_le_bytes();
        let end = 6 + self.data.len();
        let count = (end + 1).to_le_bytes()[0];
        bytes[..6].copy_from_slice(&[0x03, count, self.opcode, self.mode, param_low, param_high]);
        bytes[6..end].copy_from_slice(self.data);
        let sum = check_sum(&bytes[1..end]);
        bytes[end..end + 2].copy_from_slice(&sum.to_le_bytes());
        send(&bytes[..end + 2])
    }
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer<const N: usize> {
    /// What was asked for; one byte is the status 0.
    Data([u8; N]),
    /// A status other than 0 instead.
    Status(u8),
    /// No answer at all: the check sum or the count is wrong.
    Damaged,
}

impl<const N: usize> Answer<N> {
    /// How many bytes to read for it.
    pub(crate) const LENGTH: usize = OVERHEAD + N;

    /// Out of [`Self::LENGTH`] bytes; those behind a status do not count.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let count = bytes.first().map_or(0, |count| usize::from(*count));
        let Some((body, sum)) = bytes.get(..count).and_then(<[u8]>::split_last_chunk::<2>) else {
            return Self::Damaged;
        };
        if check_sum(body) != u16::from_le_bytes(*sum) {
            return Self::Damaged;
        }
        match (body, <[u8; N]>::try_from(&body[1..])) {
            ([_, status], _) if *status != 0 => Self::Status(*status),
            (_, Ok(data)) => Self::Data(data),
            _ => Self::Damaged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_the_one_on_the_wire() {
        assert_eq!(check_sum(b"123456789"), 0xBCDD);
        // The answer to a wake, and packets of an ATSHA204, whose form is the same: CheckMac that did not match, a
        // refusal, a parse error, Pause that was done; Info, Lock, Random, Read and its answer.
        let packets: [&[u8]; 9] = [
            &[0x04, 0x11, 0x33, 0x43],
            &[0x04, 0x01, 0x00, 0xC3],
            &[0x04, 0x0F, 0x23, 0x42],
            &[0x04, 0x03, 0x83, 0x42],
            &[0x04, 0x00, 0x03, 0x40],
            &[0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D],
            &[0x07, 0x17, 0x00, 0x00, 0x00, 0x2E, 0x0D],
            &[0x07, 0x1B, 0x00, 0x00, 0x00, 0x24, 0xCD],
            &[0x07, 0x01, 0x23, 0x4A, 0xB6, 0x04, 0xCF],
        ];
        for packet in packets {
            let (body, sum) = packet.split_last_chunk::<2>().unwrap();
            assert_eq!(check_sum(body).to_le_bytes(), *sum, "{packet:02x?}");
        }
    }

    #[test]
    fn a_command_is_its_bytes() {
        let info = Command::<4> { opcode: 0x30, mode: 0, param: 0, data: &[], longest_ms: 5 };
        info.with_bytes(|bytes| assert_eq!(bytes, [0x03, 0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D]));
        let data = [0xA5; 32];
        let write = Command::<1> { opcode: 0x12, mode: 0x82, param: 0x0108, data: &data, longest_ms: 45 };
        write.with_bytes(|bytes| {
            assert_eq!(bytes.len(), LONGEST_COMMAND);
            assert_eq!(bytes[..6], [0x03, 39, 0x12, 0x82, 0x08, 0x01]);
            assert_eq!(bytes[6..38], data);
        });
    }

    #[test]
    fn an_answer_is_data_a_status_or_damaged() {
        let revision = [0x07, 0x00, 0x00, 0x60, 0x02, 0x80, 0x1F];
        let mut sealed = revision;
        sealed[5..].copy_from_slice(&check_sum(&revision[..5]).to_le_bytes());
        assert_eq!(Answer::<4>::read(&sealed), Answer::Data([0x00, 0x00, 0x60, 0x02]));
        assert_eq!(Answer::<1>::read(&[0x04, 0x00, 0x03, 0x40]), Answer::Data([0]));
        assert_eq!(Answer::<1>::read(&[0x04, 0x11, 0x33, 0x43]), Answer::Status(0x11));
        assert_eq!(Answer::<4>::read(&[0x04, 0x11, 0x33, 0x43, 0xFF, 0xFF, 0xFF]), Answer::Status(0x11));
        for place in 0..sealed.len() * 8 {
            let mut wrong = sealed;
            wrong[place / 8] ^= 1 << (place % 8);
            assert_eq!(Answer::<4>::read(&wrong), Answer::Damaged, "bit {place}");
        }
        for bytes in [&[][..], &[0x00; 7], &[0xFF; 7], &[0x02, 0x00, 0x00], &[0x04, 0x00, 0x03]] {
            assert_eq!(Answer::<4>::read(bytes), Answer::Damaged);
        }
        // A status 0 where more was asked for is no answer either.
        assert_eq!(Answer::<4>::read(&[0x04, 0x00, 0x03, 0x40, 0xFF, 0xFF, 0xFF]), Answer::Damaged);
    }
}
