mod change;
mod create;
mod list;
mod show;
mod view;
mod zone;

pub(super) use self::{change::*, create::*, list::*, show::*};
