//! What several tests need.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]
#![allow(dead_code, reason = "not every test needs all of it")]

use def_sim::{Flash, WeakReads};
use embedded_storage::nor_flash::ReadNorFlash;
use fiscal::Timestamp;

/// Every bit of a flash: its value where it is strong, and whether it is weak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    /// Weak ones are 1 here.
    pub(crate) ones: Vec<u8>,
    /// Weak ones are 0 here.
    pub(crate) zeros: Vec<u8>,
}

impl Bits {
    pub(crate) fn of(flash: &Flash) -> Self {
        let mut flash = flash.clone();
        flash.set_weak_reads(WeakReads::Ones);
        let ones = contents(&mut flash);
        flash.set_weak_reads(WeakReads::Zeros);
        Self { ones, zeros: contents(&mut flash) }
    }

    pub(crate) fn weak(&self, at: usize) -> u8 {
        self.ones[at] & !self.zeros[at]
    }

    pub(crate) fn strong_ones(&self, at: usize) -> u8 {
        self.zeros[at]
    }

    pub(crate) fn strong_zeros(&self, at: usize) -> u8 {
        !self.ones[at]
    }
}

pub(crate) fn contents(flash: &mut impl ReadNorFlash) -> Vec<u8> {
    let mut bytes = vec![0; flash.capacity()];
    flash.read(0, &mut bytes).unwrap();
    bytes
}

pub(crate) fn bytes<const N: usize>(flash: &mut impl ReadNorFlash, address: u32) -> [u8; N] {
    let mut bytes = [0; N];
    flash.read(address, &mut bytes).unwrap();
    bytes
}

pub(crate) fn time(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}
