//! The chip's configuration zone: 128 bytes that say what each slot is, and what is locked.

use crate::{Error, provisioning};

/// As it was read.
pub(crate) struct Configuration(pub(crate) [u8; 128]);

/// What is locked of the two slots that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locks {
    pub(crate) key: bool,
    pub(crate) secret: bool,
}

/// 55h while the data zone is open, 00h once it is locked.
const LOCK_VALUE: usize = 86;
/// The same of the configuration itself.
const LOCK_CONFIGURATION: usize = 87;
/// A bit for each slot, 0 once it is locked.
pub(crate) const SLOTS_LOCKED: usize = 88;
const OPEN: u8 = 0x55;

impl Configuration {
    pub(crate) fn configuration_is_open(&self) -> bool {
        self.0[LOCK_CONFIGURATION] == OPEN
    }

    pub(crate) fn data_is_open(&self) -> bool {
        self.0[LOCK_VALUE] == OPEN
    }

    /// Whether it is the product's, and locked.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.configuration_is_open() || self.data_is_open() {
            return Err(Error::NotPersonalised);
        }
        self.check_content()
    }

    /// Whether it is the product's, locked or not.
    pub(crate) fn check_content(&self) -> Result<(), Error> {
        match (0..128).find(|place| !self.agrees_at(*place)) {
            None => Ok(()),
            Some(place) => Err(Error::OtherConfiguration(place)),
        }
    }

    fn agrees_at(&self, place: u8) -> bool {
        let (is, wanted) = (self.0[usize::from(place)], provisioning::CONFIGURATION[usize::from(place)]);
        match place {
            // What the maker writes and nobody else can; the counters' own form; UserExtra, which does nothing here.
            0..16 | 52..68 | 84..86 => true,
            // LockValue and LockConfig.
            86 | 87 => true,
            // Only the two slots can be locked.
            88 => is | 0x03 == 0xFF,
            _ => is == wanted,
        }
    }
}

impl Locks {
    pub(crate) const fn read(slots_locked: u8) -> Self {
        Self {
            key: slots_locked & (1 << provisioning::KEY_SLOT) == 0,
            secret: slots_locked & (1 << provisioning::SECRET_SLOT) == 0,
        }
    }
}
