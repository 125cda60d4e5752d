//! `docs/protocol.md` as it was when this was compiled: the list of claims.

mod examples;
mod tables;

use std::sync::LazyLock;

use serde_json::Value;

pub use self::tables::{Code, TableFault};

const TEXT: &str = include_str!("../../../../docs/protocol.md");

static CODES: LazyLock<Vec<Code>> =
    LazyLock::new(|| tables::codes(TEXT).expect("section 8 has a table of codes"));

static COMMANDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| tables::commands(TEXT));

/// The error codes of section 8, in their order.
pub fn codes() -> &'static [Code] {
    &CODES
}

/// The number in a row of section 11, like 25,600 of `content of a request`.
///
/// # Panics
/// When the document has no such row: then a case is about something that is not claimed.
pub fn limit(what: &str) -> usize {
    tables::limit(TEXT, what).unwrap_or_else(|fault| panic!("{what}: {fault}"))
}

/// The bytes that a row of section 11 gives to all together, like 65,536 of `open payloads`.
///
/// # Panics
/// When the document has no such row, or it does not say so.
pub fn bytes_together(what: &str) -> usize {
    tables::together(TEXT, what).unwrap_or_else(|fault| panic!("{what}: {fault}"))
}

/// What section 11 limits.
pub fn limits() -> Vec<&'static str> {
    tables::limits(TEXT)
}

/// How long a host waits for the answer to a command, in seconds (section 4).
pub fn deadline_seconds(command: &str) -> u64 {
    tables::deadline(TEXT, command).expect("section 4 has a row for every other command")
}

/// The text of an example, such as `reply-commit`.
///
/// # Panics
/// When there is none of this name.
pub fn example(name: &str) -> &'static str {
    examples::named(TEXT, name).unwrap_or_else(|| panic!("the document has no example {name}"))
}

/// An example that is JSON.
pub fn example_json(name: &str) -> Value {
    serde_json::from_str(example(name)).expect("examples of replies are JSON")
}

/// The commands of section 7.
pub fn commands() -> &'static [&'static str] {
    &COMMANDS
}

/// The names of the examples that are requests: commands of every kind.
pub fn requests() -> Vec<&'static str> {
    examples::names(TEXT).filter(|name| name.starts_with("request-")).collect()
}
