//! Secrets that are shown once, and of which only hashes are kept.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The text is no secret of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of this kind is {0} and 43 characters: copy all of it")]
pub struct KeyFault(pub &'static str);

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// What it begins with, for tools that look for lost secrets.
            pub const PREFIX: &str = $prefix;

            /// From randomness.
            pub fn new(random: [u8; 32]) -> Self {
                Self(Zeroizing::new(format!("{}{}", $prefix, Base64UrlUnpadded::encode_string(&random))))
            }

            /// To be shown once.
            pub fn reveal(&self) -> &str {
                &self.0
            }

            /// What is kept.
            pub fn hash(&self) -> KeyHash {
                KeyHash(Sha256::digest(self.0.as_bytes()).into())
            }
        }

        impl FromStr for $name {
            type Err = KeyFault;

            fn from_str(text: &str) -> Result<Self, KeyFault> {
                let mut random = Zeroizing::new([0; 32]);
                let secret = text.strip_prefix($prefix).ok_or(KeyFault($prefix))?;
                let decoded = Base64UrlUnpadded::decode(secret, random.as_mut()).map_err(|_| KeyFault($prefix))?;
                if decoded.len() == 32 { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(KeyFault($prefix)) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(", $prefix, "…)"))
            }
        }
    )*};
}

secrets! {
    /// A till's or program's key: `stk_` and 32 random bytes in base64url.
    ApiKey "stk_";
    /// What a person who signed in shows with each question: `sts_` and 32 random bytes in base64url.
    SessionToken "sts_";
    /// With it an invited person chooses a password, once: `sti_` and 32 random bytes in base64url.
    InvitationToken "sti_";
}

/// SHA-256 of a secret's text. A secret has 256 random bits, so that nobody finds it from its hash, and a hash may be
/// looked up like any other id: how long that takes tells nothing of a secret that has the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash([u8; 32]);

/// The text is no hash of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hash of a key is sha256: and 64 hexadecimal digits: copy all of it")]
pub struct KeyHashFault;

impl KeyHash {
    const PREFIX: &str = "sha256:";

    /// As it is kept: 64 small hexadecimal digits.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl FromStr for KeyHash {
    type Err = KeyHashFault;

    fn from_str(text: &str) -> Result<Self, KeyHashFault> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(KeyHashFault)?;
        // It is read as every other SHA-256 is.
        fiscal::PayloadHash::from_hex(digits).map(|hash| Self(hash.0)).ok_or(KeyHashFault)
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_never_printed() {
        let key = ApiKey::new([7; 32]);
        assert_eq!(key.reveal().len(), 4 + 43);
        assert_eq!(key.reveal().parse::<ApiKey>().unwrap(), key);
        assert_eq!(key.hash().to_string().parse::<KeyHash>(), Ok(key.hash()));
        // The same randomness in a key and a session makes no door that both open.
        assert_ne!(key.hash(), SessionToken::new([7; 32]).hash());
        let shown = format!("{key:?} {:?} {:?}", SessionToken::new([7; 32]), InvitationToken::new([7; 32]));
        assert_eq!(shown, "ApiKey(stk_…) SessionToken(sts_…) InvitationToken(sti_…)");
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = ApiKey::new([7; 32]);
        let (shorter, longer) = (&key.reveal()[..46], format!("{}A", key.reveal()));
        let session = SessionToken::new([7; 32]);
        for wrong in [
            "",
            "stk_",
            "stk_AAAA",
            shorter,
            &longer,
            session.reveal(),
            "STK_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
            // The two last bits are no part of 32 bytes.
            "stk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd",
        ] {
            assert_eq!(wrong.parse::<ApiKey>(), Err(KeyFault("stk_")), "{wrong:?}");
        }
        assert!("sha256:12".parse::<KeyHash>().is_err() && "md5:00".parse::<KeyHash>().is_err());
    }
}
