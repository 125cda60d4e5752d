//! Sentences that tell people what to do.

pub(super) mod codes;
pub(super) mod faults;
pub(super) mod sales;
