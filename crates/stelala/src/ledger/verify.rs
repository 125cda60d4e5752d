use std::{
    fs,
    io::{self, Write},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
};

use ::ledger::LedgerVerdict;
use ::verify::Language;
use anyhow::Context;
use clap::Args;
use fiscal::PublicKey;
use serde_json::json;
use verify_cli::Lang;

use super::{examine::examine, kept_heads::KeptHeads};
use crate::cloud::{ConfigArgs, existing};

/// What is examined, and against what.
#[derive(Args)]
pub(crate) struct VerifyLedgerCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// A file of heads that was kept outside the database; may be given several times.
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// Public keys in PEM that you hold from elsewhere, as an earlier export's keys.pem: who can write the database can
    /// publish a key of his own and seal with it, and only this shows it. May be given several times.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// So many threads check signatures; as many as there are cores unless said.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// The language of the answer.
    #[arg(long, value_enum, default_value_t = Lang::Fr)]
    lang: Lang,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

impl VerifyLedgerCommand {
    /// 0 when all is true, 1 when something is false; a question that cannot be asked is 2.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let own = [config.ledger.heads.clone()];
        let files = if self.heads.is_empty() && own[0].exists() { &own[..] } else { &self.heads };
        // First the heads: what is sealed from here on is in none of them.
        let mut heads = KeptHeads::default();
        files.iter().try_for_each(|path| heads.read(path))?;
        let database = existing(&config)?;
        let mut tables = database.snapshot()?;
        let verdict = examine(&mut *tables, heads.into_inner(), self.held()?.as_deref(), self.threads)?;
        let text = if self.json { in_json(&verdict, self.lang) } else { in_words(&verdict, self.lang) };
        io::stdout().lock().write_all(text.as_bytes())?;
        Ok(ExitCode::from(u8::from(!verdict.is_true())))
    }
}

impl VerifyLedgerCommand {
    fn held(&self) -> anyhow::Result<Option<Vec<PublicKey>>> {
        let mut held = Vec::new();
        for path in &self.trust {
            let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            for pem in text.split_inclusive("-----END PUBLIC KEY-----").filter(|pem| !pem.trim().is_empty()) {
                held.push(PublicKey::from_pem(pem.trim()).with_context(|| path.display().to_string())?);
            }
        }
        Ok((!self.trust.is_empty()).then_some(held))
    }
}

fn in_json(verdict: &LedgerVerdict, lang: Lang) -> String {
    let finding = |finding: &::ledger::LedgerFinding| json!({ "code": finding.code(), "sentence": finding.sentence(lang.into()) });
    let value = json!({
        "valid": verdict.is_true(),
        "outlets": verdict.outlets,
        "records": verdict.records,
        "invoices": verdict.invoices,
        "delivered": verdict.foreign,
        "delivered_invoices": verdict.foreign_invoices,
        "heads_met": verdict.heads_met,
        "heads_unreported": verdict.heads_unreported,
        "keys": verdict.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
        "more_findings": verdict.more_findings,
    });
    format!("{value:#}\n")
}

fn unreported(heads: u64, lang: Lang) -> String {
    match lang {
        Lang::Fr => format!(
            "Têtes d'enregistrements qu'une sauvegarde restaurée ne contenait pas : {heads}. Leurs factures ont été données \
             et manquent ici ; le grand livre le dit lui-même."
        ),
        Lang::En => format!(
            "Heads of records that a restored backup did not hold: {heads}. Their invoices were given and are missing here, \
             as the ledger itself says."
        ),
    }
}

/// As a terminal shows it.
pub(super) fn in_words(verdict: &LedgerVerdict, lang: Lang) -> String {
    let language = Language::from(lang);
    let say = |french: &'static str, english: &'static str| match lang {
        Lang::Fr => french,
        Lang::En => english,
    };
    let mut lines = Vec::new();
    lines.push(
        if verdict.is_true() {
            say("VRAI : ce grand livre est intact", "TRUE: this ledger is intact")
        } else {
            say("FAUX : ce grand livre n'est pas intact", "FALSE: this ledger is not intact")
        }
        .to_owned(),
    );
    if !verdict.is_true() {
        lines.push(format!("\n{}", say("Ce qui est faux", "What is false")));
        let findings = verdict.findings.iter();
        lines.extend(
            findings.map(|finding| format!("  - {} [{}]", finding.sentence(language), finding.code())),
        );
        if verdict.more_findings > 0 {
            lines.push(format!("  - {} {}", verdict.more_findings, say("autres constats", "more findings")));
        }
    }
    lines.push(String::new());
    let keys: Vec<String> = verdict.keys.iter().map(ToString::to_string).collect();
    for (name, value) in [
        (say("Points de vente", "Outlets"), verdict.outlets.to_string()),
        (say("Factures", "Invoices"), (verdict.invoices + verdict.foreign_invoices).to_string()),
        (say("  scellées par le cloud", "  sealed by the cloud"), verdict.invoices.to_string()),
        (say("  par des appareils", "  by devices"), verdict.foreign_invoices.to_string()),
        (say("Enregistrements", "Records"), (verdict.records + verdict.foreign).to_string()),
        (say("  du cloud", "  of the cloud"), verdict.records.to_string()),
        (say("  d'appareils", "  of devices"), verdict.foreign.to_string()),
        (say("Têtes gardées ailleurs", "Heads kept elsewhere"), verdict.heads_met.to_string()),
        (say("Clés publiées", "Published keys"), keys.join(" ")),
    ] {
        lines.push(format!("  {name:<25} {value}"));
    }
    if verdict.heads_unreported > 0 {
        lines.push(format!("\n{}", unreported(verdict.heads_unreported, lang)));
    }
    if verdict.is_true() {
        lines.push(format!("\n{}", say("Ce que cela ne prouve pas", "What this does not prove")));
        lines.push(format!(
            "  - {}",
            say(
                "À qui sont les clés, sauf si vous avez donné avec --trust celles que vous tenez d'ailleurs : qui peut écrire dans la base peut en publier une à lui.",
                "Whose the keys are, unless you gave those that you hold from elsewhere with --trust: who can write the database can publish one of his own."
            )
        ));
        if verdict.heads_met == 0 {
            lines.push(format!(
                "  - {}",
                say(
                    "Que la fin n'a pas été coupée : donnez un fichier de têtes avec --heads.",
                    "That no end was cut off: give a file of heads with --heads."
                )
            ));
        }
    }
    lines.join("\n") + "\n"
}
