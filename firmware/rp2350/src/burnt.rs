//! What is burnt into the chip: who the device is, and that nobody looks into it.
//!
//! The factory page stands in OTP, not in the flash: the flash is a die of its own that can be written by whoever
//! reaches it, and who could change the page could give the device another root and then sign his own orders. It has
//! 256 bytes, which with error correction are 128 rows of two bytes, the low one first: pages 16 and 17, which the boot
//! ROM leaves to us. Rows with error correction cannot be changed once they are written, not even in single bits, and
//! `otp-locks.json` closes both pages for everything but reading by this program.

use def_engine::{FactoryPage, PageFault};

/// The first row of the factory page: page 16 of 64 rows.
pub const FACTORY_ROW: u16 = 16 * PAGE_ROWS;

/// How many rows it has.
pub const FACTORY_ROWS: u16 = FactoryPage::LENGTH as u16 / 2;

/// How many rows a page of the OTP has.
pub const PAGE_ROWS: u16 = 64;

/// Reads the factory page; `row` gives a row's corrected value, none when it may not be read.
pub fn factory_page(mut row: impl FnMut(u16) -> Option<u16>) -> Result<FactoryPage, PageFault> {
    let mut page = [0; FactoryPage::LENGTH];
    for (at, bytes) in page.chunks_exact_mut(2).enumerate() {
        let value = row(FACTORY_ROW + at as u16).ok_or(PageFault::Damaged)?;
        bytes.copy_from_slice(&value.to_le_bytes());
    }
    FactoryPage::read(&page)
}

/// What the chip says of its debug port: three registers of the OTP block (datasheet 13.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugPort {
    /// `CRITICAL`: what was burnt in, as the start read it.
    pub critical: u32,
    /// `DEBUGEN`: what the program opened.
    pub opened: u32,
    /// `DEBUGEN_LOCK`: what it can no longer open.
    pub locked: u32,
}

/// `CRITICAL`: secure debugging is off for good.
const SECURE_DEBUG_DISABLE: u32 = 1 << 1;
/// `CRITICAL`: all debugging is off for good.
const DEBUG_DISABLE: u32 = 1 << 2;
/// All bits of `DEBUGEN` and `DEBUGEN_LOCK`: both processors, each also secure, and the rest.
pub const DEBUG_ENABLES: u32 = 0x10F;

impl DebugPort {
    /// Whether it is closed for good: burnt in, and this program neither opened it nor can until the next start.
    pub const fn is_closed(&self) -> bool {
        let burnt = SECURE_DEBUG_DISABLE | DEBUG_DISABLE;
        self.critical & burnt == burnt
            && self.opened & DEBUG_ENABLES == 0
            && self.locked & DEBUG_ENABLES == DEBUG_ENABLES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: DebugPort =
        DebugPort { critical: SECURE_DEBUG_DISABLE | DEBUG_DISABLE, opened: 0, locked: DEBUG_ENABLES };

    #[test]
    fn a_page_that_was_burnt_is_read() {
        let page = crate::factory::tests::page();
        let bytes = page.to_bytes();
        let mut rows = Vec::new();
        let read = factory_page(|row| {
            rows.push(row);
            let at = usize::from(row - FACTORY_ROW) * 2;
            Some(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
        });
        assert_eq!(read, Ok(page));
        assert_eq!(rows, (0x400..0x480).collect::<Vec<_>>());
    }

    #[test]
    fn a_blank_chip_has_no_page_and_a_locked_one_a_damaged() {
        assert_eq!(factory_page(|_| Some(0)), Err(PageFault::Missing));
        assert_eq!(factory_page(|_| None), Err(PageFault::Damaged));
        let last = FACTORY_ROW + FACTORY_ROWS - 1;
        assert_eq!(factory_page(|row| (row != last).then_some(0)), Err(PageFault::Damaged));
    }

    #[test]
    fn the_debug_port_is_closed_only_when_all_says_so() {
        assert!(CLOSED.is_closed());
        for bit in (0..32).filter(|bit| DEBUG_ENABLES & 1 << bit != 0) {
            assert!(!DebugPort { opened: 1 << bit, ..CLOSED }.is_closed());
            assert!(!DebugPort { locked: DEBUG_ENABLES & !(1 << bit), ..CLOSED }.is_closed());
        }
        assert!(!DebugPort { critical: DEBUG_DISABLE, ..CLOSED }.is_closed());
        assert!(!DebugPort { critical: SECURE_DEBUG_DISABLE, ..CLOSED }.is_closed());
    }
}
