//! What an outlet sold: closures (Z), the day so far (X), articles (A). None reads more than its period.

mod closure;

pub(crate) use closure::closure_of;
