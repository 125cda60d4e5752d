//! What `otp-locks.json` must say, and why: which pages of the OTP are closed.
//!
//! A lock is one byte three times over: two bits each for secure code, for other code and for the boot ROM's loader, 0
//! read and write, 1 read, 3 nothing (datasheet 13.5). Bits are only ever added, so a lock can be closed further and
//! never opened. A lock is protected by itself, so it is loaded last: it ends the loader's own writing. (Locks of the
//! pages from 32 on would need `picotool otp permissions` on chips with the erratum RP2350-E15.)

use serde_json::{Map, Value};

use super::otp::number;

/// A page's lock.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// The page, of 64 rows.
    pub page: u32,
    /// For the firmware.
    pub secure: Access,
    /// For code that is not secure: there is none.
    pub other: Access,
    /// For the loader, which is off too.
    pub loader: Access,
    /// Why.
    pub reason: &'static str,
}

/// What may be done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Access {
    /// Everything.
    Write = 0,
    /// Reading.
    Read = 1,
    /// Nothing.
    None = 3,
}

const fn lock(page: u32, secure: Access, loader: Access, reason: &'static str) -> Lock {
    Lock { page, secure, other: Access::None, loader, reason }
}

/// All locks. Page 0 is locked by the chip's maker.
pub const LOCKS: &[Lock] = &[
    lock(1, Access::Write, Access::Read, "settings of the ROM, which itself counts rollback versions there"),
    lock(2, Access::Read, Access::Read, "the hash of the firmware's key"),
    lock(16, Access::Read, Access::None, "the factory page, first half"),
    lock(17, Access::Read, Access::None, "the factory page, second half"),
];

impl Lock {
    /// Its row, by the name of `otp_data.h`.
    pub fn name(&self) -> String {
        format!("PAGE{}_LOCK1", self.page)
    }

    /// Its row's 24 bits.
    pub const fn word(&self) -> u32 {
        let byte = self.secure as u32 | (self.other as u32) << 2 | (self.loader as u32) << 4;
        byte | byte << 8 | byte << 16
    }
}

/// Checks a file against the table: the same locks, no other row.
pub fn check(file: &str) -> Result<(), LockFault> {
    let rows: Map<String, Value> =
        serde_json::from_str(file).map_err(|fault| LockFault::NotJson(fault.to_string()))?;
    let known = |name: &str| LOCKS.iter().any(|lock| lock.name() == name);
    if let Some(name) = rows.keys().find(|name| *name != "$schema" && !known(name)) {
        return Err(LockFault::Unknown(name.clone()));
    }
    for lock in LOCKS {
        if rows.get(&lock.name()).and_then(number) != Some(lock.word()) {
            return Err(LockFault::Wrong { name: lock.name(), word: lock.word(), reason: lock.reason });
        }
    }
    Ok(())
}

/// Why a file of locks is not burnt in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockFault {
    /// Its form.
    #[error("no JSON object: {0}")]
    NotJson(String),
    /// A row that is no reviewed lock.
    #[error("row {0} is no lock of the reviewed table: add it there with a reason, or take it out")]
    Unknown(String),
    /// Missing, or another value.
    #[error("row {name} must be {word:#08x}: {reason}")]
    Wrong {
        /// The row.
        name: String,
        /// Its 24 bits.
        word: u32,
        /// Why.
        reason: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        burnt::{FACTORY_ROW, FACTORY_ROWS, PAGE_ROWS},
        factory::LOCKS_JSON,
    };

    fn file() -> Value {
        serde_json::from_str(LOCKS_JSON).unwrap()
    }

    #[test]
    fn each_lock_must_be_there_raw_and_as_the_table_says() {
        for lock in LOCKS {
            for change in
                [json!(null), json!({"ecc": true, "value": lock.word()}), json!({"ecc": false, "value": 0})]
            {
                let mut changed = file();
                changed[lock.name()] = change;
                assert!(matches!(check(&changed.to_string()), Err(LockFault::Wrong { .. })));
            }
        }
    }

    #[test]
    fn no_other_row_is_written() {
        for name in ["PAGE1_LOCK0", "PAGE3_LOCK1", "62:3", "16:0", "PAGE63_LOCK0"] {
            let mut changed = file();
            changed[name] = json!("0x3f3f3f");
            assert_eq!(check(&changed.to_string()), Err(LockFault::Unknown(name.into())));
        }
    }

    #[test]
    fn the_whole_factory_page_is_closed_for_writing() {
        for row in FACTORY_ROW..FACTORY_ROW + FACTORY_ROWS {
            let lock = LOCKS.iter().find(|lock| lock.page == u32::from(row / PAGE_ROWS)).unwrap();
            assert_eq!((lock.secure, lock.loader), (Access::Read, Access::None));
        }
    }

    #[test]
    fn the_rom_can_go_on_counting_rollback_versions() {
        let lock = LOCKS.iter().find(|lock| lock.page == 1).unwrap();
        assert_eq!(lock.secure, Access::Write);
    }

    #[test]
    fn no_lock_would_open_what_a_new_chip_has_closed() {
        // A new chip has 0x040404 for pages 1 and 2: other code reads them only.
        for lock in LOCKS.iter().filter(|lock| lock.page < 3) {
            assert_eq!(lock.word() & 0x04_0404, 0x04_0404);
        }
    }

    #[test]
    fn the_bits_are_the_vendors() {
        use rp_pac::otp_data_raw::{regs::PageLock1, vals::PageLock};
        let vendor = |access| match access {
            Access::Write => PageLock::READ_WRITE,
            Access::Read => PageLock::READ_ONLY,
            Access::None => PageLock::INACCESSIBLE,
        };
        for lock in LOCKS {
            let mut word = PageLock1(0);
            word.set_lock_s(vendor(lock.secure));
            word.set_lock_ns(vendor(lock.other));
            word.set_lock_bl(vendor(lock.loader));
            let byte = word.0 as u8;
            word.set_r1(byte);
            word.set_r2(byte);
            assert_eq!(lock.word(), word.0);
        }
    }
}
