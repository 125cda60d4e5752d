/// The text is no id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is {0}_ and 20 small letters or digits: copy all of it")]
pub struct IdFault(pub &'static str);

/// How many characters stand behind the prefix: 100 random bits.
const LENGTH: usize = 20;
/// Without those that people confuse.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes types of ids: a prefix of three letters, `_`, and 20 small letters or digits, which are 100 random bits. The crate
/// depends on this one under its own name.
///
/// ```
/// registry::ids! {
///     /// A parcel.
///     ParcelId "pcl";
/// }
/// assert_eq!(ParcelId::new([0; 20]).as_str(), "pcl_00000000000000000000");
/// ```
#[macro_export]
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
                Self($crate::write_id($prefix, random))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::IdFault;

            fn from_str(text: &str) -> ::core::result::Result<Self, $crate::IdFault> {
                $crate::read_id($prefix, text).map(Self)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

/// For [`ids!`]: the text of an id.
#[doc(hidden)]
pub fn write_id(prefix: &str, random: [u8; LENGTH]) -> String {
    let letters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    prefix.chars().chain(['_']).chain(letters).collect()
}

/// For [`ids!`]: the text, if it is an id's.
#[doc(hidden)]
pub fn read_id(prefix: &'static str, text: &str) -> Result<String, IdFault> {
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(IdFault(prefix))?;
    let is_right = rest.len() == LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte));
    if is_right { Ok(text.to_owned()) } else { Err(IdFault(prefix)) }
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
