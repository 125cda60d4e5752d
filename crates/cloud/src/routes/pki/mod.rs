//! What others need to look at devices' certificates and seals themselves.

mod certificates;
mod kept;
mod trust;

pub(crate) use self::kept::Published;
pub(super) use self::{certificates::*, trust::*};
