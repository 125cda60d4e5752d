//! Leave to credit an original at the device that holds the line, though the device does not hold it (L5).

mod create;
mod given;

pub(super) use self::create::*;
pub(crate) use self::create::{create, vouch_for};
pub(crate) use self::given::with_voucher;
