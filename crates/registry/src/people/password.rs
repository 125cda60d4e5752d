use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64ct::{Base64Unpadded, Encoding};
use signing::BadChoice;
use zeroize::Zeroizing;

use super::Email;

/// A password as somebody gives it. Its text is never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes any text: it may be a wrong one.
    pub fn given(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether somebody may choose it.
    pub(super) fn is_good_for(&self, email: &Email) -> Result<(), PasswordFault> {
        BadChoice::look_for(&self.0)?;
        let small = Zeroizing::new(self.0.to_lowercase());
        if small.as_str() == email.as_str() { Err(PasswordFault::Email) } else { Ok(()) }
    }

    /// What is kept of it.
    pub(super) fn hash(&self, cost: Cost, salt: [u8; 16]) -> Result<PasswordHash, PasswordFault> {
        let output = self.derive(cost, &salt)?;
        Ok(PasswordHash { cost, salt, output })
    }

    /// Whether it is the one of which this was kept. Takes as long when there is none, so that nobody learns from the
    /// time who is known: `usual` is then what it costs.
    pub(super) fn matches(&self, kept: Option<&PasswordHash>, usual: Cost) -> Result<bool, PasswordFault> {
        let Some(kept) = kept else {
            self.derive(usual, &[0; 16])?;
            return Ok(false);
        };
        Ok(verify_slices_are_equal(self.derive(kept.cost, &kept.salt)?.as_ref(), kept.output.as_ref())
            .is_ok())
    }

    fn derive(&self, cost: Cost, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, PasswordFault> {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.parameters().ok_or(PasswordFault::Cost)?);
        let mut output = Zeroizing::new([0; 32]);
        let derived = argon2.hash_password_into(self.0.as_bytes(), salt, output.as_mut());
        derived.map_err(|_| PasswordFault::Cost)?;
        Ok(output)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// `PASSWORD_LENGTH`
    #[error("a password has 10 to 128 characters: choose another, such as four words")]
    Length,
    /// `PASSWORD_COMMON`
    #[error("this password is one of the first that are tried: choose another, such as four words")]
    Common,
    /// `PASSWORD_EMAIL`
    #[error("a password is not the e-mail address: choose another, such as four words")]
    Email,
    /// `PASSWORD_COST`
    #[error("the cost of passwords is not one that argon2id knows: use the recommended one")]
    Cost,
}

impl PasswordFault {
    /// A name that stays.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "PASSWORD_LENGTH",
            Self::Common => "PASSWORD_COMMON",
            Self::Email => "PASSWORD_EMAIL",
            Self::Cost => "PASSWORD_COST",
        }
    }
}

impl From<BadChoice> for PasswordFault {
    fn from(choice: BadChoice) -> Self {
        match choice {
            BadChoice::Length => Self::Length,
            BadChoice::Common => Self::Common,
        }
    }
}

/// What a guess at a password costs: the parameters of argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// That of OWASP's cheat sheet on storing passwords: 19 MiB, two passes, one lane. Some tens of milliseconds.
    pub const RECOMMENDED: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// The least that argon2id knows, for trials.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
    /// What a kept hash may ask for at most, so that a forged row takes neither the machine's memory nor its time.
    const MOST: Self = Self { memory_kib: 256 * 1024, passes: 16, lanes: 16 };

    fn parameters(self) -> Option<Params> {
        let Self { memory_kib, passes, lanes } = self;
        let most = Self::MOST;
        let is_bounded = memory_kib <= most.memory_kib && passes <= most.passes && lanes <= most.lanes;
        if is_bounded { Params::new(memory_kib, passes, lanes, Some(32)).ok() } else { None }
    }
}

/// What is kept of a password. Its text is a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordHash {
    cost: Cost,
    salt: [u8; 16],
    output: Zeroizing<[u8; 32]>,
}

impl PasswordHash {
    pub(super) fn to_phc(&self) -> String {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let [salt, output] = [&self.salt[..], &self.output[..]].map(Base64Unpadded::encode_string);
        format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${output}")
    }

    /// None when the text is not as [`Self::to_phc`] writes it.
    pub(super) fn from_phc(text: &str) -> Option<Self> {
        let [cost, salt, output] = fields(text.strip_prefix("$argon2id$v=19$")?, '$')?;
        let [memory, passes, lanes] = fields(cost, ',')?;
        let cost = Cost {
            memory_kib: memory.strip_prefix("m=")?.parse().ok()?,
            passes: passes.strip_prefix("t=")?.parse().ok()?,
            lanes: lanes.strip_prefix("p=")?.parse().ok()?,
        };
        let hash = Self { cost, salt: bytes(salt)?, output: Zeroizing::new(bytes(output)?) };
        (cost.parameters().is_some() && hash.to_phc() == text).then_some(hash)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash").field("cost", &self.cost).finish_non_exhaustive()
    }
}

