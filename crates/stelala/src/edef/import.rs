use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use ::cloud::{Language, Words, incomplete_words, row_words};
use ::sync::{Absent, Complete, ImportOrder, Imported, ResultFile, RowAnswer, RowOutcome, Sight};
use anyhow::{Context, bail};
use clap::Args;
use edef::Nim;
use fiscal::Timestamp;
use registry::Label;
use verify_cli::Lang;

use super::arguments::OfficeArgs;

/// A file of results: our own export that was filled in, or the export of the authority's portal.
#[derive(Args)]
pub(crate) struct ImportCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// The file, CSV or XLSX.
    file: PathBuf,
    /// Says what would be done, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// The e-MCF of rows that name none.
    #[arg(long)]
    nim: Option<Nim>,
    /// The file is the portal's whole export of the e-MCF --nim for a period: what is in doubt and not in it is not at the
    /// authority, and is sent again.
    #[arg(long, requires_all = ["nim", "from", "to", "rows"])]
    complete: bool,
    /// From when on the export is complete, UTC: 2026-03-14T00:00:00.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "complete")]
    from: Option<Timestamp>,
    /// Up to when it is, UTC.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "complete")]
    to: Option<Timestamp>,
    /// How many invoices the portal shows for the period.
    #[arg(long, value_name = "N", requires = "complete")]
    rows: Option<usize>,
    /// Where the file is from. It is kept.
    #[arg(long, default_value = "import")]
    reason: Label,
}

/// As large as a file may be: the desk reads no larger one.
const LARGEST: u64 = 10 << 20;

impl ImportCommand {
    /// 1 when rows were refused, or what was called complete is not.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let name = || self.file.display().to_string();
        if fs::metadata(&self.file).with_context(name)?.len() > LARGEST {
            bail!("{} is larger than 10 MiB: export fewer invoices at a time", name());
        }
        let bytes = fs::read(&self.file).with_context(name)?;
        let (file, order) = (ResultFile::read(&bytes).with_context(name)?, self.order());
        let imported = office
            .desk(|desk, asked| Ok(desk.import(Sight::All, &file, &order, asked)?))
            .with_context(name)?;
        let mut out = io::stdout().lock();
        for row in &imported.rows {
            writeln!(out, "{}", self.row(row))?;
        }
        for absent in &imported.absent {
            writeln!(out, "{}", self.absent(absent))?;
        }
        for line in self.ended(&imported) {
            writeln!(out, "{line}")?;
        }
        let is_refused = |row: &RowAnswer| matches!(row.outcome, RowOutcome::Refused(_));
        let is_whole = !imported.rows.iter().any(is_refused) && imported.not_complete.is_none();
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn order(&self) -> ImportOrder {
        let stated = self.nim.clone().zip(self.from).zip(self.to.zip(self.rows));
        let complete = stated.filter(|_| self.complete);
        let complete = complete.map(|((nim, from), (to, rows))| Complete { nim, from, to, rows });
        ImportOrder { nim: self.nim.clone(), complete, reason: self.reason.clone(), dry_run: self.dry_run }
    }

    fn row(&self, answer: &RowAnswer) -> String {
        let fiscal = answer.fiscal.map_or_else(|| "-".to_owned(), |fiscal| fiscal.to_string());
        let outcome = match &answer.outcome {
            RowOutcome::Settled if self.dry_run => self.office.say("serait reprise", "would be taken").into(),
            RowOutcome::Settled => self.office.say("reprise", "taken").into(),
            RowOutcome::Already => self.office.say("l'était déjà", "was taken before").into(),
            RowOutcome::Refused(fault) => {
                format!(
                    "{} {}: {}",
                    self.office.say("REFUSÉE", "REFUSED"),
                    fault.code(),
                    self.tell(&row_words(fault))
                )
            }
        };
        format!("{} {}  {fiscal:<22} {outcome}", self.office.say("ligne", "row"), answer.row)
    }

    fn absent(&self, Absent { fiscal, kept }: &Absent) -> String {
        let missing = self.office.say("absente du fichier", "not in the file");
        let outcome = match kept {
            Some(fault) => format!("{}: {}", fault.code(), self.tell(&row_words(fault))),
            None if self.dry_run => self.office.say("serait renvoyée", "would be sent again").into(),
            None => self.office.say("est renvoyée", "is sent again").into(),
        };
        format!("{missing}  {fiscal:<22} {outcome}")
    }

    fn ended(&self, imported: &Imported) -> Vec<String> {
        let count = |of: fn(&RowOutcome) -> bool| imported.rows.iter().filter(|row| of(&row.outcome)).count();
        let settled = count(|outcome| matches!(outcome, RowOutcome::Settled));
        let already = count(|outcome| matches!(outcome, RowOutcome::Already));
        let refused = count(|outcome| matches!(outcome, RowOutcome::Refused(_)));
        let blank = imported.blank;
        let mut lines = vec![self.office.say(
            format!("{settled} reprises, {already} l'étaient déjà, {refused} refusées, {blank} lignes vides"),
            format!("{settled} taken, {already} were before, {refused} refused, {blank} blank rows"),
        )];
        if !imported.unknown_columns.is_empty() {
            let names = imported.unknown_columns.join(", ");
            let unread = self.office.say("Colonnes non lues :", "Columns that were not read:");
            lines.push(format!("{unread} {names}"));
        }
        if let Some(fault) = &imported.not_complete {
            let incomplete = self.office.say("L'export n'est pas complet :", "The export is not complete:");
            lines.push(format!("{incomplete} {}: {}", fault.code(), self.tell(&incomplete_words(fault))));
        }
        if imported.dry_run {
            lines.push(self.office.say("Rien n'a été changé.", "Nothing was changed.").to_owned());
        }
        lines
    }

    fn tell(&self, words: &Words) -> String {
        let language = match self.office.lang {
            Lang::Fr => Language::French,
            Lang::En => Language::English,
        };
        words.in_language(language).to_owned()
    }
}

/// With or without the letter that says UTC.
fn moment(text: &str) -> Result<Timestamp, fiscal::Reason> {
    text.strip_suffix('Z').unwrap_or(text).parse()
}
