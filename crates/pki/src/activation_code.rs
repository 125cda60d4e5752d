use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// What a technician types to have a device activated: 16 characters of Crockford's base32, which are 80 random bits,
/// shown as `XXXX-XXXX-XXXX-XXXX`. Only its hash is kept.
///
/// It is read in either case, with or without hyphens and spaces, and `O`, `I` and `L` are read as the digits that they
/// look like. It is for one device, once, for a time: [`ActivationCode::HOURS`].
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCode([u8; ActivationCode::LENGTH]);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What a hash of a code begins with, so that it is no hash of anything else.
const TAG: &[u8; 16] = b"stelala-code---1";

impl ActivationCode {
    /// For how long one is good, in hours.
    pub const HOURS: u64 = 72;
    /// In characters, without hyphens.
    pub const LENGTH: usize = 16;

    /// From randomness.
    pub fn from_random(random: [u8; 10]) -> Self {
        let bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut characters = [0; Self::LENGTH];
        for (place, character) in characters.iter_mut().rev().enumerate() {
            *character = ALPHABET[(bits >> (5 * place) & 31) as usize];
        }
        Self(characters)
    }

    /// What is kept: 64 small hexadecimal digits of SHA-256. A code has 80 random bits and is good for days, so that
    /// nobody finds it from its hash in time.
    pub fn hash(&self) -> String {
        let hash = Sha256::new().chain_update(TAG).chain_update(self.0).finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// To be shown once: `XXXX-XXXX-XXXX-XXXX`.
    pub fn reveal(&self) -> String {
        let groups: Vec<String> =
            self.0.chunks(4).map(|group| group.iter().copied().map(char::from).collect()).collect();
        groups.join("-")
    }
}

impl FromStr for ActivationCode {
    type Err = ActivationCodeFault;

    fn from_str(text: &str) -> Result<Self, ActivationCodeFault> {
        let mut characters = [0; Self::LENGTH];
        let mut places = characters.iter_mut();
        for character in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let read = match character.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let place = places.next().ok_or(ActivationCodeFault)?;
            *place = ALPHABET.contains(&read).then_some(read).ok_or(ActivationCodeFault)?;
        }
        if places.next().is_none() { Ok(Self(characters)) } else { Err(ActivationCodeFault) }
    }
}

impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationCode(…)")
    }
}

/// The text is no activation code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an activation code is 16 letters and digits, like 7K3Q-9VXM-0D4T-RW5H: type all of it")]
pub struct ActivationCodeFault;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_shown_in_groups_and_never_by_debug() {
        let code = ActivationCode::from_random([0xFF; 10]);
        assert_eq!(code.reveal(), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        assert_eq!(ActivationCode::from_random([0; 10]).reveal(), "0000-0000-0000-0000");
        let one = ActivationCode::from_random([0, 0, 0, 0, 0, 0, 0, 0, 0, 33]);
        assert_eq!(one.reveal(), "0000-0000-0000-0011");
        assert_eq!(format!("{code:?}"), "ActivationCode(…)");
        assert_ne!(code.hash(), one.hash());
        assert_eq!(code.hash().len(), 64);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code: ActivationCode = "0123-4567-89AB-CD1E".parse().unwrap();
        for text in [
            "0123456789ABCD1E",
            "o123 4567 89ab cdle",
            "O-1-2-3-4-5-6-7-8-9-a-b-c-d-I-e",
            " 0123-4567-89AB-CDiE ",
        ] {
            assert_eq!(text.parse::<ActivationCode>(), Ok(code.clone()), "{text}");
        }
        for text in [
            "",
            "0123-4567-89AB-CD1",
            "0123-4567-89AB-CD1EE",
            "0123-4567-89AB-CDUE",
            "0123-4567-89AB-CDéE",
            "0123_4567_89AB_CD1E",
        ] {
            assert_eq!(text.parse::<ActivationCode>(), Err(ActivationCodeFault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_shown_and_each_has_its_own_hash(one: [u8; 10], other: [u8; 10]) {
            let [one, other] = [one, other].map(ActivationCode::from_random);
            prop_assert_eq!(one.reveal().parse::<ActivationCode>(), Ok(one.clone()));
            prop_assert_eq!(one.reveal().to_lowercase().parse::<ActivationCode>(), Ok(one.clone()));
            prop_assert_eq!(one == other, one.hash() == other.hash());
        }
    }
}
