mod change;
mod create;
mod list;
mod show;
mod view;

pub(super) use self::{change::*, create::*, list::*, show::*};
