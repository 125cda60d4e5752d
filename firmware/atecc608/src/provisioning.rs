//! How the product's chip is personalised: its configuration as data, and the factory's step.
//!
//! # The slots
//! | slot | what | may be read | may be changed | locked |
//! |---|---|---|---|---|
//! | 0 | the sealing key, P-256, made on the chip | never; its public half always | by GenKey only, until it is locked | by INIT |
//! | 1 | the journal secret, 32 random bytes | in the clear | by Write, until it is locked | by INIT |
//! | 2–15 | nothing | never | never | with the data zone |
//!
//! | slot | SlotConfig | KeyConfig | |
//! |---|---|---|---|
//! | 0 | `81 20` | `33 00` | secret; signs external messages only (no ECDH, no internal ones); GenKey allowed, PrivWrite not; private P-256, public half to be had, lockable |
//! | 1 | `00 00` | `3C 00` | not secret, always to be written; plain data, lockable |
//! | 2–15 | `9F 8F` | `1C 00` | secret, no MAC, read and written never; plain data, not lockable |
//!
//! The rest: I2C address C0h; no CountMatch, so that a counter is raised by its command only; ChipMode 00h (watchdog
//! of 1.3 s, the fastest clock); no transport lock, volatile key permission, secure boot, KDF, or IO protection.
//!
//! # The key's life
//! The factory's step (`Personalisation`, with the feature `factory` only) writes the configuration and locks both
//! zones. It makes no key: whoever has the device before its merchant could use one. INIT makes secret and key
//! ([`SecureElement::make_key`]), each locked before the next step, the key last. A slot that is not locked counts as
//! empty, so an INIT that was interrupted makes them anew; a key that was shown is the only one the chip will ever
//! have. Counter 0 starts at 0, and nothing resets it.
//!
//! # The journal secret
//! It keeps others from writing a journal onto the flash that the device would believe. Whoever has only the flash
//! does not have it; whoever can listen on the bus can read it, as he can let the chip sign. It is stored, not derived
//! (KDF, MAC, ECDH), because the answer to a derivation crosses the same bus, and a stored secret can be locked. A
//! reading that is encrypted for a key in the controller's OTP memory would be the next step.
//!
//! [`SecureElement::make_key`]: def_engine::board::SecureElement::make_key

/// The slot of the sealing key.
pub const KEY_SLOT: u8 = 0;
/// The slot of the journal secret.
pub const SECRET_SLOT: u8 = 1;

/// The configuration zone as the product wants it. What it says of bytes 0–15 and 84–87 is not written: the first are
/// the maker's, the others UserExtra, UserExtraAdd, LockValue and LockConfig, which only commands change.
#[rustfmt::skip]
pub const CONFIGURATION: [u8; 128] = [
    // Serial number and revision; AES_Enable, I2C_Enable: the maker's.
    0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,
    // 16: I2C_Address, reserved, CountMatch, ChipMode.
    0xC0, 0x00, 0x00, 0x00,
    // 20: SlotConfig of the slots 0 to 15.
    0x81, 0x20,  0x00, 0x00,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,
    0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,  0x9F, 0x8F,
    // 52: Counter 0 and Counter 1, both 0 in their own form.
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,  0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
    // 68: UseLock, VolatileKeyPermission, SecureBoot (2), KdfIvLoc, KdfIvStr (2), reserved (9).
    0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00,  0, 0, 0, 0, 0, 0, 0, 0, 0,
    // 84: UserExtra, UserExtraAdd, LockValue, LockConfig.
    0x00, 0x00, 0x00, 0x00,
    // 88: SlotLocked (2), ChipOptions (2), X509format (4).
    0xFF, 0xFF,  0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    // 96: KeyConfig of the slots 0 to 15.
    0x33, 0x00,  0x3C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,
    0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,  0x1C, 0x00,
];

#[cfg(feature = "factory")]
pub use personalisation::Personalisation;

#[cfg(feature = "factory")]
mod personalisation;
