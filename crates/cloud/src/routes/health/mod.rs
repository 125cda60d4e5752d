mod alive;
mod ready;

pub(super) use self::{alive::*, ready::*};
