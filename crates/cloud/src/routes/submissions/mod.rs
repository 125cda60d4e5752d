//! Invoices on their way to the tax authority.

mod export;
mod list;
mod retry;
mod seen;
mod settle;
mod show;
mod standing;
mod view;
mod withdraw;
mod words;

pub(super) use self::{export::*, list::*, retry::*, settle::*, show::*, withdraw::*};
pub(super) use self::{seen::Seen, standing::Standing, view::time_of};
