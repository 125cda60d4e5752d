use core::fmt;

use sha2::{Digest, Sha256};

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            /// In lower-case hexadecimal.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}

hashes! {
    /// SHA-256 of a canonical payload, or of the body of another record: the identity of a sale (L4).
    PayloadHash;
    /// SHA-256 of header and [`ChainDigest`]: what is signed, and what the next record names (S2).
    RecordHash;
    /// D: SHA-256 over what a receipt does not show, the payload's hash and the place in the chain (S2).
    ChainDigest;
}

impl PayloadHash {
    /// Of a payload or a body.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl RecordHash {
    /// What the first record of a first chain names as the one before.
    pub const NONE: Self = Self([0; 32]);
}
