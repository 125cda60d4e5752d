//! People: who invites whom, who signs in and who does not, and what is left of it.

mod acts;
mod at_once;
mod changes;
mod factors;
mod grants;
mod invitations;
mod leaks;
mod passwords;
mod sessions;
mod staff;
mod tries;

pub(crate) use self::{
    acts::*, at_once::*, changes::*, factors::*, grants::*, invitations::*, leaks::*, passwords::*,
    sessions::*, tries::*,
};
