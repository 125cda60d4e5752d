//! The five security elements that every receipt carries.

use core::{fmt, str::FromStr};

use super::{
    credential::Credential,
    qr::{Qr, QrText},
    record::Sealed,
};
use crate::{
    auth_code::AuthCode,
    ids::{DeviceId, Epoch, InvoiceNumber, Prefix, plain_integer},
    time::Timestamp,
};

/// What makes an invoice a *facture normalisée*. Only a sealed record has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityElements {
    /// The sequential fiscal number.
    pub fiscal_number: FiscalNumber,
    /// Who sealed.
    pub device: DeviceId,
    /// What a person compares of the signature.
    pub auth_code: AuthCode,
    /// The trusted time.
    pub time: Timestamp,
    /// What the QR code says.
    pub qr: QrText,
}

impl Sealed {
    /// The security elements of an invoice; none of a record that is no invoice. `prefix` is the outlet's; a seal by
    /// a delegated key shows its credential.
    pub fn elements(&self, prefix: Prefix, credential: Option<&Credential>) -> Option<SecurityElements> {
        let facts = self.header.invoice()?;
        Some(SecurityElements {
            fiscal_number: FiscalNumber { prefix, epoch: self.header.epoch, number: facts.number },
            device: self.header.device,
            auth_code: self.signature.auth_code(),
            time: self.header.time,
            qr: Qr::of(self, credential)?.to_text(),
        })
    }
}

/// `BONO-0-00000105`: prefix, epoch, and a number of at least eight digits (S8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FiscalNumber {
    /// Unique per outlet in the whole country.
    pub prefix: Prefix,
    /// The outlet's line of numbers.
    pub epoch: Epoch,
    /// The number in it.
    pub number: InvoiceNumber,
}

impl FiscalNumber {
    const DIGITS: usize = 8;
}

impl fmt::Display for FiscalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:0width$}", self.prefix, self.epoch, self.number.value(), width = Self::DIGITS)
    }
}

impl FromStr for FiscalNumber {
    type Err = FiscalNumberFault;

    fn from_str(text: &str) -> Result<Self, FiscalNumberFault> {
        fn read(text: &str) -> Option<FiscalNumber> {
            let (prefix, rest) = text.split_once('-')?;
            let (epoch, number) = rest.split_once('-')?;
            let padded = number.len() == FiscalNumber::DIGITS;
            let number = if padded { number.trim_start_matches('0') } else { number };
            Some(FiscalNumber {
                prefix: prefix.parse().ok()?,
                epoch: Epoch(u32::try_from(plain_integer(epoch)?).ok()?),
                number: plain_integer(number)
                    .filter(|_| padded || number.len() > FiscalNumber::DIGITS)
                    .and_then(InvoiceNumber::new)?,
            })
        }
        read(text).ok_or(FiscalNumberFault)
    }
}

/// The text is not a fiscal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fiscal number is a prefix, an epoch and a number of at least eight digits, like BONO-0-00000105")]
pub struct FiscalNumberFault;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_fiscal_number_is_written_as_it_was_read() {
        for text in ["BONO-0-00000105", "KINSHASA01-4294967295-9007199254740991", "BONO-12-123456789"] {
            assert_eq!(text.parse::<FiscalNumber>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_ways_to_write_a_fiscal_number_are_refused() {
        let wrong = [
            "",
            "BONO-0-105",
            "BONO-0-000000105",
            "BONO-00-00000105",
            "BONO-0-00000000",
            "bono-0-00000105",
            "BONO-0-00000105-",
            "BON-0-00000105",
            "BONO-4294967296-00000105",
            "BONO-0-+0000105",
            "BONO-0-9007199254740992",
            "BONO--0-00000105",
        ];
        for text in wrong {
            assert_eq!(text.parse::<FiscalNumber>(), Err(FiscalNumberFault), "{text:?}");
        }
    }
}
