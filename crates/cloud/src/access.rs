//! Who may ask for what: API keys of which only hashes are kept.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::OutletId;
use sha2::{Digest, Sha256};

/// The hashes of all keys, and what each is good for.
#[derive(Clone, Debug, Default)]
pub struct Access {
    keys: Vec<(KeyHash, Grant)>,
}

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Selling and asking for one outlet; all others are as if they were not there.
    Outlet(OutletId),
    /// All outlets.
    Operator,
}

/// A key: `stk_` and 32 random bytes in base64url. It is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// SHA-256 of a key's text. A key has 256 random bits, so that nobody finds it from its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

/// The text is no key, or no hash of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API key is stk_ and 43 characters: copy all of it")]
pub struct KeyFault;

impl Access {
    /// From hashes.
    pub fn new(keys: Vec<(KeyHash, Grant)>) -> Self {
        Self { keys }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody may ask for anything.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What a key is good for. It takes as long for a right key as for a wrong one.
    pub fn grant(&self, key: &ApiKey) -> Option<Grant> {
        let hash = key.hash();
        let mut found = None;
        for (known, grant) in &self.keys {
            if known.equals(hash) {
                found = Some(*grant);
            }
        }
        found
    }
}

impl Grant {
    /// Whether an outlet is among those that it is good for.
    pub fn covers(self, outlet: OutletId) -> bool {
        match self {
            Self::Outlet(own) => own == outlet,
            Self::Operator => true,
        }
    }
}

impl ApiKey {
    const PREFIX: &str = "stk_";

    /// From randomness.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{}{}", Self::PREFIX, Base64UrlUnpadded::encode_string(&random)))
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

impl FromStr for ApiKey {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let mut random = [0; 32];
        let secret = text.strip_prefix(Self::PREFIX).ok_or(KeyFault)?;
        let decoded = Base64UrlUnpadded::decode(secret, &mut random).map_err(|_| KeyFault)?;
        if decoded.len() == 32 { Ok(Self(text.to_owned())) } else { Err(KeyFault) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(stk_…)")
    }
}

impl KeyHash {
    const PREFIX: &str = "sha256:";

    /// Looks at every byte, whatever those before it were.
    fn equals(&self, other: Self) -> bool {
        let difference = self.0.iter().zip(other.0).fold(0, |difference, (a, b)| difference | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

impl FromStr for KeyHash {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(KeyFault)?;
        // It is read as every other SHA-256 is.
        fiscal::PayloadHash::from_hex(digits).map(|hash| Self(hash.0)).ok_or(KeyFault)
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_never_printed() {
        let key = ApiKey::new([7; 32]);
        assert_eq!(key.reveal().len(), 4 + 43);
        assert_eq!(key.reveal().parse::<ApiKey>().unwrap(), key);
        assert_eq!(format!("{key:?}"), "ApiKey(stk_…)");
        let hash: KeyHash = key.hash().to_string().parse().unwrap();
        let outlet: OutletId = "KIN-GOMBE-01".parse().unwrap();
        let access =
            Access::new(vec![(ApiKey::new([8; 32]).hash(), Grant::Operator), (hash, Grant::Outlet(outlet))]);
        assert_eq!(access.grant(&key), Some(Grant::Outlet(outlet)));
        assert_eq!(access.grant(&ApiKey::new([9; 32])), None);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = ApiKey::new([7; 32]);
        let shorter = &key.reveal()[..46];
        for wrong in ["", "stk_", "stk_AAAA", shorter, "STK_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"] {
            assert_eq!(wrong.parse::<ApiKey>(), Err(KeyFault), "{wrong:?}");
        }
        assert!("sha256:12".parse::<KeyHash>().is_err() && "md5:00".parse::<KeyHash>().is_err());
    }

    #[test]
    fn a_key_of_an_outlet_covers_no_other() {
        let [own, other]: [OutletId; 2] = ["A".parse().unwrap(), "B".parse().unwrap()];
        assert!(Grant::Outlet(own).covers(own) && !Grant::Outlet(own).covers(other));
        assert!(Grant::Operator.covers(other));
    }
}
