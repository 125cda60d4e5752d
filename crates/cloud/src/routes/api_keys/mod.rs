mod create;
mod list;
mod revoke;
mod show;
mod view;

pub(super) use self::{create::*, list::*, revoke::*, show::*};
