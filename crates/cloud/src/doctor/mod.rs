//! What is wrong with a cloud before it runs, in sentences.

mod database;
mod devices;
mod ledgers;
mod listen;
mod people;
mod secret;
mod signer;

pub(crate) use self::devices::ending;

use ledger::Clock;

use crate::{config::Config, start::Entropy};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub severity: Severity,
    /// What was looked at.
    pub about: &'static str,
    /// What is there and, unless it is good, what to do.
    pub sentence: String,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// It works, and someone should know.
    Warning,
    /// The cloud does not serve, or does not keep what it promises.
    Bad,
}

impl Finding {
    pub(crate) fn good(about: &'static str, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Good, about, sentence: sentence.into() }
    }

    pub(crate) fn warning(about: &'static str, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, about, sentence: sentence.into() }
    }

    pub(crate) fn bad(about: &'static str, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Bad, about, sentence: sentence.into() }
    }
}

/// Looks at everything that a configuration names. It changes nothing but that it makes the tables of an empty
/// PostgreSQL database.
pub fn examine(config: &Config, clock: &dyn Clock, entropy: Entropy) -> Vec<Finding> {
    let (database, found) = database::examine(&config.database);
    let mut findings = listen::examine(config, database.as_deref(), clock);
    findings.extend(found);
    findings.push(signer::examine(config, entropy));
    findings.push(secret::examine(config));
    findings.extend(devices::examine(config, clock));
    findings.extend(ledgers::examine(config, database.as_deref(), clock));
    findings.extend(people::examine(database.as_deref(), clock));
    findings
}
