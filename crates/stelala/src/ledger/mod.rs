//! What a cloud has sealed: reports, exports, backups, heads, and whether all of it is true.

mod a;
mod backup;
mod examine;
mod export;
mod heads;
mod kept_heads;
mod new_epoch;
mod opened;
mod progress;
mod restore;
mod verify;
mod x;
mod z;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::verify::VerifyLedgerCommand;

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Writes an outlet's records for an auditor, with a signed list of them.
    Export(export::ExportCommand),
    /// Writes all that the database holds into a file.
    Backup(backup::BackupCommand),
    /// Fills an empty database from a backup, once all of it is found true.
    Restore(restore::RestoreCommand),
    /// Prints how far each outlet's ledger has come.
    Heads(heads::HeadsCommand),
    /// Begins another line of numbers at an outlet, by force.
    NewEpoch(new_epoch::NewEpochCommand),
    /// Says what an outlet sold so far.
    X(x::SnapshotCommand),
    /// Closes an outlet's business day, or repeats what closed it.
    Z(z::ClosureCommand),
    /// Says what an outlet sold, article by article.
    A(a::ArticlesCommand),
}

impl LedgerCommand {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Export(command) => command.run(),
            Self::Backup(command) => command.run(),
            Self::Restore(command) => command.run(),
            Self::Heads(command) => command.run(),
            Self::NewEpoch(command) => command.run(),
            Self::X(command) => command.run(),
            Self::Z(command) => command.run(),
            Self::A(command) => command.run(),
        }
    }
}
