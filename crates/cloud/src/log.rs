//! Where lines of the log go: the standard error.

use tracing_subscriber::fmt::SubscriberBuilder;

use crate::config::LogConfig;

/// Someone writes the log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log of this process is started already: start it once")]
pub struct LogFault;

/// Starts the log of this process.
pub fn start_log(config: &LogConfig) -> Result<(), LogFault> {
    let lines: SubscriberBuilder = tracing_subscriber::fmt();
    let lines = lines.with_writer(std::io::stderr).with_max_level(config.level).with_target(false);
    // A line that cannot be written, because the disk is full, is lost; saying so on the standard error, as is the
    // default, would panic in the thread that seals.
    let lines = lines.log_internal_errors(false);
    let started = if config.json {
        tracing::subscriber::set_global_default(lines.json().flatten_event(true).finish())
    } else {
        tracing::subscriber::set_global_default(lines.with_ansi(false).finish())
    };
    started.map_err(|_| LogFault)
}
