//! A flash that was tampered with: bytes changed, sectors erased and moved, checks made to fit again.

use def_engine::board::SecureElement;
use def_sim::{SECTOR_BYTES, SoftElement, State, World};
use sha2::{Digest, Sha256};

/// Where the records of a sector begin, and where they end at the latest.
const DATA: std::ops::Range<usize> = 120..SECTOR_BYTES - 8;

const CRC16: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740);

/// Does to a board what the input says, a few bytes for each change.
pub fn tamper(state: &mut State, mut input: &[u8]) {
    let sectors = crate::shop::SECTORS;
    let checks = Checks::of(state);
    let mut image = vec![0; sectors * SECTOR_BYTES];
    state.flash.read(0, &mut image).expect("the flash is so large");
    let before = image.clone();
    while let [what, a, b, c, rest @ ..] = input {
        input = rest;
        let sector = usize::from(*a) % sectors * SECTOR_BYTES;
        let address = sector + usize::from(u16::from_be_bytes([*b, *c])) % SECTOR_BYTES;
        match what % 12 {
            0 => image[address] ^= a | 1,
            1 => image[address] &= *a,
            2 => image[sector..sector + SECTOR_BYTES].fill(0xFF),
            3 => image.copy_within(sector..sector + SECTOR_BYTES, usize::from(*b) % sectors * SECTOR_BYTES),
            4 => {
                let length = usize::from(*a).min(input.len()).min(image.len() - address);
                image[address..address + length].copy_from_slice(&input[..length]);
                input = &input[length..];
            }
            5 => checks.fit_header(&mut image[sector..sector + SECTOR_BYTES]),
            6 => checks.fit_record(&mut image[sector..sector + SECTOR_BYTES], usize::from(*b), None),
            7 => {
                let length = usize::from(*c).min(input.len());
                checks.fit_record(
                    &mut image[sector..sector + SECTOR_BYTES],
                    usize::from(*b),
                    Some(&input[..length]),
                );
                input = &input[length..];
            }
            8 => state.element.set_counter(u64::from(u16::from_be_bytes([*b, *c]))),
            9 => state.element = SoftElement::with(None, u64::from(*c)).expect("so little was counted"),
            10 => state.clock.lose_power(),
            _ => state.flash.weaken(address as u32, &[*c]),
        }
    }
    for sector in 0..sectors {
        let range = sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES;
        if image[range.clone()] != before[range.clone()] {
            state.flash.erase_sector(sector);
            for page in range.clone().step_by(def_sim::PAGE_BYTES) {
                state.flash.program(page as u32, &image[page..page + def_sim::PAGE_BYTES]);
            }
        }
    }
}

/// What the device alone can compute, and its fuzzer: or nothing behind a check would ever be met.
struct Checks {
    secret: [u8; 32],
}

impl Checks {
    /// Those of the board's secure element, before anything happens to it.
    fn of(state: &State) -> Self {
        // Without a key the device checks with zeros.
        let secret = World::from(state.clone()).secure_element().journal_secret().unwrap_or_default();
        Self { secret }
    }

    fn check(&self, what: &[u8; 8], parts: &[&[u8]]) -> [u8; 4] {
        let mut digest = Sha256::new().chain_update(self.secret).chain_update(what);
        parts.iter().for_each(|part| digest.update(part));
        digest.finalize()[..4].try_into().expect("four bytes")
    }

    /// Makes the checks of a sector's header and end fit what stands there.
    fn fit_header(&self, sector: &mut [u8]) {
        let check = self.check(b"SLJ1-sec", &[&sector[..DATA.start - 4]]);
        sector[DATA.start - 4..DATA.start].copy_from_slice(&check);
        let sequence = sequence_of(sector);
        sector[DATA.end..DATA.end + 4].copy_from_slice(&sequence);
        sector[DATA.end + 4..].copy_from_slice(&self.check(b"SLJ1-end", &[&sequence]));
    }

    /// Makes the checks of a sector's nth record fit, with other content if there is some.
    fn fit_record(&self, sector: &mut [u8], number: usize, content: Option<&[u8]>) {
        let mut at = DATA.start;
        for _ in 0..number % 16 {
            let Some(next) = end_of(sector, at) else { break };
            at = next;
        }
        if let Some(content) = content {
            let room = DATA.end.saturating_sub(at + 16);
            let content = &content[..content.len().min(room)];
            sector[at] = 0x5A;
            sector[at + 2..at + 4].copy_from_slice(&(content.len() as u16).to_be_bytes());
            sector[at + 6..at + 6 + content.len()].copy_from_slice(content);
        }
        if at + 6 > DATA.end {
            return;
        }
        let check = CRC16.checksum(&sector[at..at + 4]).to_be_bytes();
        sector[at + 4..at + 6].copy_from_slice(&check);
        let Some(end) = end_of(sector, at) else { return };
        let length = usize::from(u16::from_be_bytes([sector[at + 2], sector[at + 3]]));
        let offset = ((at - DATA.start) as u32).to_be_bytes();
        let check = self.check(b"SLJ1-rec", &[&sequence_of(sector), &offset, &sector[at..at + 6 + length]]);
        sector[at + 6 + length..at + 10 + length].copy_from_slice(&check);
        sector[end - 4..end].fill(0);
    }
}

/// The sequence number that a sector's header states.
fn sequence_of(sector: &[u8]) -> [u8; 4] {
    sector[8..12].try_into().expect("four bytes")
}

/// Where a record that fits its sector ends.
fn end_of(sector: &[u8], at: usize) -> Option<usize> {
    let length = usize::from(u16::from_be_bytes([*sector.get(at + 2)?, *sector.get(at + 3)?]));
    let end = (at + 6 + length + 4).next_multiple_of(4) + 4;
    (end <= DATA.end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_device_wrote_fits_already() {
        let mut board = crate::shop::boards().swap_remove(1);
        let checks = Checks::of(&board);
        let mut records = 0;
        for number in 0..crate::shop::SECTORS {
            let mut sector = vec![0; SECTOR_BYTES];
            board.flash.read((number * SECTOR_BYTES) as u32, &mut sector).expect("in bounds");
            if !sector.starts_with(b"SLJ1") {
                continue;
            }
            let before = sector.clone();
            checks.fit_header(&mut sector);
            assert_eq!(sector, before, "the header of {number}");
            let mut at = DATA.start;
            for record in 0.. {
                let Some(end) = end_of(&sector, at).filter(|_| sector[at] == 0x5A) else { break };
                checks.fit_record(&mut sector, record, None);
                assert_eq!(sector, before, "record {record} of {number}");
                (at, records) = (end, records + 1);
            }
        }
        assert!(records > 10, "{records}");
    }
}
