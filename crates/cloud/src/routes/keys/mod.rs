mod list;

pub(super) use self::list::*;
