//! What is printed.

mod draw;
mod show;
mod wanted;

pub(super) use show::*;
