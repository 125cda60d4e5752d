//! Texts in XLSX: what XML forbids, and what spreadsheet programs write as `_x000D_`.

use std::fmt::Write as _;

/// A text for the inside of an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Otherwise a program would read a character where the underscore is one.
            '_' if code_at(&text[at..]).is_some() => escaped.push_str("_x005F_"),
            '\t' | '\n' | ' '.. => escaped.push(character),
            // Writing to a text does not fail.
            _ => drop(write!(escaped, "_x{:04X}_", u32::from(character))),
        }
    }
    escaped
}

/// The way back from `_x000D_`.
pub(super) fn unescaped(mut text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    while let Some(at) = text.find("_x") {
        plain.push_str(&text[..at]);
        text = &text[at..];
        match code_at(text) {
            Some(character) => {
                plain.push(character);
                text = &text[CODE_LENGTH..];
            }
            None => {
                plain.push('_');
                text = &text[1..];
            }
        }
    }
    plain + text
}

const CODE_LENGTH: usize = "_x0000_".len();

fn code_at(text: &str) -> Option<char> {
    let code = text.get(..CODE_LENGTH)?.strip_prefix("_x")?.strip_suffix('_')?;
    let digits = code.bytes().all(|byte| byte.is_ascii_hexdigit());
    char::from_u32(digits.then(|| u32::from_str_radix(code, 16).ok()).flatten()?)
}
