mod accept;

pub(super) use self::accept::*;
