//! Fiscal memories: registered, watched, and taken out of use.

mod end;
mod list;
mod page;
mod register;
mod request;
mod rotate;
mod show;
mod view;

pub(super) use self::{end::*, list::*, page::page, register::*, request::*, rotate::*, show::*};
