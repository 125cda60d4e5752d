use std::{fmt, str::FromStr};

use crate::PkiFault;

/// A certificate's number within its issuer: 16 bytes of which all but the first bits are random (RFC 5280, 4.1.2.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SerialNumber([u8; SerialNumber::LENGTH]);

impl SerialNumber {
    /// In bytes.
    pub const LENGTH: usize = 16;

    /// From randomness. The first two bits become 01, so that a number is positive and always as long.
    pub const fn from_random(mut random: [u8; Self::LENGTH]) -> Self {
        random[0] = random[0] & 0x3F | 0x40;
        Self(random)
    }

    /// The bytes, most significant first.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    pub(crate) fn to_x509(self) -> Result<x509_cert::serial_number::SerialNumber, PkiFault> {
        x509_cert::serial_number::SerialNumber::new(&self.0)
            .map_err(|fault| PkiFault::form("serial number", fault))
    }

    pub(crate) fn from_x509(
        what: &'static str,
        number: &x509_cert::serial_number::SerialNumber,
    ) -> Result<Self, PkiFault> {
        number
            .as_bytes()
            .try_into()
            .ok()
            .and_then(Self::checked)
            .ok_or_else(|| PkiFault::form(what, "its serial number is not one of this program's"))
    }

    fn checked(bytes: [u8; Self::LENGTH]) -> Option<Self> {
        (bytes[0] & 0xC0 == 0x40).then_some(Self(bytes))
    }
}

/// 32 small hexadecimal digits.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

impl FromStr for SerialNumber {
    type Err = SerialNumberFault;

    fn from_str(text: &str) -> Result<Self, SerialNumberFault> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Self::LENGTH || digits.iter().any(u8::is_ascii_uppercase) {
            return Err(SerialNumberFault);
        }
        let mut bytes = [0; Self::LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
            let (Some(high), Some(low)) = (high, low) else { return Err(SerialNumberFault) };
            // Two hexadecimal digits are at most 255.
            *byte = (high * 16 + low) as u8;
        }
        Self::checked(bytes).ok_or(SerialNumberFault)
    }
}

/// The text is no serial number of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate's serial number has 32 small hexadecimal digits: copy all of it")]
pub struct SerialNumberFault;
