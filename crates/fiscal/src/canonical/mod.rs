//! The one byte form of what an invoice says (P1, P3): JSON without a choice.
//!
//! The order of members is fixed and there is no white space, so reading is comparing: at each place only one member
//! can stand. Nothing is copied or allocated; the three arrays are read once to check them and again, element by
//! element, when someone asks for them.

mod cursor;
mod list;
mod read;
mod read_annex;
mod write;

pub use list::{List, ListIter};

pub(crate) use read::read_invoice;
