//! In which language a command answers, and in which form.

use std::io::{self, Write};

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

/// Prints lines, at once: who watches a long work sees each.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n'))?;
    out.flush()
}

/// Prints one object on one line.
pub(super) fn print_json(object: &impl Serialize) -> io::Result<()> {
    print(&serde_json::to_string(object)?)
}

/// `count thing`, in the plural from two on, as both languages have it for what is counted here.
pub(super) fn counted(lang: Lang, count: u64, french: [&str; 2], english: [&str; 2]) -> String {
    let ([one, more], from) = match lang {
        Lang::Fr => (french, 2),
        Lang::En => (english, if count == 0 { 0 } else { 2 }),
    };
    format!("{count} {}", if count >= from { more } else { one })
}
