//! What an error means and what to do, for people: the merchant and whoever runs or develops the system.

mod calls;
mod codes;
mod mapping;

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// In French, the default.
    pub french: &'static str,
    /// In English.
    pub english: &'static str,
}

/// What an error means, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guidance {
    /// What it means for a merchant.
    pub merchant: Words,
    /// What it means for a developer or an operator.
    pub developer: Words,
    /// What to do.
    pub action: Words,
}

const fn words(french: &'static str, english: &'static str) -> Words {
    Words { french, english }
}

const fn guidance(merchant: Words, developer: Words, action: Words) -> Guidance {
    Guidance { merchant, developer, action }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fiscal::DgiLetter;

    use super::*;
    use crate::{CallFault, ErrorCode, MappingFault};

    fn all() -> Vec<(&'static str, Guidance)> {
        let codes = ErrorCode::KNOWN.into_iter().chain([ErrorCode::Other(77)]);
        let calls = [
            CallFault::Unreachable,
            CallFault::Timeout,
            CallFault::Broken,
            CallFault::Unauthorized,
            CallFault::Forbidden,
            CallFault::TooMany { retry_after: None },
            CallFault::Server { status: 500, retry_after: None },
            CallFault::Malformed,
            CallFault::WrongStatus { status: 404 },
        ];
        let letter = DgiLetter::new(b'B').unwrap();
        let mapping = [
            MappingFault::OriginalMissing,
            MappingFault::GroupUnknown { group: "x".parse().unwrap() },
            MappingFault::TwoRates { letter },
            MappingFault::TaxItem { item: 0, letter },
            MappingFault::TooLarge,
        ];
        codes
            .map(|code| (code.code(), code.guidance()))
            .chain(calls.iter().map(|fault| (fault.code(), fault.guidance())))
            .chain(mapping.iter().map(|fault| (fault.code(), fault.guidance())))
            .collect()
    }

    #[test]
    fn each_error_has_a_code_of_its_own_and_six_sentences() {
        let all = all();
        assert_eq!(all.iter().map(|(code, _)| code).collect::<BTreeSet<_>>().len(), all.len());
        for (code, Guidance { merchant, developer, action }) in all {
            assert!(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{code}");
            for words in [merchant, developer, action] {
                assert!(words.french.ends_with('.') && words.english.ends_with('.'), "{code}");
                assert!(words.french != words.english && words.french.len() > 15, "{code}");
            }
        }
    }

    #[test]
    fn a_refusal_is_told_as_its_code_is() {
        let refused = CallFault::Refused { code: ErrorCode::CreditExceeds, text: String::new() };
        assert_eq!(refused.guidance(), ErrorCode::CreditExceeds.guidance());
    }
}
