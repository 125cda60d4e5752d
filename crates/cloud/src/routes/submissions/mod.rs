//! Invoices on their way to the tax authority.

mod export;
mod hand_out;
mod import;
mod import_words;
mod list;
mod retry;
mod seen;
mod settle;
mod show;
mod standing;
mod view;
mod withdraw;

pub use import_words::{of_fault as row_words, of_incomplete as incomplete_words};

pub(super) use self::{
    export::*, hand_out::*, import::*, list::*, retry::*, settle::*, show::*, withdraw::*,
};
pub(super) use self::{
    seen::{Affairs, Seen},
    standing::Standing,
    view::{said, time_of},
};
