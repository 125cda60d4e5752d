mod close;
mod current;
mod open;

pub(super) use self::{close::*, current::*, open::*};
