//! What a device is when it leaves the factory.

use def_protocol::token::Realm;
use fiscal::{DeviceId, PublicKey};
use sha2::{Digest, Sha256};

/// What is burnt in: nothing that a host says changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factory {
    /// The device's name in every record: its serial number.
    pub serial: DeviceId,
    /// Whether it is a product or a thing for development. A device obeys tokens of its own realm only, so that one
    /// that was built for production never accepts a root of development (D6).
    pub realm: Realm,
    /// The root that signs activation codes.
    pub root: PublicKey,
    /// The program that runs.
    pub firmware: Firmware,
}

/// Which program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// Its version, as the status and boot records state it.
    pub version: &'static str,
    /// Its place in the line of all firmwares: a lower one is never installed over a higher one.
    pub build: u32,
}

/// What a board keeps of its making, and its firmware finds there: 256 bytes that are written once.
///
/// | bytes | what |
/// |---|---|
/// | 8 | `STELALA1` |
/// | 1 | realm: `P` or `D` |
/// | 1 + 20 | serial number: its length, its text, zeros |
/// | 33 | the root's key, a compressed point |
/// | 4 | how many sectors of 4,096 bytes of the flash the journal takes, big-endian |
/// | 157 | zeros |
/// | 32 | SHA-256 of everything before |
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactoryPage {
    /// The device's name in every record.
    pub serial: DeviceId,
    /// Whether it is a product.
    pub realm: Realm,
    /// The root that signs activation codes.
    pub root: PublicKey,
    /// How many sectors of the flash the journal takes.
    pub sectors: u32,
}

const MAGIC: &[u8; 8] = b"STELALA1";
const SERIAL_BYTES: usize = 20;
const CHECK_AT: usize = FactoryPage::LENGTH - 32;

impl FactoryPage {
    /// Its length, in bytes.
    pub const LENGTH: usize = 256;

    /// As it is burnt in.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut page = [0; Self::LENGTH];
        let serial = self.serial.as_str().as_bytes();
        let mut serial_field = [0; SERIAL_BYTES];
        serial_field[..serial.len()].copy_from_slice(serial);
        let (root, sectors) = (self.root.to_compressed(), self.sectors.to_be_bytes());
        // A serial number has at most 20 bytes.
        let head = [self.realm as u8, serial.len() as u8];
        let fields: [&[u8]; 5] = [MAGIC, &head, &serial_field, &root, &sectors];
        let mut at = 0;
        for field in fields {
            page[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        }
        let check = Sha256::digest(&page[..CHECK_AT]);
        page[CHECK_AT..].copy_from_slice(&check);
        page
    }

    /// Reads what was burnt in. A page that is not in its one form is refused.
    pub fn read(page: &[u8]) -> Result<Self, PageFault> {
        let page: &[u8; Self::LENGTH] = page.first_chunk().ok_or(PageFault::Damaged)?;
        let rest = page.strip_prefix(MAGIC).ok_or(PageFault::Missing)?;
        let read = Self::fields(rest).ok_or(PageFault::Damaged)?;
        if read.to_bytes() == *page { Ok(read) } else { Err(PageFault::Damaged) }
    }

    fn fields(rest: &[u8]) -> Option<Self> {
        let ([realm, length], rest) = rest.split_first_chunk()?;
        let (serial, rest) = rest.split_at_checked(SERIAL_BYTES)?;
        let (root, rest) = rest.split_first_chunk::<{ PublicKey::COMPRESSED_LENGTH }>()?;
        let (sectors, _) = rest.split_first_chunk()?;
        Some(Self {
            serial: core::str::from_utf8(serial.get(..usize::from(*length))?).ok()?.parse().ok()?,
            realm: Realm::from_code(*realm)?,
            root: PublicKey::from_sec1(root).ok()?,
            sectors: u32::from_be_bytes(*sectors),
        })
    }

    /// The device that it is with this firmware.
    pub const fn factory(&self, firmware: Firmware) -> Factory {
        Factory { serial: self.serial, realm: self.realm, root: self.root, firmware }
    }
}

/// Why a board does not know what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// Nothing was burnt in.
    #[error("the board has no factory page: it did not go through the factory, send it there")]
    Missing,
    /// Not what was burnt in.
    #[error("the factory page is damaged: the board is to be scrapped")]
    Damaged,
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn page() -> FactoryPage {
        let mut generator = std::vec![2_u8];
        // The generator's x (SEC 2), which is a point.
        generator.extend(
            [
                0x6B17_D1F2_u32,
                0xE12C_4247,
                0xF8BC_E6E5,
                0x63A4_40F2,
                0x7703_7D81,
                0x2DEB_33A0,
                0xF4A1_3945,
                0xD898_C296,
            ]
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect::<Vec<u8>>(),
        );
        generator[0] = 3;
        let root = PublicKey::from_sec1(&generator).unwrap();
        FactoryPage { serial: "DEF-000001".parse().unwrap(), realm: Realm::Development, root, sectors: 2_048 }
    }

    #[test]
    fn a_page_is_read_as_it_was_burnt() {
        let longest = FactoryPage { serial: "ABCDEFGHIJKLMNOPQRST".parse().unwrap(), ..page() };
        for page in [page(), longest] {
            assert_eq!(FactoryPage::read(&page.to_bytes()), Ok(page));
        }
    }

    #[test]
    fn every_flipped_bit_of_a_page_is_noticed() {
        for bit in 0..FactoryPage::LENGTH * 8 {
            let mut bytes = page().to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let expected = if bit < 64 { PageFault::Missing } else { PageFault::Damaged };
            assert_eq!(FactoryPage::read(&bytes), Err(expected), "bit {bit}");
        }
    }

    #[test]
    fn an_erased_or_short_page_is_none() {
        assert_eq!(FactoryPage::read(&[0xFF; 256]), Err(PageFault::Missing));
        assert_eq!(FactoryPage::read(&page().to_bytes()[..255]), Err(PageFault::Damaged));
        assert_eq!(FactoryPage::read(&[]), Err(PageFault::Damaged));
    }
}
