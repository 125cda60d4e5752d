use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::{
    SystemClock,
    doctor::{Severity, examine},
};
use clap::Args;

use super::configured::ConfigArgs;
use crate::random;

/// The cloud of a configuration.
#[derive(Args)]
pub(crate) struct DoctorCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl DoctorCommand {
    /// 0 when it can serve, 1 when something is wrong; a configuration that cannot be read is 2.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let findings = examine(&config, &SystemClock, random::fill);
        let mut out = io::stdout().lock();
        for finding in &findings {
            let mark = match finding.severity {
                Severity::Good => "good",
                Severity::Warning => "note",
                Severity::Bad => "BAD",
            };
            writeln!(out, "{mark:<5} {:<9} {}", finding.about, finding.sentence)?;
        }
        let bad = findings.iter().filter(|finding| finding.severity == Severity::Bad).count();
        let (said, code) = match bad {
            0 => ("\nThis cloud can serve.".to_owned(), ExitCode::SUCCESS),
            1 => ("\nOne thing is wrong.".to_owned(), ExitCode::FAILURE),
            bad => (format!("\n{bad} things are wrong."), ExitCode::FAILURE),
        };
        writeln!(out, "{said}")?;
        Ok(code)
    }
}
