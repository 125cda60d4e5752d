//! How a command that did not do what it was told ends: in words or as an object, with an exit code.

use std::{io, process::ExitCode};

use def_client::Refusal;
use serde_json::{Value, json};
use verify_cli::UNUSABLE_INPUT;

use super::{
    speech::{Speech, pick, plain, print_json},
    words::codes,
};

/// What a command ends with when the device does not obey, or a sale has no receipt.
pub(super) const REFUSED: u8 = 1;

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(super) enum Failure {
    /// The device does not.
    Refused(Refusal),
    /// It could not be asked, or what it answers cannot be used; said in the language that was asked for.
    Trouble(Trouble),
    /// Files and arguments; in English.
    Unusable(anyhow::Error),
}

/// A trouble with a code for programs.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) code: String,
    /// For a technician, in English.
    pub(super) detail: String,
    /// What to do.
    pub(super) advice: String,
}

impl From<anyhow::Error> for Failure {
    fn from(fault: anyhow::Error) -> Self {
        Self::Unusable(fault)
    }
}

impl From<io::Error> for Failure {
    fn from(fault: io::Error) -> Self {
        Self::Unusable(fault.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Trouble {
    /// One that is said in one sentence.
    pub(super) fn new(code: &str, advice: impl Into<String>) -> Self {
        let advice = advice.into();
        Self { code: code.to_owned(), detail: advice.clone(), advice }
    }
}

impl Failure {
    /// Says it on standard error, or as an object on standard output, and what the process ends with.
    pub(super) fn show(&self, speech: Speech) -> ExitCode {
        if speech.json {
            // Nothing is left to say it by when standard output is closed.
            let _ = print_json(&self.object(speech));
        } else {
            eprintln!("{}", self.words(speech));
        }
        ExitCode::from(match self {
            Self::Refused(_) => REFUSED,
            Self::Trouble(_) | Self::Unusable(_) => UNUSABLE_INPUT,
        })
    }

    /// The sentence, of which a terminal obeys nothing.
    pub(super) fn words(&self, speech: Speech) -> String {
        let lang = speech.lang;
        match self {
            Self::Refused(refusal) => {
                let says = pick(lang, "l'appareil dit : ", "the device says: ");
                let (code, detail) = (plain(&refusal.code), plain(&refusal.detail));
                let advice = codes::advice(lang, refusal);
                let heading = codes::refused(lang);
                format!("{heading} ({code})\n  {advice}\n  {says}{detail}")
            }
            Self::Trouble(trouble) => plain(&trouble.advice),
            Self::Unusable(fault) => plain(&format!("{fault:#}")),
        }
    }

    /// The same for programs.
    pub(super) fn object(&self, speech: Speech) -> Value {
        match self {
            Self::Refused(refusal) => {
                let mut object = json!({
                    "status": "ERR",
                    "code": refusal.code,
                    "detail": refusal.detail,
                    "remedy": codes::remedy(refusal.remedy()),
                    "advice": codes::advice(speech.lang, refusal),
                });
                let more = [
                    ("epoch", refusal.epoch.map(u64::from)),
                    ("invoice_seq", refusal.invoice_seq),
                    ("position", refusal.position),
                    ("sector", refusal.sector.map(u64::from)),
                ];
                for (name, value) in more {
                    if let Some(value) = value {
                        object[name] = json!(value);
                    }
                }
                object
            }
            Self::Trouble(Trouble { code, detail, advice }) => {
                json!({ "status": "ERR", "code": code, "detail": detail, "remedy": "person", "advice": advice })
            }
            Self::Unusable(fault) => {
                let detail = format!("{fault:#}");
                json!({ "status": "ERR", "code": "unusable_input", "detail": detail, "remedy": "correct", "advice": detail })
            }
        }
    }
}
