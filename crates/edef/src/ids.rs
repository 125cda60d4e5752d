//! The authority's identifiers, each of a form that can stand in a URL, a header or a receipt as it is.

use std::{fmt, str::FromStr};

use fiscal::InvoiceType;

/// A text is none of the authority's identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// No uid.
    #[error(
        "a uid has 1 to 64 letters, digits, points, underscores and hyphens: take it from the authority's answer"
    )]
    Uid,
    /// No NIM.
    #[error(
        "a NIM has 4 to 20 capital letters, digits and hyphens, as CD01234567-1: read it on the authority's portal"
    )]
    Nim,
    /// No code.
    #[error("the authority's code has 24 letters and digits, with or without hyphens: copy all of it")]
    Code,
    /// No ISF.
    #[error(
        "an ISF has 1 to 64 letters, digits, spaces and -._/: copy it from the certificate of homologation"
    )]
    Isf,
    /// No counters.
    #[error("counters read as 64/64 FV: the number of the type, the number of all, the type")]
    Counters,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $longest:literal $form:ident $fault:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdFault;

            fn from_str(text: &str) -> Result<Self, IdFault> {
                let text = text.trim();
                if $form(text) && text.len() <= $longest { Ok(Self(text.to_owned())) } else { Err(IdFault::$fault) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// What the authority calls a request that is not finalised yet. It stands in a URL's path.
    Uid 64 is_uid Uid;
    /// The number of an e-MCF.
    Nim 20 is_nim Nim;
    /// The identifier of the homologated system.
    Isf 64 is_isf Isf;
}

impl Uid {
    /// Whether both are one: services write one identifier in letters of either case.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

fn is_uid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // A segment of points would lead to another path.
    text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.')
}

fn is_nim(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() >= 4 && text.bytes().all(allowed)
}

fn is_isf(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'.' | b'_' | b'/');
    !text.is_empty() && text.bytes().all(allowed)
}

/// The authority's code of a finalised invoice: 24 letters and digits.
///
/// It is read with or without hyphens and kept without; letters are kept in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityCode([u8; Self::LENGTH]);

impl AuthorityCode {
    /// Letters and digits of a code.
    pub const LENGTH: usize = 24;

    /// The text, without hyphens, as the authority wants it in a reference.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// In fours with hyphens between, as receipts show it.
    pub fn grouped(&self) -> String {
        let fours: Vec<_> = self.0.chunks(4).map(String::from_utf8_lossy).collect();
        fours.join("-")
    }
}

impl FromStr for AuthorityCode {
    type Err = IdFault;

    fn from_str(text: &str) -> Result<Self, IdFault> {
        let marks: Vec<u8> = text.trim().bytes().filter(|byte| !matches!(byte, b'-' | b' ')).collect();
        if !marks.iter().all(u8::is_ascii_alphanumeric) {
            return Err(IdFault::Code);
        }
        marks.to_ascii_uppercase().try_into().map(Self).map_err(|_| IdFault::Code)
    }
}

impl fmt::Display for AuthorityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AuthorityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityCode({self})")
    }
}

/// How many invoices an e-MCF has finalised, as each confirm answers it: `64/64 FV`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Counters {
    /// Of the confirmed invoice's type.
    pub of_type: u64,
    /// Of all types.
    pub total: u64,
    /// The type, if the authority said one that there is.
    pub invoice_type: Option<InvoiceType>,
}

impl FromStr for Counters {
    type Err = IdFault;

    fn from_str(text: &str) -> Result<Self, IdFault> {
        let (of_type, rest) = text.trim().split_once('/').ok_or(IdFault::Counters)?;
        let rest = rest.trim_start();
        let (total, code) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let code = code.trim();
        if !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(IdFault::Counters);
        }
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten().ok_or(IdFault::Counters)
        };
        Ok(Self {
            of_type: number(of_type.trim())?,
            total: number(total)?,
            invoice_type: InvoiceType::from_dgi_code(&code.to_ascii_uppercase()),
        })
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.of_type, self.total)?;
        match self.invoice_type {
            Some(invoice_type) => write!(f, " {}", invoice_type.dgi_code()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_can_lead_to_no_other_path() {
        for text in ["6d4b9f0c-2f1c-4f7e-9f0a-1c2d3e4f5a6b", "a", "A_1.2"] {
            assert_eq!(text.parse::<Uid>().unwrap().as_str(), text);
        }
        let long = "x".repeat(65);
        for text in ["", ".", "..", "a/b", "a?b", "a b", "é", "%2e", &long] {
            assert_eq!(text.parse::<Uid>(), Err(IdFault::Uid), "{text:?}");
        }
    }

    #[test]
    fn a_code_is_read_with_and_without_hyphens() {
        let code: AuthorityCode = "TEST-FEW7-3TJM-EJCG-FOCX-PDOX".parse().unwrap();
        assert_eq!(code.as_str(), "TESTFEW73TJMEJCGFOCXPDOX");
        assert_eq!(code.grouped(), "TEST-FEW7-3TJM-EJCG-FOCX-PDOX");
        assert_eq!("testfew73tjmejcgfocxpdox".parse(), Ok(code));
        for text in ["", "TESTFEW73TJMEJCGFOCXPDO", "TESTFEW73TJMEJCGFOCXPDOX1", "TESTFEW73TJMEJCGFOCXPDO_"] {
            assert_eq!(text.parse::<AuthorityCode>(), Err(IdFault::Code), "{text:?}");
        }
    }

    #[test]
    fn counters_are_of_the_type_and_of_all() {
        let counters: Counters = "7/64 FV".parse().unwrap();
        assert_eq!((counters.of_type, counters.total), (7, 64));
        assert_eq!(counters.invoice_type, Some(InvoiceType::Sale));
        assert_eq!(counters.to_string(), "7/64 FV");
        assert_eq!(" 1 / 2EA ".parse::<Counters>().unwrap().to_string(), "1/2 EA");
        assert_eq!("1/2".parse::<Counters>().unwrap().invoice_type, None);
        for text in ["", "64", "/64 FV", "7/ FV", "-7/64 FV", "7/64 F/V", "7/64 64", "+7/64 FV"] {
            assert_eq!(text.parse::<Counters>(), Err(IdFault::Counters), "{text:?}");
        }
    }

    #[test]
    fn a_nim_and_an_isf_have_their_forms() {
        assert!("CD01002345-1".parse::<Nim>().is_ok());
        for text in ["", "CD", "cd01002345-1", "CD01002345/1", "CD0100234500000000000-1"] {
            assert_eq!(text.parse::<Nim>(), Err(IdFault::Nim), "{text:?}");
        }
        assert!("STELALA/1.0 A".parse::<Isf>().is_ok());
        assert_eq!("a\nb".parse::<Isf>(), Err(IdFault::Isf));
    }
}
