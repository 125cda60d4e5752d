mod change;
mod create;
mod delete;
mod list;
mod owner;
mod show;
mod view;

pub(crate) use self::{change::*, create::*, delete::*, list::*, show::*};
