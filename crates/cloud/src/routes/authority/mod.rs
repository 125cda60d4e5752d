//! The way to the tax authority: its machines, what is wrong, how much waits.

mod alerts;
mod machines;
mod page;
mod summary;

pub(super) use self::{alerts::*, machines::*, page::page, summary::*};
