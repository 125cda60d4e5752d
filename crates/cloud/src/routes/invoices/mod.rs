mod batch;
mod create;
mod document;
mod list;
mod offered;
mod show;
mod status;
mod view;

pub(super) use self::{batch::*, create::*, list::*, show::*, status::*};
