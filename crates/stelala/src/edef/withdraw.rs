use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::ledger::Reference as Place;
use ::sync::{Job, Sight};
use anyhow::Context;
use clap::Args;
use fiscal::{CreditNature, FiscalNumber, Invoice, Reference};
use registry::Label;

use super::{arguments::OfficeArgs, office::Office};

/// Which pair, and why.
#[derive(Args)]
pub(crate) struct WithdrawCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// The original, which is FAILED or DIFFERS: KINGOMBE01-0-00000001.
    fiscal_number: FiscalNumber,
    /// The credit note that cancels all of it (RAN); the one that there is if this is left out.
    #[arg(long, value_name = "FISCAL_NUMBER")]
    cancellation: Option<FiscalNumber>,
    /// Why. It is kept.
    #[arg(long)]
    reason: Label,
}

impl WithdrawCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let original = office.only(self.fiscal_number)?.job;
        let note = match self.cancellation {
            Some(note) => note,
            None => cancellation_of(&office, &original)?,
        };
        let note = office.only(note)?.job.id;
        let withdrawn = office
            .desk(|desk, asked| Ok(desk.withdraw(Sight::All, original.id, note, &self.reason, asked)?))?;
        let mut out = io::stdout().lock();
        for job in withdrawn {
            writeln!(out, "{}: {} {}", job.fiscal, job.state, self.office.words(job.state.words()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The note of the same outlet that takes all of an invoice back.
fn cancellation_of(office: &Office, original: &Job) -> anyhow::Result<FiscalNumber> {
    let FiscalNumber { prefix, epoch, number } = original.fiscal;
    let outlet = original.place.chain.outlet;
    let notes = office.ledger(|store| Ok(store.notes_on(outlet, Place { epoch, number })?))?;
    let is_whole = |body: &str| {
        let reference = Invoice::read(body.as_bytes()).ok().and_then(|note| note.reference);
        matches!(reference, Some(Reference::Original(named)) if named.nature == CreditNature::Void)
    };
    let whole = notes.iter().find(|row| row.body.as_deref().is_some_and(is_whole));
    let found = whole
        .and_then(|row| Some(FiscalNumber { prefix, epoch: row.place.chain.epoch, number: row.number? }));
    found.with_context(|| {
        format!("no credit note cancels {}: make the cancellation (RAN) first", original.fiscal)
    })
}
