//! What an outlet sold: Z closes a business day, X shows what is sold so far, A counts articles.

mod articles;
mod by_device;
mod close;
mod closed;
mod csv;
mod day;
mod document;
mod form;
mod snapshot;

pub(super) use self::{articles::*, close::*, closed::*, day::*, snapshot::*};
