//! What the part may take, from "AC Electrical Characteristics" (9.6) of the data sheets: the largest figure among the
//! parts that are known here.

/// Awake after a release from power-down, in microseconds (tRES1: 3).
pub const WAKE_US: u32 = 3;
/// Ready after a software reset, in microseconds (tRST: 30).
pub const RESET_US: u32 = 30;
/// Between two questions whether a program is done, in microseconds. A page takes 400 to 700 as a rule.
pub const PROGRAM_POLL_US: u32 = 20;
/// The longest program of a page, in microseconds (tPP: 3,000 and 3,500; here with as much again for age).
pub const PROGRAM_LIMIT_US: u32 = 7_000;
/// Between two questions whether an erase is done, in microseconds. A sector takes 45,000 to 50,000 as a rule.
pub const ERASE_POLL_US: u32 = 500;
/// The longest erase of a sector, in microseconds (tSE: 400,000; here with as much again for age).
pub const ERASE_LIMIT_US: u32 = 800_000;
