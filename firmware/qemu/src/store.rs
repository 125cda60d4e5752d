//! Keeps the state in two sectors of a flash, through any power cut.

use core::cell::RefCell;

use embedded_storage::nor_flash::NorFlash;

use crate::{
    entry::{Entry, Kept, LENGTH},
    layout::ENTRIES,
};

/// How many entries a sector has.
const SLOTS: u32 = 4096 / LENGTH as u32;
const BLANK: Entry = [0xFF; LENGTH];

/// The state of the secure element and the clock, kept in a flash and shared between the two.
///
/// Each change appends an entry with the whole state; the newest whole one counts. A cut leaves the state before or
/// after. At every start the state that was found is appended again, so that an entry which a cut left half programmed,
/// and which reads well today, does not decide a second time.
///
/// Where entries are and none is whole, there was a state, and it is gone. The one exception is a new flash whose first
/// start was cut: all that is there then are parts of the first entry, whose content is known.
#[derive(Debug)]
pub struct Keeper<F>(RefCell<Result<Store<F>, StoreFault>>);

/// Why nothing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The flash does not do as told.
    #[error("the secure element's flash failed: start again, and replace the board if it goes on")]
    Flash,
    /// There was a state and it is gone.
    #[error("the secure element's entries are damaged: restore the file from its copy")]
    Damaged,
}

impl StoreFault {
    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Flash => "STORE_FLASH",
            Self::Damaged => "STORE_DAMAGED",
        }
    }
}

impl<F: NorFlash> Keeper<F> {
    /// Finds the state. One that is damaged shows whenever it is asked for.
    pub fn open(flash: F) -> Self {
        Self(RefCell::new(Store::open(flash)))
    }

    /// What is kept.
    pub fn state(&self) -> Result<Kept, StoreFault> {
        self.0.borrow().as_ref().map(|store| store.state).map_err(|fault| *fault)
    }

    /// Changes what is kept. When this returns it is on the flash.
    pub fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<Kept, StoreFault> {
        let mut store = self.0.borrow_mut();
        let store = store.as_mut().map_err(|fault| *fault)?;
        let mut state = store.state;
        change(&mut state);
        store.append(state)?;
        Ok(state)
    }
}

#[derive(Debug)]
struct Store<F> {
    flash: F,
    state: Kept,
    sequence: u32,
    /// The next entry's place.
    next: Slot,
}

/// A place for an entry; the one behind a sector's last is no place, but says that the sector is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    sector: usize,
    index: u32,
}

impl<F: NorFlash> Store<F> {
    fn open(flash: F) -> Result<Self, StoreFault> {
        // Behind the second sector's end: the first entry begins the first sector, erased as every sector.
        let next = Slot { sector: 1, index: SLOTS };
        let mut store = Self { flash, state: Kept::default(), sequence: 0, next };
        let mut is_lost = false;
        for sector in [0, 1] {
            let (mut newest_here, mut end) = (false, 0);
            for index in 0..SLOTS {
                let entry = store.read(Slot { sector, index })?;
                if entry == BLANK {
                    continue;
                }
                end = index + 1;
                is_lost |= !is_of_first_start(&entry);
                if let Some((sequence, state)) = Kept::from_entry(&entry)
                    && sequence > store.sequence
                {
                    (store.sequence, store.state, newest_here) = (sequence, state, true);
                }
            }
            if newest_here {
                store.next = Slot { sector, index: end };
            }
        }
        if store.sequence == 0 && is_lost {
            return Err(StoreFault::Damaged);
        }
        store.append(store.state)?;
        Ok(store)
    }

    fn append(&mut self, state: Kept) -> Result<(), StoreFault> {
        let entry = state.to_entry(self.sequence + 1);
        // An entry that does not read as it was written is left behind, and counts no more than a torn one.
        for _ in 0..SLOTS {
            let slot = self.place()?;
            let written = self.flash.write(slot.address(), &entry).is_ok();
            self.next.index += 1;
            if written && self.read(slot)? == entry {
                (self.state, self.sequence) = (state, self.sequence + 1);
                return Ok(());
            }
        }
        Err(StoreFault::Flash)
    }

    /// Where the next entry goes. The sector that is erased for it has older entries only than the full one.
    fn place(&mut self) -> Result<Slot, StoreFault> {
        if self.next.index == SLOTS {
            let sector = 1 - self.next.sector;
            let start = ENTRIES[sector];
            self.flash.erase(start, start + SLOTS * LENGTH as u32).map_err(|_| StoreFault::Flash)?;
            self.next = Slot { sector, index: 0 };
        }
        Ok(self.next)
    }

    fn read(&mut self, slot: Slot) -> Result<Entry, StoreFault> {
        let mut entry = BLANK;
        self.flash.read(slot.address(), &mut entry).map_err(|_| StoreFault::Flash)?;
        Ok(entry)
    }
}

/// Whether a cut while the first entry of all was programmed, or while that was erased, can leave this: bits that a whole
/// one has cleared may be set still, no others are cleared.
fn is_of_first_start(entry: &Entry) -> bool {
    let first = Kept::default().to_entry(1);
    entry.iter().zip(first).all(|(there, whole)| there & whole == whole)
}

impl Slot {
    const fn address(self) -> u32 {
        ENTRIES[self.sector] + self.index * LENGTH as u32
    }
}

#[cfg(test)]
mod tests;
