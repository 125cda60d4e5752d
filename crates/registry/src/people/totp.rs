use std::{fmt, str::FromStr};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use fiscal::Timestamp;
use zeroize::Zeroizing;

use super::Email;

/// Six digits that a telephone shows for 30 seconds.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpCode([u8; 6]);

/// The text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has six digits: read them again in the app that makes them")]
pub struct TotpCodeFault;

impl FromStr for TotpCode {
    type Err = TotpCodeFault;

    /// Apps show a space between the halves, and people copy it.
    fn from_str(text: &str) -> Result<Self, TotpCodeFault> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let digits: [u8; 6] = digits.try_into().map_err(|_| TotpCodeFault)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(TotpCodeFault) }
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(…)")
    }
}

/// What a telephone and the database share: time-based codes of RFC 6238 with HMAC-SHA-1, 30 seconds and six digits,
/// which every app knows.
#[derive(Clone)]
pub(super) struct TotpSecret(Zeroizing<[u8; Self::LENGTH]>);

/// In seconds.
const STEP: u64 = 30;
/// A telephone may be wrong by a step, and a person slow by one.
const TOLERANCE: u64 = 1;

impl TotpSecret {
    /// In bytes: as many as RFC 4226 recommends.
    pub(super) const LENGTH: usize = 20;

    pub(super) fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(random))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// To be typed: 32 letters and digits of base32. To be shown once.
    pub(super) fn reveal(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let letters = |five: &[u8]| {
            let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).rev().map(move |at| char::from(LETTERS[(bits >> (5 * at) & 31) as usize]))
        };
        // 20 bytes are four fives: there is no padding.
        self.0.chunks(5).flat_map(letters).collect()
    }

    /// To be shown once as a QR code: `otpauth://totp/Stelala:aline%40example.cd?secret=…&issuer=Stelala`.
    pub(super) fn reveal_url(&self, email: &Email) -> String {
        format!("otpauth://totp/Stelala:{}?secret={}&issuer=Stelala", escaped(email.as_str()), self.reveal())
    }

    /// The step of a code that is right now, if it is after the last one that was used: a code is good once (RFC 6238,
    /// section 5.2).
    pub(super) fn step_of(&self, code: &TotpCode, now: Timestamp, used: Option<u64>) -> Option<u64> {
        let present = now.unix() / STEP;
        let steps = present.saturating_sub(TOLERANCE)..=present + TOLERANCE;
        // Each is compared, whichever is right.
        let right = steps.fold(None, |right, step| {
            let is_right = verify_slices_are_equal(&self.digits(step), &code.0).is_ok();
            if is_right { right.or(Some(step)) } else { right }
        });
        right.filter(|step| used.is_none_or(|used| *step > used))
    }

    /// The code of a step (RFC 4226, section 5.3).
    fn digits(&self, step: u64) -> [u8; 6] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.as_bytes());
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag.last().copied().unwrap_or_default() & 15);
        let number = tag.iter().skip(at).take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
        let number = number & 0x7fff_ffff;
        [100_000, 10_000, 1_000, 100, 10, 1].map(|power| b'0' + (number / power % 10) as u8)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// As in the path of a URL: what is not unreserved is `%` and two digits (RFC 3986).
fn escaped(text: &str) -> String {
    let mut url = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
impl TotpSecret {
    /// What a telephone shows.
    pub(super) fn code_at(&self, now: Timestamp) -> TotpCode {
        TotpCode(self.digits(now.unix() / STEP))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    fn code(text: &str) -> TotpCode {
        text.parse().unwrap()
    }

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_the_last_six_digits_of_the_vectors_of_rfc_6238() {
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(secret().code_at(at(seconds)).0, &eight.as_bytes()[2..], "{seconds}");
            let step = secret().step_of(&code(&eight[2..]), at(seconds), None);
            assert_eq!(step, Some(seconds / 30));
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226_by_their_counter() {
        for (counter, expected) in [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ]
        .iter()
        .enumerate()
        {
            assert_eq!(secret().digits(counter as u64), expected.as_bytes());
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after_its_own_and_no_longer() {
        let shown = secret().code_at(at(3_000));
        for (seconds, expected) in
            [(2_969, None), (2_970, Some(100)), (3_029, Some(100)), (3_059, Some(100)), (3_060, None)]
        {
            assert_eq!(secret().step_of(&shown, at(seconds), None), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_none_before_it_afterwards() {
        let shown = secret().code_at(at(3_000));
        for (used, expected) in
            [(None, Some(100)), (Some(99), Some(100)), (Some(100), None), (Some(101), None)]
        {
            assert_eq!(secret().step_of(&shown, at(3_000), used), expected, "{used:?}");
        }
    }

    #[test]
    fn an_app_is_given_its_secret_as_it_expects_it() {
        // The base32 of RFC 6238's secret, as every test site shows it.
        assert_eq!(secret().reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let email: Email = "a+b@example.cd".parse().unwrap();
        assert_eq!(
            secret().reveal_url(&email),
            "otpauth://totp/Stelala:a%2Bb%40example.cd?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Stelala"
        );
    }

    #[test]
    fn codes_are_six_digits_and_neither_they_nor_secrets_are_printed() {
        assert_eq!(code("123 456"), code("123456"));
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(wrong.parse::<TotpCode>(), Err(TotpCodeFault), "{wrong}");
        }
        assert_eq!(format!("{:?} {:?}", code("123456"), secret()), "TotpCode(…) TotpSecret(…)");
    }

    proptest! {
        #[test]
        fn what_a_telephone_shows_now_is_right_now(random in any::<[u8; 20]>(), seconds in 0..253_402_300_799_u64) {
            let secret = TotpSecret::new(random);
            let step = secret.step_of(&secret.code_at(at(seconds)), at(seconds), None);
            // Two steps have the same code once in a million.
            prop_assert!(step.is_some_and(|step| step.abs_diff(seconds / 30) <= 1));
        }
    }
}
