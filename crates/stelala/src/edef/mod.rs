//! The tax authority's e-DEF service: what of it an operator looks after, and a simulator of it.

mod alerts;
mod arguments;
mod close_alert;
mod export;
mod give_back;
mod import;
mod list;
mod machine;
mod office;
mod retry;
mod settle;
mod show;
mod simulate;
mod status;
mod withdraw;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::office::Office;

/// What can be done about the authority's service.
#[derive(Subcommand)]
pub(crate) enum EdefCommand {
    /// The authority's machines (e-MCF), to which invoices are sent.
    #[command(subcommand)]
    Machine(machine::MachineCommand),
    /// How the way to the authority stands: counts, machines, alerts.
    Status(status::StatusCommand),
    /// Lists what needs someone.
    Alerts(alerts::AlertsCommand),
    /// Says that somebody looked at an alert.
    CloseAlert(close_alert::CloseAlertCommand),
    /// Lists invoices by how they stand with the authority.
    List(list::ListCommand),
    /// Shows all that is known of an invoice on its way.
    Show(show::ShowCommand),
    /// Has invoices sent again that are certainly not at the authority.
    Retry(retry::RetryCommand),
    /// Says what became of an invoice in doubt, as the authority's portal shows it.
    Settle(settle::SettleCommand),
    /// Has an invoice that was refused and its cancellation never be sent.
    Withdraw(withdraw::WithdrawCommand),
    /// Writes what is not at the authority into a file, to be typed by hand.
    Export(export::ExportCommand),
    /// Gives back what was handed out and not typed: it is sent again.
    GiveBack(give_back::GiveBackCommand),
    /// Reads the authority's codes from a file, row by row.
    Import(import::ImportCommand),
    /// Stands in for the authority's service, with its paths, names, codes and limits, and faults on demand.
    Simulate(simulate::SimulateCommand),
}

impl EdefCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Machine(command) => command.run(),
            Self::Status(command) => command.run(),
            Self::Alerts(command) => command.run(),
            Self::CloseAlert(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Retry(command) => command.run(),
            Self::Settle(command) => command.run(),
            Self::Withdraw(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::GiveBack(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Simulate(command) => command.run(),
        }
    }
}
