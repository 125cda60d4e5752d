use std::{cell::RefCell, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use verify::{Language, Report, SignatureCheck, SoftwareCheck};

use crate::{
    Answer,
    audit_args::{AuditArgs, length, outlet_of},
    export,
    input::{self, InputFault},
    progress::{Counted, Progress},
    render,
    trust_args::TrustArgs,
};

/// Says whether a receipt, a payload or a journal is true, and what that proves.
#[derive(Clone, Debug, Subcommand)]
pub enum VerifyCommand {
    /// Says who sealed what, when and for how much, from the text of a receipt's QR code.
    Qr {
        /// The text of the QR code; `-` reads it from standard input.
        text: String,
        /// Which keys the verdict rests on.
        #[command(flatten)]
        trust: TrustArgs,
        /// How the answer looks.
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Says what is wrong with a canonical payload, and at which member.
    Payload {
        /// The file that holds the payload's bytes; `-` reads standard input.
        file: PathBuf,
        /// How the answer looks.
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Checks a journal file, record by record: chain, numbers, epochs, time, sums, seals and closures.
    Journal {
        /// The file, one record on each line; `-` reads standard input.
        file: PathBuf,
        /// Which keys the verdict rests on.
        #[command(flatten)]
        trust: TrustArgs,
        /// Heads that were kept elsewhere, and how the work is done.
        #[command(flatten)]
        audit: AuditArgs,
        /// How the answer looks.
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Checks an audit export: the signed lists of its parts, each part against them, the records of each signer as one
    /// journal, and all signers against each other.
    Export {
        /// The folder with `manifest.jws`, the parts, and a folder of each other signer.
        folder: PathBuf,
        /// The public key that signed the list, in PEM. Without it the list is not proven.
        #[arg(long, value_name = "KEY.pem")]
        attester: Option<PathBuf>,
        /// Checks this part alone, such as `part-000002.jsonl`.
        #[arg(long, value_name = "NAME")]
        part: Option<String>,
        /// Which keys the verdict rests on.
        #[command(flatten)]
        trust: TrustArgs,
        /// Heads that were kept elsewhere, and how the work is done.
        #[command(flatten)]
        audit: AuditArgs,
        /// How the answer looks.
        #[command(flatten)]
        output: OutputArgs,
    },
}

// A doc comment here would take the place of the command's own help.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, Args)]
pub struct OutputArgs {
    /// The language of the answer.
    #[arg(long, value_enum, default_value_t = Lang::Fr)]
    lang: Lang,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// A language as an argument names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// French.
    Fr,
    /// English.
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Fr => Self::French,
            Lang::En => Self::English,
        }
    }
}

impl VerifyCommand {
    /// Answers the question, or says why it could not be asked.
    pub fn run(&self) -> Result<Answer, InputFault> {
        self.run_with(&SoftwareCheck)
    }

    /// The same; `check` checks the signatures of journals and exports, which are many.
    pub fn run_with(&self, check: &dyn SignatureCheck) -> Result<Answer, InputFault> {
        match self {
            Self::Qr { text, trust, output } => {
                let trust = trust.read()?;
                let text = if text == "-" { input::read_text("-".as_ref())? } else { text.clone() };
                let verdict = verify::verify_qr(&text, &trust);
                Ok(output.answer(Report::of_qr(&verdict, &trust, output.language())))
            }
            Self::Payload { file, output } => {
                let payload = input::read_bytes(file)?;
                let verdict = verify::verify_payload(&payload);
                Ok(output.answer(Report::of_payload(&verdict, output.language())))
            }
            Self::Journal { file, trust, audit, output } => {
                let trust = trust.read()?;
                let audit = audit.audit(&trust, check, outlet_of(file))?;
                let progress = RefCell::new(Progress::on_terminal(length(file)));
                let verdict = audit.journal(Counted { file: input::open(file)?, progress: &progress });
                drop(progress);
                let verdict = verdict.map_err(|cause| input::audit_fault(file, cause))?;
                Ok(output.answer(Report::of_journal(&verdict, &trust, output.language())))
            }
            Self::Export { folder, attester, part, trust, audit, output } => {
                let trust = trust.read()?;
                let question =
                    export::Question { folder, attester: attester.as_deref(), part: part.as_deref() };
                let verdict = question.ask(&trust, audit, check)?;
                Ok(output.answer(Report::of_export(&verdict, &trust, output.language())))
            }
        }
    }
}

impl OutputArgs {
    fn language(self) -> Language {
        self.lang.into()
    }

    fn answer(self, report: Report) -> Answer {
        let text = if self.json {
            // A report is made of strings and truth values, which always serialise.
            serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
        } else {
            render::to_text(&report, self.language())
        };
        Answer { text, valid: report.valid }
    }
}
