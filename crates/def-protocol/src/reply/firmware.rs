use serde::{Deserialize, Serialize};

use super::Accepted;

/// The answer to `ADM|FIRMWARE`. `T` is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareProgress<T> {
    /// OK.
    pub status: Accepted,
    /// Which firmware was ordered.
    pub version: T,
    /// How many bytes of it have come; the next piece begins there.
    pub received: u32,
    /// How many it has.
    pub length: u32,
    /// All have come and are what was ordered: the device starts it now, on trial.
    pub restarts: bool,
}
