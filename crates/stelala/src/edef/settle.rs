use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{DeskFault, Finalised, JobFile, JobId, Settlement, Sight, Source};
use anyhow::{Context, ensure};
use clap::Args;
use edef::{AuthorityCode, AuthorityTime, Counters, Nim};
use fiscal::{FiscalNumber, RecordHash};
use ledger::AuthorityQr;
use registry::Label;

use super::arguments::OfficeArgs;

/// Of which invoice what is said, and why it is believed.
#[derive(Args)]
#[group(id = "outcome", required = true, multiple = false, args = ["code", "not_there"])]
pub(crate) struct SettleCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// An invoice that is AMBIGUOUS or SYNCED_WITHOUT_CODE: KINGOMBE01-0-00000001.
    fiscal_number: FiscalNumber,
    /// Which of several records of that number.
    #[arg(long, value_name = "HASH", value_parser = record)]
    record: Option<RecordHash>,
    /// It is there, with this code of the authority: 24 characters, with or without hyphens.
    #[arg(long)]
    code: Option<AuthorityCode>,
    /// It is not there: it is sent again.
    #[arg(long)]
    not_there: bool,
    /// Which e-MCF finalised it; the one to which it was sent if this is left out.
    #[arg(long, requires = "code")]
    nim: Option<Nim>,
    /// When, as the portal shows it: 14/03/2026 09:32:10.
    #[arg(long, requires = "code", value_name = "TEXT", value_parser = time)]
    date_time: Option<AuthorityTime>,
    /// What its QR code says, if the portal shows it.
    #[arg(long, requires = "code", value_name = "TEXT")]
    qr: Option<AuthorityQr>,
    /// The counters, if the portal shows them: 64/64 FV.
    #[arg(long, requires = "code", value_name = "TEXT")]
    counters: Option<Counters>,
    /// How it is known. It is kept, and the platform is told.
    #[arg(long)]
    reason: Label,
}

fn record(text: &str) -> Result<RecordHash, String> {
    RecordHash::from_hex(text).ok_or_else(|| "a record's hash has 64 hexadecimal digits".to_owned())
}

fn time(text: &str) -> Result<AuthorityTime, DeskFault> {
    AuthorityTime::new(text).ok_or(DeskFault::TimeForm)
}

impl SettleCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let id = match self.record.map(JobId) {
            Some(id) => id,
            None => office.only(self.fiscal_number)?.job.id,
        };
        let settled = office.desk(|desk, asked| {
            let file = desk.job(Sight::All, id)?;
            ensure!(file.listed.job.fiscal == self.fiscal_number, "{id} is {}", file.listed.job.fiscal);
            let settlement = self.settlement(&file)?;
            Ok(desk.settle(Sight::All, id, &settlement, &self.reason, asked)?)
        })?;
        let words = self.office.words(settled.state.words());
        writeln!(io::stdout().lock(), "{}: {} {words}", settled.fiscal, settled.state)?;
        Ok(ExitCode::SUCCESS)
    }

    fn settlement(&self, file: &JobFile) -> anyhow::Result<Settlement> {
        let Some(code) = self.code else { return Ok(Settlement::NotThere) };
        let sent = file.listed.job.intent.as_ref().map(|intent| &intent.nim);
        let known = sent.or_else(|| file.machine.as_ref()?.nim.as_ref());
        let nim = self.nim.as_ref().or(known).context("say which e-MCF finalised it: --nim")?;
        Ok(Settlement::Finalised(Box::new(Finalised {
            nim: nim.clone(),
            code,
            date_time: self.date_time.clone(),
            qr: self.qr.clone(),
            counters: self.counters,
            uid: None,
            totals: None,
            source: Source::Hand,
        })))
    }
}
