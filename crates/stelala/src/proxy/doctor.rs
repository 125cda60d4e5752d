use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use ::proxy::doctor::{Language, Severity, Sight, examine};
use clap::Args;

use super::configured::{ConfigArgs, LanguageArgs};
use crate::{cloud::now, random};

/// How long a device or a cloud may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The proxy of a configuration.
#[derive(Args)]
pub(crate) struct DoctorCommand {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    language: LanguageArgs,
}

impl DoctorCommand {
    /// 0 when the proxy can serve, 1 when something is wrong; a configuration that cannot be read is 2.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let language = self.language.language();
        let config = self.config.read_for(language)?;
        let sight =
            Sight { root: "/".into(), now: now(), language, patience: PATIENCE, random: random::number()? };
        let findings = examine(&config, &sight);
        let mut out = io::stdout().lock();
        for finding in &findings {
            let mark = mark(finding.severity, language);
            writeln!(out, "{mark:<5} {:<9} {}", finding.about.name(language), finding.sentence)?;
        }
        let bad = findings.iter().filter(|finding| finding.severity == Severity::Bad).count();
        writeln!(out, "\n{}", verdict(bad, language))?;
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

const fn mark(severity: Severity, language: Language) -> &'static str {
    match (severity, language) {
        (Severity::Good, Language::French) => "bon",
        (Severity::Good, Language::English) => "good",
        (Severity::Warning, _) => "note",
        (Severity::Bad, Language::French) => "MAL",
        (Severity::Bad, Language::English) => "BAD",
    }
}

fn verdict(bad: usize, language: Language) -> String {
    match (bad, language) {
        (0, Language::French) => "Ce proxy peut servir.".to_owned(),
        (0, Language::English) => "This proxy can serve.".to_owned(),
        (1, Language::French) => "Une chose ne va pas.".to_owned(),
        (1, Language::English) => "One thing is wrong.".to_owned(),
        (bad, Language::French) => format!("{bad} choses ne vont pas."),
        (bad, Language::English) => format!("{bad} things are wrong."),
    }
}