fn fields<const N: usize>(text: &str, between: char) -> Option<[&str; N]> {
    text.split(between).collect::<Vec<_>>().try_into().ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = Base64Unpadded::decode(text, &mut bytes).ok()?.len();
    (length == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Email {
        "aline.mbuyi@example.cd".parse().unwrap()
    }

    fn given(text: &str) -> Password {
        Password::given(text.to_owned())
    }

    #[test]
    fn what_everybody_tries_first_is_no_password() {
        for (text, expected) in [
            ("ninechars", Err(PasswordFault::Length)),
            ("Motdepasse123", Err(PasswordFault::Common)),
            ("Aline.Mbuyi@example.cd", Err(PasswordFault::Email)),
            ("quatre mots au hasard", Ok(())),
        ] {
            assert_eq!(given(text).is_good_for(&email()), expected, "{text}");
        }
    }

    #[test]
    fn only_the_password_that_was_kept_matches() {
        let hash = given("correct horse").hash(Cost::LEAST, [7; 16]).unwrap();
        let read = PasswordHash::from_phc(&hash.to_phc()).unwrap();
        assert_eq!(read, hash);
        for (text, expected) in [("correct horse", true), ("correct Horse", false), ("", false)] {
            assert_eq!(given(text).matches(Some(&read), Cost::LEAST), Ok(expected), "{text}");
        }
        assert_eq!(given("correct horse").matches(None, Cost::LEAST), Ok(false));
        assert_ne!(given("correct horse").hash(Cost::LEAST, [8; 16]).unwrap().to_phc(), hash.to_phc());
    }

    #[test]
    fn a_guess_at_nobodys_password_is_derived_like_any_other() {
        // A cost that cannot be paid shows that it would have been.
        let impossible = Cost { memory_kib: 0, ..Cost::LEAST };
        assert_eq!(given("correct horse").matches(None, impossible), Err(PasswordFault::Cost));
        let hash = given("correct horse").hash(Cost::LEAST, [7; 16]).unwrap();
        assert_eq!(given("correct horse").matches(Some(&hash), impossible), Ok(true));
    }

    #[test]
    fn a_hash_of_the_reference_program_is_known() {
        // As `printf 'correct horse battery' | argon2 saltsaltsaltsalt -id -t 2 -k 19456 -p 1 -l 32 -e` writes it.
        let text = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$iPOQ5f2O21FsjnBvo1AiFcDuSXciCnKUrXFO+yfgNoM";
        let hash = PasswordHash::from_phc(text).unwrap();
        assert_eq!(hash.cost, Cost::RECOMMENDED);
        assert_eq!(given("correct horse battery").matches(Some(&hash), Cost::LEAST), Ok(true));
    }

    #[test]
    fn a_forged_hash_takes_neither_memory_nor_time() {
        let text = given("correct horse").hash(Cost::LEAST, [7; 16]).unwrap().to_phc();
        let cost = "m=8,t=1,p=1";
        assert!(text.contains(cost));
        for forged in [
            "m=262145,t=1,p=1",
            "m=8,t=17,p=1",
            "m=4096,t=1,p=17",
            "m=0,t=1,p=1",
            "m=08,t=1,p=1",
            "t=1,m=8,p=1",
        ] {
            assert!(PasswordHash::from_phc(&text.replace(cost, forged)).is_none(), "{forged}");
        }
        for forged in
            [text.replace("$argon2id$", "$argon2i$"), text.replace("v=19", "v=16"), format!("{text}A")]
        {
            assert!(PasswordHash::from_phc(&forged).is_none(), "{forged}");
        }
    }

    #[test]
    fn neither_a_password_nor_its_hash_is_printed() {
        let password = given("correct horse");
        assert_eq!(format!("{password:?}"), "Password(…)");
        let hash = password.hash(Cost::LEAST, [7; 16]).unwrap();
        let phc = hash.to_phc();
        let shown = format!("{hash:?}");
        assert!(!shown.contains(phc.rsplit('$').next().unwrap()) && !shown.contains("correct"), "{shown}");
    }
}
