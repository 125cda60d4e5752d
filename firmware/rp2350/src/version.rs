//! Which firmware this is.

use def_engine::Firmware;

/// What the status, boot records and the image's header say. The build number rises with every release: the engine
/// and the boot ROM both go by it.
pub const FIRMWARE: Firmware = Firmware { version: env!("CARGO_PKG_VERSION"), build: 1 };

/// The boot ROM refuses images below the rollback version that is burnt in, and burns in a higher one when such an
/// image starts for good. Raise it only when a release before must never run again: it can be raised 47 times.
pub const ROLLBACK: u16 = 1;

/// The highest rollback version: two groups of 24 bits count it (datasheet 5.9.2.1).
pub const ROLLBACK_LIMIT: u16 = 47;

const _: () = assert!(ROLLBACK <= ROLLBACK_LIMIT, "the rollback version has no bit left");
