use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::proxy::{Config, config::EXAMPLE, doctor::Language};
use anyhow::Context;
use clap::Args;
use verify_cli::Lang;

/// Where the configuration is.
#[derive(Args)]
pub(super) struct ConfigArgs {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "/etc/stelala/proxy.toml")]
    config: PathBuf,
}

impl ConfigArgs {
    pub(super) fn read(&self) -> anyhow::Result<Config> {
        self.read_for(Language::English)
    }

    /// What is wrong with it is told in this language, as far as it is told here.
    pub(super) fn read_for(&self, language: Language) -> anyhow::Result<Config> {
        let name = self.config.display();
        let advice = || match language {
            Language::French => format!("{name} : `stelala proxy config > {name}` en fait un"),
            Language::English => format!("{name}: `stelala proxy config > {name}` makes one"),
        };
        let text = fs::read_to_string(&self.config).with_context(advice)?;
        let folder = self.config.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Config::read(&text, folder).with_context(|| match language {
            Language::French => format!("la configuration {name} est à corriger"),
            Language::English => name.to_string(),
        })
    }
}

/// In which language a technician is answered.
#[derive(Args)]
pub(super) struct LanguageArgs {
    /// The language of the answer; without it that of the terminal (LC_ALL, LC_MESSAGES, LANG).
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

impl LanguageArgs {
    pub(super) fn language(&self) -> Language {
        match self.lang {
            Some(Lang::Fr) => Language::French,
            Some(Lang::En) => Language::English,
            None => Language::of_locale(&locale()),
        }
    }
}

/// Why nothing of a proxy can be said.
pub(super) fn nobody(listen: SocketAddr, language: Language) -> String {
    match language {
        Language::French => {
            format!("aucun proxy ne répond à {listen} : `stelala proxy doctor --lang fr` dit pourquoi")
        }
        Language::English => format!("no proxy answers at {listen}: `stelala proxy doctor` says why"),
    }
}

/// What the terminal speaks, by the first of these that says anything.
fn locale() -> String {
    let spoken = |wanted| variable(wanted).filter(|value| !value.is_empty());
    ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(spoken).unwrap_or_default()
}

/// The one place of these commands that looks at the environment: the terminal's language, and what a service manager
/// gives (sd_notify(3)).
pub(super) fn variable(wanted: &str) -> Option<String> {
    std::env::vars_os().find_map(|(name, value)| if name == wanted { value.into_string().ok() } else { None })
}

/// It needs nothing.
#[derive(Args)]
pub(crate) struct PrintCommand {}

impl PrintCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        io::stdout().lock().write_all(EXAMPLE.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
