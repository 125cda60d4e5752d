use std::sync::Arc;

use crate::{Element, Refusal, symbol::Symbol};

/// What is known of the tax authority's elements of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authority {
    /// Nothing is said of them.
    #[default]
    Unsaid,
    /// They are on their way: the receipt says that it waits for them.
    Pending,
    /// They are there.
    Given(AuthorityElements),
}

/// The authority's elements as someone stores them: texts of the authority, of which none is made up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityElements {
    /// The code: 24 letters, digits or signs of ASCII.
    pub code: String,
    /// Which e-MCF made it: 1 to 32 of the same.
    pub nim: String,
    /// When, as the authority wrote it: at most 40 bytes.
    pub date_time: Option<String>,
    /// Its counters, as `64/64 FV`: at most 40 bytes.
    pub counters: Option<String>,
    /// What its QR code says: at most 512 bytes.
    pub qr: Option<String>,
    /// How they came.
    pub origin: Origin,
    /// Whether they are of a service for trials: the receipt says that they have no fiscal value.
    pub is_test: bool,
}

/// How the authority's elements came to whoever prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The authority answered with them.
    Answered,
    /// Someone gave a file with them, and the receipt says so.
    Imported,
    /// Someone typed them, and the receipt says so.
    Hand,
}

/// The same, read.
#[derive(Clone, Debug)]
pub(crate) enum Beside {
    Nothing,
    Pending,
    Given(Given),
}

#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) code: String,
    pub(crate) nim: String,
    pub(crate) date_time: Option<String>,
    pub(crate) counters: Option<String>,
    pub(crate) qr: Option<(String, Arc<Symbol>)>,
    pub(crate) origin: Origin,
    pub(crate) is_test: bool,
}

impl Beside {
    pub(crate) fn read(authority: &Authority) -> Result<Self, Refusal> {
        match authority {
            Authority::Unsaid => Ok(Self::Nothing),
            Authority::Pending => Ok(Self::Pending),
            Authority::Given(elements) => {
                Given::read(elements).map(Self::Given).ok_or(Refusal::Malformed(Element::Authority))
            }
        }
    }
}

impl Given {
    fn read(elements: &AuthorityElements) -> Option<Self> {
        let AuthorityElements { code, nim, date_time, counters, qr, origin, is_test } = elements;
        let texts = [(date_time, 40), (counters, 40), (qr, 512)];
        let right = code.len() == 24
            && is_signs(code, 24)
            && is_signs(nim, 32)
            && texts.into_iter().all(|(text, most)| text.as_ref().is_none_or(|text| is_shown(text, most)));
        right.then_some(())?;
        let qr = match qr {
            Some(content) => Some((content.clone(), Arc::new(Symbol::new(content)?))),
            None => None,
        };
        Some(Self {
            code: code.clone(),
            nim: nim.clone(),
            date_time: date_time.clone(),
            counters: counters.clone(),
            qr,
            origin: *origin,
            is_test: *is_test,
        })
    }
}

fn is_signs(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What moves no cursor, makes no line and turns no text around.
fn is_shown(text: &str, most: usize) -> bool {
    let hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    (1..=most).contains(&text.len()) && !text.chars().any(hidden)
}
