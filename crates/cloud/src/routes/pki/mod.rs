//! What others need to look at devices' certificates and seals themselves.

mod certificates;
mod trust;

pub(super) use self::{certificates::*, trust::*};
