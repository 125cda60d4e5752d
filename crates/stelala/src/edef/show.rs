use std::{
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{Baseline, Elements, Job, JobFile, JobState, Listed, Machine, Sight, Source};
use clap::Args;
use edef::Counters;
use fiscal::FiscalNumber;

use super::{
    arguments::{OfficeArgs, time, zulu},
    machine::line,
};

/// Which invoice.
#[derive(Args)]
pub(crate) struct ShowCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// As the receipt shows it: KINGOMBE01-0-00000001.
    fiscal_number: FiscalNumber,
}

/// Columns of what is known.
const WIDTH: usize = 26;

impl ShowCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let id = office.invoice(self.fiscal_number)?.job.id;
        let file = office.desk(|desk, _| Ok(desk.job(Sight::All, id)?))?;
        write!(io::stdout().lock(), "{}", text(&file, &self.office))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// All that is known, for who has to decide something or to explain it.
pub(super) fn text(file: &JobFile, words: &OfficeArgs) -> String {
    let JobFile { listed, transitions, machine, candidates, original } = file;
    let Listed { job, .. } = listed;
    let mut text = String::new();
    // A string takes whatever is written.
    let _ = writeln!(text, "{} {} {}", job.fiscal, job.kind.dgi_code(), job.state);
    let _ = writeln!(text, "{}", words.words(listed.explanation()));
    if let Some(advice) = listed.advice() {
        let _ = writeln!(text, "→ {}", words.words(advice));
        if let Some(command) = command(job) {
            let _ = writeln!(text, "  {command}");
        }
    }
    text.push('\n');
    of_job(&mut text, job, words);
    if let Some(elements) = &job.elements {
        of_elements(&mut text, elements, job.recorded, words);
    }
    if let Some(machine) = machine {
        of_machine(&mut text, machine, words);
    }
    if let Some(original) = original {
        let line = format!("{} {}", original.job.fiscal, original.job.state);
        put(&mut text, words.say("Facture d'origine", "Original"), &line);
    }
    for candidate in candidates {
        let line = format!("{} {}", candidate.job.fiscal, candidate.job.state);
        put(&mut text, words.say("Aussi en doute", "In doubt too"), &line);
    }
    let _ = writeln!(text, "\n{}", words.say("Ce qui s'est passé", "What happened"));
    for transition in transitions {
        let from = transition.from.map_or("", |from| from.name());
        let (to, cause) = (transition.to.name(), transition.cause);
        let _ = writeln!(text, "  {}  {from:>19} → {to:<19}  {cause}", time(transition.at));
        let more = format!("    {} {}", words.words(cause.words()), transition.detail);
        let _ = writeln!(text, "{}", more.trim_end());
    }
    text
}

/// How what is advised is said here: the advice names the page's button.
fn command(job: &Job) -> Option<String> {
    let number = job.fiscal;
    match job.state {
        JobState::Ambiguous => {
            Some(format!("stelala edef settle {number} --reason TEXT --code CODE | --not-there"))
        }
        JobState::SyncedWithoutCode => {
            Some(format!("stelala edef settle {number} --reason TEXT --code CODE"))
        }
        JobState::Differs => Some(format!("stelala edef withdraw {number} --reason TEXT")),
        _ => None,
    }
}

fn of_job(text: &mut String, job: &Job, words: &OfficeArgs) {
    let outlet = job.place.chain.outlet;
    put(text, words.say("Point de vente", "Outlet"), outlet);
    put(text, words.say("Scellée", "Sealed"), zulu(job.sealed));
    put(text, words.say("Enregistrement", "Record"), job.id);
    put(text, words.say("Dans cet état depuis", "In this state since"), time(job.since));
    put(text, words.say("Essais échoués", "Failed tries"), job.attempts);
    if let Some(intent) = &job.intent {
        put(text, words.say("Dernier appel", "Last call"), format!("{} {}", intent.step, time(intent.at)));
        put(text, "NIM", &intent.nim);
        put(text, words.say("Adresse", "Address"), &intent.url);
        if let Some(uid) = &intent.uid {
            put(text, "uid", uid);
        }
    }
    let times = [
        (words.say("Demandée", "Requested"), job.requested),
        (words.say("Expire", "Expires"), job.expires),
        (words.say("Première confirmation", "First confirm"), job.confirming_since),
        (words.say("Dernière confirmation", "Last confirm"), job.last_confirm),
    ];
    for (name, at) in times {
        if let Some(at) = at {
            put(text, name, time(at));
        }
    }
    if let Some(doubt) = &job.doubt {
        put(text, words.say("En doute", "In doubt"), words.words(doubt.cause.words()));
        put(text, words.say("Depuis", "Since"), time(doubt.since));
        if doubt.probably_finalised {
            let hint = words.say(
                "d'après les compteurs, elle y est probablement",
                "by the counters it is probably there",
            );
            put(text, "", hint);
        }
    }
    if let Some(difference) = &job.difference {
        put(text, words.say("Différences", "Differences"), difference);
    }
    if let Some(problem) = &job.error {
        let number = problem.code.map_or_else(String::new, |code| format!(" {code}"));
        put(text, words.say("Erreur", "Error"), format!("{}{number}: {}", problem.word, problem.text));
    }
}

fn of_elements(text: &mut String, elements: &Elements, recorded: bool, words: &OfficeArgs) {
    let source = match elements.source {
        Source::Api => words.say("réponse de la DGI", "the DGI's answer"),
        Source::Imported => words.say("fichier importé par une personne", "a file that a person imported"),
        Source::Hand => words.say("saisi à la main", "typed by hand"),
    };
    let test = if elements.test { words.say(", ESSAI", ", TEST") } else { "" };
    put(text, words.say("Code DEF/DGI", "Code DEF/DGI"), elements.code.grouped());
    put(text, words.say("Source", "Source"), format!("{source}, {}{test}", elements.host));
    put(text, "NIM", &elements.nim);
    put(text, words.say("Date de la DGI", "The DGI's time"), &elements.date_time);
    if let Some(counters) = elements.counters {
        let Counters { of_type, total, .. } = counters;
        let meaning = words.say(
            format!("{counters}, n° {of_type} de son type, n° {total} de toutes les factures de l'e-MCF"),
            format!("{counters}, no. {of_type} of its type, no. {total} of all invoices of the e-MCF"),
        );
        put(text, words.say("Compteurs de la DGI", "The DGI's counters"), meaning);
    }
    put(text, "QR", &elements.qr);
    let recorded = if recorded { words.say("oui", "yes") } else { words.say("pas encore", "not yet") };
    put(text, words.say("Dans le grand livre", "In the ledger"), recorded);
}

fn of_machine(text: &mut String, machine: &Machine, words: &OfficeArgs) {
    put(text, "e-MCF", line(machine, words));
    if let Some(baseline) = &machine.baseline {
        let Baseline { total, unexplained, at, .. } = *baseline;
        let at = time(at);
        let said = words.say(
            format!("{total} factures normalisées au {at}, dont {unexplained} sans réponse reçue ici"),
            format!("{total} invoices normalised by {at}, {unexplained} of them without an answer here"),
        );
        put(text, words.say("L'e-MCF en compte", "The e-MCF counts"), said);
    }
}

fn put(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name:<WIDTH$}{value}");
}
