//! What handlers take from a request, or a problem that says what is wrong with it.

mod body;
mod json;
mod listed;
mod member;
mod page;
mod path;
mod query;
mod said;

pub(crate) use body::{media_type, read_body};
pub(crate) use json::{Json, LargeJson};
pub(crate) use listed::Listed;
pub(crate) use member::{Time, given, id, member};
pub(crate) use page::Page;
pub(crate) use path::{Id, Ids, not_found};
pub(crate) use query::Query;
