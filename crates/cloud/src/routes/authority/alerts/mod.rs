//! What needs someone.

mod close;
mod list;
mod view;

pub(crate) use self::{close::*, list::*};
