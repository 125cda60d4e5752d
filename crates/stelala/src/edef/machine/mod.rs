//! The authority's machines, one for each shop.

mod add;
mod change;
mod life;
mod list;
mod token;
mod view;

use std::process::ExitCode;

use clap::Subcommand;

pub(super) use self::view::line;

#[derive(Subcommand)]
pub(crate) enum MachineCommand {
    /// Registers an e-MCF with its token.
    Add(add::AddCommand),
    /// Shows those that are registered, without their tokens.
    List(list::ListCommand),
    /// Changes address, token, outlets or how one is spoken to.
    Change(change::ChangeCommand),
    /// Lets one rest: nothing is sent to it.
    Pause(life::PauseCommand),
    /// Lets one work again that rests or is blocked.
    Resume(life::ResumeCommand),
    /// Removes one; what is known of invoices in doubt stays.
    Remove(life::RemoveCommand),
}

impl MachineCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Add(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Change(command) => command.run(),
            Self::Pause(command) => command.run(),
            Self::Resume(command) => command.run(),
            Self::Remove(command) => command.run(),
        }
    }
}
