use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::sync::{ExportOrder, Exported, HandOutId, JobFilter, SheetForm, SheetPart};
use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{
    arguments::{OfficeArgs, WhichArgs},
    office::Office,
};

/// Which invoices, as what, and where to.
#[derive(Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// The form of the file.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Which table, of CSV; XLSX has all of them.
    #[arg(long, value_enum, default_value_t = Part::Invoices)]
    part: Part,
    /// A person types them into the authority's portal: they are not sent any more, until he says what came of each. Only
    /// what is certainly not at the authority is in the file then.
    #[arg(long)]
    hand_out: bool,
    /// The file of a hand-out once more, with what nobody has said anything of yet.
    #[arg(long, value_name = "HAND_OUT", conflicts_with_all = ["hand_out", "state"])]
    again: Option<HandOutId>,
    /// The file; it must not be there yet. More than 2,000 invoices go into several, whose names are numbered.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The form of a file.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Text, one table.
    Csv,
    /// A spreadsheet.
    Xlsx,
}

/// A table.
#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// A row for each invoice, with empty columns for the authority's answer.
    Invoices,
    /// A row for each line.
    Items,
    /// A row for each means of payment.
    Payments,
}

impl ExportCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let filter = JobFilter { states: self.which.state.clone(), ..JobFilter::default() };
        let (form, most, hand_out) = (self.form(), ExportOrder::MOST, self.hand_out);
        let mut order = ExportOrder { filter, after: None, most, form, hand_out };
        let mut out = io::stdout().lock();
        let mut has_any = false;
        for number in 1.. {
            let path = numbered(&self.out, number);
            let made = self.write(&office, &order, &path)?;
            let has_file = self.keeps(&made);
            has_any |= has_file;
            let Exported { invoices, left_out, next, hand_out, .. } = made;
            if has_file {
                let name = path.display();
                let said = self.office.say(
                    format!("{name} : {invoices} factures, {} n'y sont pas", left_out.count()),
                    format!("{name}: {invoices} invoices, {} are not in it", left_out.count()),
                );
                writeln!(out, "{said}")?;
            } else if !has_any && next.is_none() {
                let said = self.office.say(
                    "Il n'y a rien à remettre : aucun fichier n'est écrit, et rien n'est changé.",
                    "There is nothing to hand out: no file was written, and nothing was changed.",
                );
                writeln!(out, "{said}")?;
            }
            if let Some(id) = hand_out {
                writeln!(out, "{} {id}", self.office.say("Remise", "Hand-out"))?;
            }
            for (fiscal, why) in left_out.named() {
                writeln!(out, "  {fiscal}: {why}")?;
            }
            match next {
                Some(_) => order.after = next,
                None => break,
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The file is there before anything is handed out: what nobody has on paper must not wait for a person.
    fn write(&self, office: &Office, order: &ExportOrder, path: &Path) -> anyhow::Result<Exported> {
        let name = || path.display().to_string();
        let translate = office.translate()?;
        // It holds names of clients.
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(name)?;
        let made = office
            .desk(|desk, asked| {
                let sight = self.which.sight();
                Ok(match self.again {
                    Some(id) => desk.hand_out_again(sight, (id, order.after), order.form, &translate)?,
                    None => desk.export(sight, order, &translate, asked)?,
                })
            })
            .inspect_err(|_| drop(fs::remove_file(path)))?;
        if !self.keeps(&made) {
            fs::remove_file(path).with_context(name)?;
            return Ok(made);
        }
        file.write_all(&made.bytes).and_then(|()| file.sync_all()).with_context(|| {
            let advice = made.hand_out.map(|id| {
                format!(": the invoices are handed out all the same; export them with --again {id}")
            });
            name() + advice.as_deref().unwrap_or_default()
        })?;
        Ok(made)
    }

    /// A file for a person to fill in has something to be filled in.
    const fn keeps(&self, made: &Exported) -> bool {
        made.invoices > 0 || !self.hand_out
    }

    const fn form(&self) -> SheetForm {
        match (self.format, self.part) {
            (Format::Xlsx, _) => SheetForm::Xlsx,
            (Format::Csv, Part::Invoices) => SheetForm::Csv(SheetPart::Invoices),
            (Format::Csv, Part::Items) => SheetForm::Csv(SheetPart::Items),
            (Format::Csv, Part::Payments) => SheetForm::Csv(SheetPart::Payments),
        }
    }
}

/// `unsent.csv`, `unsent-2.csv`, …
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension =
        path.extension().map_or_else(String::new, |extension| format!(".{}", extension.display()));
    path.with_file_name(format!("{stem}-{number}{extension}"))
}
