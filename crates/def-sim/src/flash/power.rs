use std::{cell::Cell, rc::Rc};

use super::SECTOR_BYTES;

/// The power of a [`super::FileFlash`], which can be told to fail. A clone is another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Power(Rc<Cell<Supply>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Supply {
    #[default]
    On,
    /// It fails in the middle of the next page program of at least so many bytes, within a sector.
    FailsWithin(usize),
    Off,
}

/// How much of a page program the power lasts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    All,
    Half,
    Nothing,
}

impl Power {
    /// Has it fail in the middle of the next page program that has at least so many bytes and does not begin a sector.
    ///
    /// What begins a sector is a header; shorter programs are marks, envelopes and trailers: what is cut is contents.
    pub fn fail_within(&self, bytes: usize) {
        self.0.set(Supply::FailsWithin(bytes));
    }

    /// Has it stay on after all, if it is still on.
    pub fn stay_on(&self) {
        if !self.is_off() {
            self.0.set(Supply::On);
        }
    }

    /// Whether it failed. It does not come again: make the parts anew.
    pub fn is_off(&self) -> bool {
        self.0.get() == Supply::Off
    }

    /// How much of a program of so many bytes at this address it lasts for.
    pub(super) fn program(&self, address: u32, bytes: usize) -> Lasts {
        let begins_sector = (address as usize).is_multiple_of(SECTOR_BYTES);
        match self.0.get() {
            Supply::FailsWithin(least) if bytes >= least && !begins_sector => {
                self.0.set(Supply::Off);
                Lasts::Half
            }
            Supply::On | Supply::FailsWithin(_) => Lasts::All,
            Supply::Off => Lasts::Nothing,
        }
    }
}
