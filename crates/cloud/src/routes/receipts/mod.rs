//! What is printed.

mod beside;
mod draw;
mod show;
mod wanted;

pub(super) use show::*;
