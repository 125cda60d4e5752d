use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

macro_rules! clocks {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// So much later.
            pub fn plus(self, time: Duration) -> Self {
                Self(self.0.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
            }

            /// So much earlier.
            pub fn minus(self, time: Duration) -> Self {
                Self(self.0.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
            }

            /// How long this is after `earlier`; nothing when it is not, which a clock that was set back may say.
            pub const fn since(self, earlier: Self) -> Duration {
                Duration::from_millis(self.0.saturating_sub(earlier.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

clocks! {
    /// A time by our own clock: milliseconds since 1970, UTC. Our clock may jump, so nothing that is final is concluded
    /// from it alone.
    At;
    /// A time by the authority's clock: milliseconds since 1970 as its status wrote them. It is never compared with [`At`].
    Theirs;
}

impl At {
    /// Of what is never due by itself.
    pub const NEVER: Self = Self(i64::MAX.cast_unsigned());
}
