use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{JobFilter, JobState, Listed};
use clap::Args;

use super::arguments::{OfficeArgs, WhichArgs, time, zulu};

/// Which, and of which cloud.
#[derive(Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// Those with this word as their cause or error, as a line shows it.
    #[arg(long, value_name = "WORD")]
    error: Option<String>,
}

/// What is not done with.
const OPEN: [JobState; 7] = [
    JobState::Pending,
    JobState::Submitted,
    JobState::Retry,
    JobState::Ambiguous,
    JobState::Differs,
    JobState::SyncedWithoutCode,
    JobState::Failed,
];

impl ListCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        const PAGE: usize = 500;
        let office = self.office.open()?;
        let states = if self.which.state.is_empty() { OPEN.to_vec() } else { self.which.state.clone() };
        let filter = JobFilter { states, error: self.error.clone(), ..JobFilter::default() };
        let mut out = io::stdout().lock();
        office.desk(|desk, _| {
            let mut after = None;
            loop {
                let page = desk.jobs(self.which.sight(), &filter, after, PAGE)?;
                for listed in &page {
                    writeln!(out, "{}", line(listed))?;
                }
                match page.last() {
                    Some(last) if page.len() == PAGE => after = Some(last.cursor()),
                    _ => return Ok(ExitCode::SUCCESS),
                }
            }
        })
    }
}

fn line(listed: &Listed) -> String {
    let Listed { job, cause } = listed;
    let code = job.elements.as_ref().map_or_else(String::new, |elements| elements.code.grouped());
    let error = job.error.as_ref().map_or_else(String::new, |problem| {
        let number = problem.code.map_or_else(String::new, |code| format!(" {code}"));
        format!("{}{number}: {}", problem.word, problem.text)
    });
    let line = format!(
        "{:<22} {:<2} {}  {:<19} {} {cause:<18} {code}{error}",
        job.fiscal.to_string(),
        job.kind.dgi_code(),
        zulu(job.sealed),
        job.state.name(),
        time(job.since),
    );
    line.trim_end().to_owned()
}
