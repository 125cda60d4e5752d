//! A day of sales from another system's export, sealed through a cloud's API.
//!
//! The file is checked as a whole before anything is sent, and each invoice has an idempotency key of its own, so that an
//! import that was interrupted is finished by running it again.

mod check;
mod column;
mod decimal;
mod entry;
mod friendly;
mod http;
mod key;
mod originals;
mod place;
mod progress;
mod refusal;
mod report;
mod sale;
mod send;
mod sheet;
mod words;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use fiscal::{OutletId, UtcOffset};

use self::{
    check::Checker,
    decimal::Decimals,
    entry::{Entry, Fate},
    friendly::Given,
    http::Client,
    key::Key,
    originals::Originals,
    place::Place,
    progress::Progress,
    report::Report,
    sale::Gatherer,
    send::Sender,
    sheet::Sheet,
};
use crate::authority;

/// What is imported, and where.
#[derive(Args)]
#[command(after_long_help = words::LONG_HELP)]
pub(crate) struct ImportCommand {
    /// The export, as CSV.
    file: PathBuf,
    /// The cloud's address.
    #[arg(long)]
    url: String,
    /// The file that holds the API key, for its owner only; without it, the variable STELALA_API_KEY is read.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The outlet that sold. A key of one outlet need not say it.
    #[arg(long, value_name = "ID")]
    outlet: Option<OutletId>,
    /// The till, where the file names none.
    #[arg(long, value_name = "ID")]
    terminal: Option<String>,
    /// Who sold, where the file does not say it.
    #[arg(long, value_name = "ID")]
    cashier: Option<String>,
    /// The zone of times that are written 2026-03-14 08:32:10, kinshasa or lubumbashi; the outlet's, unless it is said.
    #[arg(long, value_parser = authority::zone, allow_hyphen_values = true)]
    zone: Option<UtcOffset>,
    /// Where the report goes; else beside the file, as FILE.report.csv.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Check everything, and send no sale.
    #[arg(long)]
    dry_run: bool,
    /// Send nothing when any invoice is refused.
    #[arg(long)]
    strict: bool,
    /// The certificate of a private authority, as PEM; no other is trusted then.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Send the key unencrypted, also to another machine.
    #[arg(long)]
    plain_http: bool,
    /// How often a question is asked before it gives up; each pause is twice as long as the one before.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=20))]
    attempts: u32,
}

impl ImportCommand {
    /// 0 when all is sealed, 1 when some is refused, 2 when it could not go on.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let bytes = self.bytes().with_context(|| self.file.display().to_string())?;
        let key = Key::read(self.key_file.as_deref())?;
        let client = Client::new(&self.url, self.plain_http, self.ca.as_deref(), key, self.attempts)?;
        let report = Report::open(self.report.as_deref(), &self.file)?;
        let place = Place::find(&client, self.outlet, self.zone)?;
        let (mut entries, rows) =
            self.check(&bytes, &place).with_context(|| self.file.display().to_string())?;
        drop(bytes);
        let originals = Originals::find(&mut entries, &client, &place)?;
        say(&words::checked(&entries, rows))?;
        let refused = entries.iter().any(|entry| matches!(entry.fate, Fate::Refused(_)));
        let stopped = if self.dry_run || (self.strict && refused) {
            say(words::not_sent(self.dry_run))?;
            Ok(())
        } else {
            let mut progress = Progress::new();
            let mut told = |entries: &[Entry]| progress.at(entries);
            let sent = Sender::new(&client, &place, &originals, &mut entries, &mut told).send();
            progress.clear();
            sent
        };
        let path = report.write(&entries)?;
        say(&words::ended(&entries, &path))?;
        if let Err(why) = stopped {
            bail!(
                "{why:#}\nIt could not go on. Run the same command again: what is sealed is not sealed twice."
            );
        }
        let refused = entries.iter().any(|entry| matches!(entry.fate, Fate::Refused(_)));
        Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        read(&self.file)
    }

    /// All invoices of the file, and how many rows they have.
    fn check(&self, bytes: &[u8], place: &Place) -> anyhow::Result<(Vec<Entry>, usize)> {
        let sheet = Sheet::new(bytes)?;
        let mut gatherer = Gatherer::new(Decimals::new(sheet.has_commas()));
        let mut rows = 0;
        sheet.rows(|row| {
            rows += 1;
            gatherer.add(&row)
        })?;
        let given = Given {
            outlet: place.outlet,
            terminal: self.terminal.as_deref(),
            cashier: self.cashier.as_deref(),
            // The outlet's own, where the cloud says it.
            zone: self.zone.or(place.prefix.map(|_| place.zone)),
            business_zone: place.zone,
        };
        let mut checker = Checker::new(given, place);
        let entries: Vec<Entry> = gatherer.finish().iter().map(|sale| checker.check(sale)).collect();
        if entries.is_empty() {
            bail!("there is no invoice below the header");
        }
        Ok((entries, rows))
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(sheet::MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > sheet::MOST_BYTES {
        bail!("the file has more than {} MiB: import it in parts", sheet::MOST_BYTES / 1024 / 1024);
    }
    Ok(bytes)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}
