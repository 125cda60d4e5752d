//! What the page asks.

use fiscal::PublicKey;
use serde::Deserialize;
use verify::{Bundle, Language, Trust};

use crate::fault::Fault;

const PEM_BEGINS: &str = "-----BEGIN ";

/// A QR code's text and the keys that the verdict is to rest on.
#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) trust: GivenTrust,
    #[serde(default)]
    pub(crate) language: GivenLanguage,
}

/// Keys as a person has them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum GivenTrust {
    /// A signed list, and who must have signed it.
    Bundle { bundle: String, root: String },
    /// Keys in PEM; one text may hold several.
    Keys { keys: Vec<String> },
}

/// A language as the page names it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GivenLanguage {
    #[default]
    Fr,
    En,
}

impl From<GivenLanguage> for Language {
    fn from(language: GivenLanguage) -> Self {
        match language {
            GivenLanguage::Fr => Self::French,
            GivenLanguage::En => Self::English,
        }
    }
}

impl GivenTrust {
    /// The keys, once every one can be read.
    pub(crate) fn read(&self) -> Result<Trust, Fault> {
        match self {
            Self::Bundle { bundle, root } => {
                let bundle = Bundle::read(bundle, &read_root(root)?).map_err(Fault::Bundle)?;
                Ok(Trust::Bundle(bundle))
            }
            Self::Keys { keys } => {
                let pems = keys.iter().flat_map(|text| pems_in(text));
                let keys: Vec<_> =
                    pems.map(PublicKey::from_pem).collect::<Result<_, _>>().map_err(Fault::Key)?;
                if keys.is_empty() { Err(Fault::NoKey) } else { Ok(Trust::Keys(keys)) }
            }
        }
    }
}

/// The key that signs lists.
pub(crate) fn read_root(pem: &str) -> Result<PublicKey, Fault> {
    PublicKey::from_pem(pem.trim()).map_err(Fault::Root)
}

/// The PEM texts in a text. What stands before the first goes with it, so that it is not overlooked.
fn pems_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let after_first = rest.find(PEM_BEGINS).map_or(rest.len(), |at| at + PEM_BEGINS.len());
        let end = rest[after_first..].find(PEM_BEGINS).map_or(rest.len(), |at| after_first + at);
        let (pem, others) = rest.split_at(end);
        rest = others;
        Some(pem.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_where_a_key_begins_and_nothing_is_dropped() {
        let all = |text| pems_in(text).collect::<Vec<_>>();
        assert_eq!(all("  \r\n"), Vec::<&str>::new());
        assert_eq!(all("no key"), ["no key"]);
        assert_eq!(all("-----BEGIN a\r\n\r\n-----BEGIN b\n"), ["-----BEGIN a", "-----BEGIN b"]);
        assert_eq!(all("é -----BEGIN a"), ["é -----BEGIN a"]);
    }
}
