use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::MachineChange;
use clap::Args;
use registry::Reach;

use super::{
    super::{arguments::OfficeArgs, office::Named},
    view::line,
};
use crate::random;

/// Which one.
#[derive(Args)]
pub(crate) struct PauseCommand {
    #[command(flatten)]
    which: Which,
}

/// Which one.
#[derive(Args)]
pub(crate) struct ResumeCommand {
    #[command(flatten)]
    which: Which,
}

/// Which one.
#[derive(Args)]
pub(crate) struct RemoveCommand {
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Which {
    #[command(flatten)]
    office: OfficeArgs,
    /// The e-MCF: its id here, or its NIM.
    #[arg(value_name = "MACHINE")]
    named: Named,
}

impl PauseCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.which.pause(true)
    }
}

impl ResumeCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.which.pause(false)
    }
}

impl RemoveCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Which { office: words, named } = &self.which;
        let office = words.open()?;
        let id = office.machine(named)?.id;
        let removed = office.desk(|desk, asked| Ok(desk.remove_machine(&Reach::Platform, &id, asked)?))?;
        writeln!(io::stdout().lock(), "{}", line(&removed, words))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Which {
    fn pause(&self, paused: bool) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let machine = office.machine(&self.named)?;
        let (owned, vault) = (office.owner_of(&machine)?, office.vault()?);
        let change = MachineChange { paused: Some(paused), ..MachineChange::default() };
        let changed = office.desk(|desk, asked| {
            let owner = owned.owner();
            Ok(desk.change_machine(&machine.id, &change, owner, &vault, &mut random::fill, asked)?)
        })?;
        writeln!(io::stdout().lock(), "{}", line(&changed, &self.office))?;
        Ok(ExitCode::SUCCESS)
    }
}
