//! The commands that are used, with the modes of `calib_command.h`.

use crate::{packet::Command, timing};

/// Zones of Read and Write: bits 0 and 1 of the mode; bit 7 is 32 bytes instead of 4.
const ZONE_CONFIGURATION: u8 = 0x00;
const ZONE_DATA: u8 = 0x02;
const BLOCK: u8 = 0x80;

/// Which silicon it is: `00 00 60 vv`.
pub(crate) const fn revision() -> Command<'static, 4> {
    Command { opcode: 0x30, mode: 0x00, param: 0, data: &[], longest_ms: timing::INFO_MS }
}

/// 32 random bytes; renews the generator's seed.
pub(crate) const fn random() -> Command<'static, 32> {
    Command { opcode: 0x1B, mode: 0x00, param: 0, data: &[], longest_ms: timing::RANDOM_MS }
}

/// Counter 0.
pub(crate) const fn counter() -> Command<'static, 4> {
    Command { opcode: 0x24, mode: 0x00, param: 0, data: &[], longest_ms: timing::COUNTER_MS }
}

/// Raises counter 0 and reads it.
pub(crate) const fn increment() -> Command<'static, 4> {
    Command { opcode: 0x24, mode: 0x01, param: 0, data: &[], longest_ms: timing::COUNTER_MS }
}

/// 32 of the 128 bytes of the configuration.
pub(crate) fn read_configuration(block: u8) -> Command<'static, 32> {
    let mode = ZONE_CONFIGURATION | BLOCK;
    Command { opcode: 0x02, mode, param: u16::from(block) << 3, data: &[], longest_ms: timing::READ_MS }
}

/// 4 of the 128 bytes of the configuration.
pub(crate) fn read_configuration_word(word: u8) -> Command<'static, 4> {
    let param = u16::from(word);
    Command { opcode: 0x02, mode: ZONE_CONFIGURATION, param, data: &[], longest_ms: timing::READ_MS }
}

/// Writes 4 of the 128 bytes of the configuration; only before it is locked.
#[cfg(feature = "factory")]
pub(crate) fn write_configuration_word(word: u8, bytes: &[u8; 4]) -> Command<'_, 1> {
    let param = u16::from(word);
    Command { opcode: 0x12, mode: ZONE_CONFIGURATION, param, data: bytes, longest_ms: timing::WRITE_MS }
}

/// The first 32 bytes of a slot.
pub(crate) fn read_slot(slot: u8) -> Command<'static, 32> {
    let param = u16::from(slot) << 3;
    Command { opcode: 0x02, mode: ZONE_DATA | BLOCK, param, data: &[], longest_ms: timing::READ_MS }
}

/// Writes the first 32 bytes of a slot.
pub(crate) fn write_slot(slot: u8, bytes: &[u8; 32]) -> Command<'_, 1> {
    let param = u16::from(slot) << 3;
    Command { opcode: 0x12, mode: ZONE_DATA | BLOCK, param, data: bytes, longest_ms: timing::WRITE_MS }
}

/// Makes a private key in a slot and answers with its public half: X and Y.
pub(crate) fn make_key(slot: u8) -> Command<'static, 64> {
    let param = u16::from(slot);
    Command { opcode: 0x40, mode: 0x04, param, data: &[], longest_ms: timing::GEN_KEY_MS }
}

/// The public half of the key in a slot: X and Y.
pub(crate) fn public_key(slot: u8) -> Command<'static, 64> {
    let param = u16::from(slot);
    Command { opcode: 0x40, mode: 0x00, param, data: &[], longest_ms: timing::GEN_KEY_MS }
}

/// Puts a hash where Sign looks for it: Nonce, passed through, into the message digest buffer.
pub(crate) fn load_hash(hash: &[u8; 32]) -> Command<'_, 1> {
    Command { opcode: 0x16, mode: 0x43, param: 0, data: hash, longest_ms: timing::NONCE_MS }
}

/// Signs what is in the message digest buffer, an external message: r and s.
pub(crate) fn sign(slot: u8) -> Command<'static, 64> {
    let param = u16::from(slot);
    Command { opcode: 0x41, mode: 0xA0, param, data: &[], longest_ms: timing::SIGN_MS }
}

/// Makes one slot unchangeable, for good.
pub(crate) fn lock_slot(slot: u8) -> Command<'static, 1> {
    let mode = 0x02 | (slot << 2);
    Command { opcode: 0x17, mode, param: 0, data: &[], longest_ms: timing::LOCK_MS }
}

/// Makes the configuration unchangeable, for good, if this is its check sum.
#[cfg(feature = "factory")]
pub(crate) const fn lock_configuration(check_sum: u16) -> Command<'static, 1> {
    Command { opcode: 0x17, mode: 0x00, param: check_sum, data: &[], longest_ms: timing::LOCK_MS }
}

/// Puts the slots under the rules of the configuration, for good, whatever they hold.
#[cfg(feature = "factory")]
pub(crate) const fn lock_data() -> Command<'static, 1> {
    Command { opcode: 0x17, mode: 0x81, param: 0, data: &[], longest_ms: timing::LOCK_MS }
}
