//! What several of the commands take.

use ::sync::{AlertKind, At, JobState, Sight};
use clap::Args;
use edef::Words;
use fiscal::{OutletId, Timestamp};
use verify_cli::Lang;

use super::office::Office;
use crate::cloud::ConfigArgs;

/// Of which cloud, and in which language it is told.
#[derive(Args)]
pub(super) struct OfficeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The language of what is said.
    #[arg(long, value_enum, default_value_t = Lang::Fr)]
    pub(super) lang: Lang,
}

/// Which invoices.
#[derive(Args)]
pub(super) struct WhichArgs {
    /// Those of this outlet.
    #[arg(long)]
    outlet: Option<OutletId>,
    /// Those in this state: PENDING, SUBMITTED, SYNCED, RETRY, AMBIGUOUS, DIFFERS, SYNCED_WITHOUT_CODE, FAILED or WITHDRAWN.
    /// May be given several times.
    #[arg(long, value_parser = state)]
    pub(super) state: Vec<JobState>,
}

impl OfficeArgs {
    pub(super) fn open(&self) -> anyhow::Result<Office> {
        Office::of_existing(self.config.read()?)
    }

    /// One of two texts.
    pub(super) fn say<T>(&self, french: T, english: T) -> T {
        match self.lang {
            Lang::Fr => french,
            Lang::En => english,
        }
    }

    pub(super) fn words(&self, words: Words) -> &'static str {
        self.say(words.french, words.english)
    }
}

impl WhichArgs {
    pub(super) fn sight(&self) -> Sight<'_> {
        self.outlet.as_ref().map_or(Sight::All, |outlet| Sight::Outlets(std::slice::from_ref(outlet)))
    }
}

fn state(text: &str) -> Result<JobState, String> {
    JobState::from_name(&text.to_ascii_uppercase().replace('-', "_")).ok_or_else(|| {
        let all: Vec<_> = JobState::ALL.iter().map(|state| state.name()).collect();
        format!("a state is one of {}", all.join(", "))
    })
}

/// The cause of an alert.
pub(super) fn cause(text: &str) -> Result<AlertKind, String> {
    AlertKind::from_name(&text.to_ascii_lowercase().replace('-', "_")).ok_or_else(|| {
        let all: Vec<_> = AlertKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("a cause is one of {}", all.join(", "))
    })
}

/// `2026-03-14T08:00:00Z`, to the second.
pub(super) fn time(at: At) -> String {
    zulu(Timestamp::from_unix(at.0 / 1_000).unwrap_or(Timestamp::LATEST))
}

pub(super) fn zulu(time: Timestamp) -> String {
    format!("{time}Z")
}
