use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use ::proxy::doctor::{Fault, Language, ask};
use anyhow::Context;
use clap::Args;

use super::configured::{ConfigArgs, LanguageArgs, nobody};

/// The device makes its key, proves it, gets its certificate and tests itself: seconds, and the cloud is asked twice.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody did it before, with this code or another.
const ALREADY: &str = "ALREADY_PROVISIONED";

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
    /// 0 when the device is activated, now or before, 1 when it was refused; a proxy that does not run is 2.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let language = self.language.language();
        let config = self.config.read_for(language)?;
        let question = serde_json::json!({ "code": self.code }).to_string();
        let answer = ask(&config.local, "POST", "/v1/activation", Some(&question), language, PATIENCE)
            .with_context(|| nobody(config.local.listen, language))?;
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
        if fault.code == ALREADY {
            writeln!(out, "{}", plain(&fault.detail))?;
            return Ok(ExitCode::SUCCESS);
        }
        writeln!(out, "{}", refusal(&fault, answer.status, language))?;
        Ok(ExitCode::FAILURE)
    }
}

fn refusal(fault: &Fault, status: u16, language: Language) -> String {
    let Fault { code, detail } = fault;
    let code = if code.is_empty() { status.to_string() } else { code.clone() };
    plain(&match language {
        Language::French => format!("Pas activé : {code} : {detail}"),
        Language::English => format!("Not activated: {code}: {detail}"),
    })
}

fn plain(line: &str) -> String {
    line.chars().map(|shown| if shown.is_control() { char::REPLACEMENT_CHARACTER } else { shown }).collect()
}
