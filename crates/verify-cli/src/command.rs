use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use verify::{Language, Referee, Report};

use crate::{
    Answer,
    input::{self, InputFault},
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
        /// A head that was kept elsewhere, in hexadecimal: shows whether an end was cut off; may be given several times.
        #[arg(long, value_name = "HASH")]
        head: Vec<String>,
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
            Self::Journal { file, trust, head, output } => {
                let trust = trust.read()?;
                let known = head.iter().map(|head| input::read_head(head)).collect::<Result<Vec<_>, _>>()?;
                let mut referee = Referee::new(&trust, known);
                input::for_each_line(file, |line| referee.read(line))?;
                Ok(output.answer(Report::of_journal(&referee.conclude(), &trust, output.language())))
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
