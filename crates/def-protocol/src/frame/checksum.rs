use crc::{CRC_32_ISO_HDLC, Crc, Digest};

/// What a frame ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// Nothing.
    #[default]
    None,
    /// RS and two upper-case hexadecimal digits: the XOR of the bytes between STX and RS.
    Lrc,
    /// RS and eight upper-case hexadecimal digits: CRC-32/ISO-HDLC of the bytes between STX and RS.
    Crc32,
}

impl Checksum {
    /// In characters, without RS.
    pub(super) const LONGEST: usize = 8;
}

/// With its table of 1 KiB: without it the checksum of a payload's frame took a third of PREPARE on a device.
static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Both checksums of what passed by.
#[derive(Clone)]
pub(super) struct Sums {
    crc: Digest<'static, u32>,
    lrc: u8,
}

impl Sums {
    pub(super) const fn new() -> Self {
        Self { crc: CRC.digest(), lrc: 0 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.lrc = bytes.iter().fold(self.lrc, |lrc, byte| lrc ^ byte);
    }

    /// The digits of a kind of checksum.
    pub(super) fn digits(&self, checksum: Checksum) -> heapless::Vec<u8, { Checksum::LONGEST }> {
        let (value, digits) = match checksum {
            Checksum::None => (0, 0),
            Checksum::Lrc => (u32::from(self.lrc), 2),
            Checksum::Crc32 => (self.crc.clone().finalize(), 8),
        };
        let digit = |place: u32| b"0123456789ABCDEF"[(value >> (4 * place)) as usize & 15];
        (0..digits).rev().map(digit).collect()
    }
}
