mod change;
mod create;
mod list;
mod reinvite;
mod show;
mod view;

pub(super) use self::{change::*, create::*, list::*, reinvite::*, show::*, view::InvitationView};
