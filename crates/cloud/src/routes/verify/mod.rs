//! What anybody may ask of a receipt. Whatever is not so has one answer, and it comes at one pace (L9, S6).

mod claim;
mod number;
mod scan;
mod scan_body;
mod search;
mod verified;

pub(super) use self::{number::*, scan::*, scan_body::*};
