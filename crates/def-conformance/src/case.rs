//! A case: one sentence, and what shows it.

use anyhow::Result;

use crate::bench::Bench;

/// One claim of the document.
#[derive(Clone, Copy)]
pub struct Case {
    /// The document's section.
    pub section: &'static str,
    /// The claim as a sentence.
    pub name: &'static str,
    /// Shows it, or says what was wrong. On which boards it cannot is said in [`crate::exceptions`].
    pub run: fn(&Bench) -> Result<()>,
    /// Whether it mostly waits, so that it runs beside the others.
    pub waits: bool,
}

impl Case {
    /// A case that takes as long as the device does.
    pub const fn new(section: &'static str, name: &'static str, run: fn(&Bench) -> Result<()>) -> Self {
        Self { section, name, run, waits: false }
    }

    /// A case that waits for seconds.
    pub const fn waiting(section: &'static str, name: &'static str, run: fn(&Bench) -> Result<()>) -> Self {
        Self { section, name, run, waits: true }
    }
}
