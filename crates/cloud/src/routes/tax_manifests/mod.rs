mod create;
mod list;
mod show;
mod view;

pub(super) use self::{create::*, list::*, show::*};
