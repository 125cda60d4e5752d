use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

/// It needs nothing.
#[derive(Args)]
pub(crate) struct OpenApiCommand {}

impl OpenApiCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let document = ::cloud::openapi::document().to_pretty_json();
        writeln!(io::stdout().lock(), "{}", document.context("the document: please report this")?)?;
        Ok(ExitCode::SUCCESS)
    }
}
