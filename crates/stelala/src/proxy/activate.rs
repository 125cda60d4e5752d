use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use ::proxy::doctor::{Fault, Language, ask};
use anyhow::Context;
use clap::Args;

use super::configured::{ConfigArgs, LanguageArgs};

/// The device makes its key, proves it, gets its certificate and tests itself: seconds, and the cloud is asked twice.
const PATIENCE: Duration = Duration::from_secs(60);

/// By an activation code.
#[derive(Args)]
pub(crate) struct ActivateCommand {
    /// The code, such as 7K2M-9Q4X-1C5V-8B3N.
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    language: LanguageArgs,
}

impl ActivateCommand {
    /// 0 when the device is activated, 1 when it was refused; a proxy that does not run is 2.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let language = self.language.language();
        let question = serde_json::json!({ "code": self.code }).to_string();
        let answer =
            ask(&config.local, "POST", "/v1/activation", Some(&question), PATIENCE).with_context(|| {
                format!("no proxy answers at {}: `stelala proxy doctor` says why", config.local.listen)
            })?;
        let mut out = io::stdout().lock();
        if (200..300).contains(&answer.status) {
            let done = match language {
                Language::French => {
                    "L'appareil est activé ; `stelala proxy status` dit ce qu'il fait. Le code ne sert plus."
                }
                Language::English => {
                    "The device is activated; `stelala proxy status` says what it does. The code is used up."
                }
            };
            writeln!(out, "{done}")?;
            return Ok(ExitCode::SUCCESS);
        }
        let fault: Fault = serde_json::from_str(&answer.body).unwrap_or_default();
        writeln!(out, "{}", refusal(&fault, answer.status, language))?;
        Ok(ExitCode::FAILURE)
    }
}

fn refusal(fault: &Fault, status: u16, language: Language) -> String {
    let Fault { code, detail } = fault;
    let code = if code.is_empty() { status.to_string() } else { code.clone() };
    let refused = match language {
        Language::French => "Pas activé",
        Language::English => "Not activated",
    };
    let line = format!("{refused}: {code}: {detail}");
    line.chars().map(|shown| if shown.is_control() { char::REPLACEMENT_CHARACTER } else { shown }).collect()
}
