use std::{fmt, str::FromStr};

/// The text is no id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is {0}_ and 20 small letters or digits: copy all of it")]
pub struct IdFault(pub &'static str);

/// How many characters stand behind the prefix: 100 random bits.
const LENGTH: usize = 20;
/// Without those that people confuse.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// What it begins with.
            pub const PREFIX: &str = $prefix;

            /// From randomness.
            pub fn new(random: [u8; 20]) -> Self {
                let letters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
                Self([concat!($prefix, "_")].into_iter().flat_map(str::chars).chain(letters).collect())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdFault;

            fn from_str(text: &str) -> Result<Self, IdFault> {
                let rest = text.strip_prefix(concat!($prefix, "_")).ok_or(IdFault($prefix))?;
                let right = rest.len() == LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte));
                if right { Ok(Self(text.to_owned())) } else { Err(IdFault($prefix)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A merchant: one taxpayer, whose things nobody else sees.
    MerchantId "mer";
    /// A person.
    UserId "usr";
    /// An API key; its secret is another text.
    ApiKeyId "key";
    /// A session of a person who signed in.
    SessionId "ses";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_text_is_one() {
        let id = MerchantId::new([31; 20]);
        assert_eq!(id.as_str(), "mer_zzzzzzzzzzzzzzzzzzzz");
        assert_eq!(id.as_str().parse::<MerchantId>(), Ok(id.clone()));
        for wrong in
            ["", "mer_", "usr_zzzzzzzzzzzzzzzzzzzz", "mer_zzzzzzzzzzzzzzzzzzz", "mer_zzzzzzzzzzzzzzzzzzzi"]
        {
            assert_eq!(wrong.parse::<MerchantId>(), Err(IdFault("mer")), "{wrong}");
        }
    }
}
