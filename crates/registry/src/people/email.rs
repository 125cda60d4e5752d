use std::{fmt, str::FromStr};

/// An e-mail address, in small letters: what a person signs in with. Whether mail arrives there nobody asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address has one @ with something before and after it, no spaces, and at most 128 bytes")]
pub struct EmailFault;

impl Email {
    /// The longest, in bytes.
    pub const MAX_LENGTH: usize = 128;

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailFault;

    fn from_str(text: &str) -> Result<Self, EmailFault> {
        let (before, after) = text.split_once('@').ok_or(EmailFault)?;
        let is_plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        // Letters may have more bytes when they are small.
        let small = text.to_lowercase();
        let fits = text.len() <= Self::MAX_LENGTH && small.len() <= Self::MAX_LENGTH;
        let is_one = !before.is_empty() && !after.is_empty() && !after.contains('@');
        if is_plain && fits && is_one { Ok(Self(small)) } else { Err(EmailFault) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_capitals() {
        assert_eq!("Aline@Example.CD".parse::<Email>(), "aline@example.cd".parse());
        assert_eq!("ALINE@example.cd".parse::<Email>().unwrap().as_str(), "aline@example.cd");
    }

    #[test]
    fn what_has_no_single_at_sign_is_no_address() {
        let longest = format!("{}@example.cd", "a".repeat(117));
        assert!(longest.len() == 128 && longest.parse::<Email>().is_ok());
        for wrong in
            ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@b\u{a0}", "ab", &format!("a{longest}")]
        {
            assert_eq!(wrong.parse::<Email>(), Err(EmailFault), "{wrong:?}");
        }
        // İ has two bytes, its small form three.
        let grows = format!("{}@b.cd", "İ".repeat(60));
        assert!(grows.len() <= 128);
        assert_eq!(grows.parse::<Email>(), Err(EmailFault));
    }
}
