//! In which language a command answers, and in which form.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use clap::Args;
use serde::Serialize;
use verify_cli::Lang;

/// How answers look.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Speech {
    /// The language of the answer.
    #[arg(long, help_heading = "Answer", value_enum, default_value_t = Lang::Fr)]
    pub(super) lang: Lang,
    /// Answer in JSON; an error too, on standard output.
    #[arg(long, help_heading = "Answer")]
    pub(super) json: bool,
}

impl Speech {
    /// Words, in the language of what is no question to a device.
    pub(super) const ENGLISH: Self = Self { lang: Lang::En, json: false };
}

/// The one of two texts that is in this language.
pub(super) const fn pick<'t>(lang: Lang, french: &'t str, english: &'t str) -> &'t str {
    match lang {
        Lang::Fr => french,
        Lang::En => english,
    }
}

/// `format!` in the language that was asked for.
macro_rules! say {
    ($lang:expr, $french:literal, $english:literal $(, $argument:expr)* $(,)?) => {
        match $lang {
            verify_cli::Lang::Fr => format!($french $(, $argument)*),
            verify_cli::Lang::En => format!($english $(, $argument)*),
        }
    };
}
pub(super) use say;

/// Prints lines of our own making, at once: who watches a long work sees each. What a terminal would obey is taken out;
/// what came from elsewhere and may have line ends has to be [`plain`].
pub(super) fn print(text: &str) -> io::Result<()> {
    let lines: Vec<String> = text.trim_end_matches('\n').split('\n').map(shown).collect();
    put(&lines.join("\n"))
}

/// Prints one sentence, on one line whatever is in it.
pub(super) fn print_line(text: &str) -> io::Result<()> {
    put(&plain(text))
}

/// Prints lines with the ends that RFC 4180 wants.
pub(super) fn print_lines(lines: &[String]) -> io::Result<()> {
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    put(&lines.join("\r\n"))
}

/// Prints one object on one line.
pub(super) fn print_json(object: &impl Serialize) -> io::Result<()> {
    print_answer(&serde_json::to_string(object)?)
}

/// Prints the JSON of a device on one line: what a terminal would obey is escaped, the values stay the same.
pub(super) fn print_answer(json: &str) -> io::Result<()> {
    put(&escaped(json))
}

fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A text as part of a line: each character that a terminal obeys, or that breaks or turns the line, is U+FFFD.
pub(super) fn plain(text: &str) -> String {
    let shown = |character| if is_obeyed(character) { char::REPLACEMENT_CHARACTER } else { character };
    text.chars().map(shown).collect()
}

/// A line, plain but for the colours of a QR code.
fn shown(line: &str) -> String {
    if is_symbol(line) { line.to_owned() } else { plain(line) }
}

/// Whether this is a line of a QR code as [`receipt::Ink::Ansi`] writes it: it can say nothing else.
fn is_symbol(line: &str) -> bool {
    let inked = line.strip_prefix("\x1b[30;107m").and_then(|line| line.strip_suffix("\x1b[0m"));
    inked.is_some_and(|line| line.chars().all(|character| matches!(character, ' ' | '▀' | '▄' | '█')))
}

/// JSON in which no character is obeyed. All of them can stand only in texts, but for the white space around values.
fn escaped(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\t' | '\r' | '\n' => line.push(' '),
            _ if is_obeyed(character) => {
                // A string takes what is written to it.
                let _ = write!(line, "\\u{:04x}", u32::from(character));
            }
            _ => line.push(character),
        }
    }
    line
}

/// Control characters, line and paragraph separators, bidirectional controls: those that no payload may have.
const fn is_obeyed(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// `count thing`, in the plural from two on, as both languages have it for what is counted here.
pub(super) fn counted(lang: Lang, count: u64, french: [&str; 2], english: [&str; 2]) -> String {
    let ([one, more], from) = match lang {
        Lang::Fr => (french, 2),
        Lang::En => (english, if count == 0 { 0 } else { 2 }),
    };
    format!("{count} {}", if count >= from { more } else { one })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBEYED: &str =
        "\x1b]0;t\x07\u{9b}31m\r\nFORGED\x7f\u{202e}\u{2066}\u{200e}\u{61c}\u{2028}\u{2029}\0";

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_in_a_line() {
        let line = plain(&format!("é{OBEYED} ’\u{a0}x"));
        assert!(!line.chars().any(is_obeyed), "{line:?}");
        assert!(line.starts_with("é\u{fffd}]0;t") && line.ends_with(" ’\u{a0}x"), "{line:?}");
        assert_eq!(shown(&format!("\x1b[30;107m█{}\x1b[0m", "x")), "\u{fffd}[30;107m█x\u{fffd}[0m");
    }

    #[test]
    fn a_qr_code_keeps_its_colours() {
        let line = "\x1b[30;107m ▀▄█ \x1b[0m";
        assert_eq!(shown(line), line);
    }

    #[test]
    fn json_keeps_its_values_and_has_no_such_character() {
        let value = serde_json::json!({ "detail": OBEYED, "é": ["«\u{a0}»"] });
        // As a device may write it: only what JSON forbids is escaped.
        let written = serde_json::to_string_pretty(&value).unwrap();
        let line = escaped(&written);
        assert!(!line.chars().any(is_obeyed), "{line:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
        assert!(line.contains("\\u202e") && line.contains("\\u007f") && line.contains("«\u{a0}»"), "{line}");
    }
}
