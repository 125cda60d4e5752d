//! What is wrong with a proxy, in a sentence each, before anyone has to read a log.

macro_rules! say {
    ($language:expr, $french:literal, $english:literal $(, $argument:expr)* $(,)?) => {
        match $language {
            $crate::doctor::Language::French => format!($french $(, $argument)*),
            $crate::doctor::Language::English => format!($english $(, $argument)*),
        }
    };
}

mod ask;
mod certificate;
mod cloud;
mod device;
mod port;
mod service;
mod state;
mod status;
mod told;
mod why;

use std::{path::PathBuf, time::Duration};

use fiscal::Timestamp;

pub use self::{
    ask::{Answer, ask},
    status::examine as examine_status,
    told::{Fault, SpoolTold, Told, TunnelTold},
    why::why,
};
use crate::{Config, find::Roots};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub severity: Severity,
    /// What was looked at.
    pub about: About,
    /// What is there and, unless it is good, what to do.
    pub sentence: String,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// It works, and someone should know.
    Warning,
    /// Nothing is sold, or soon no more.
    Bad,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The fiscal memory and its port.
    Device,
    /// The folder with what was sold.
    State,
    /// The way to the cloud.
    Cloud,
    /// Where tills reach the proxy.
    Tills,
    /// That the proxy runs, now and after the next start of the machine.
    Service,
}

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// French.
    French,
    /// English.
    English,
}

impl Language {
    /// Of a locale's name, as `LANG` has it: `fr_CD.UTF-8` is French, and what is not French is English.
    pub fn of_locale(name: &str) -> Self {
        let is_french = name == "fr" || name.starts_with("fr_") || name.starts_with("fr.");
        if is_french { Self::French } else { Self::English }
    }
}

impl About {
    /// In a word or two.
    pub const fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Device, Language::French) => "appareil",
            (Self::Device, Language::English) => "device",
            (Self::State, Language::French) => "dossier",
            (Self::State, Language::English) => "folder",
            (Self::Cloud, _) => "cloud",
            (Self::Tills, Language::French) => "caisses",
            (Self::Tills, Language::English) => "tills",
            (Self::Service, _) => "service",
        }
    }
}

/// From where a machine is looked at.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The root of the machine's files, `/`: below it are `sys`, `dev`, `proc`, `etc` and `lib`.
    pub root: PathBuf,
    /// The time here.
    pub now: Timestamp,
    /// In which language.
    pub language: Language,
    /// How long a device or a cloud may take.
    pub patience: Duration,
    /// A random number, for questions to the device.
    pub random: u64,
}

impl Sight {
    fn roots(&self) -> Roots {
        Roots { sys: self.root.join("sys"), dev: self.root.join("dev") }
    }
}

impl Finding {
    pub(crate) fn good(about: About, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Good, about, sentence: sentence.into() }
    }

    pub(crate) fn warning(about: About, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, about, sentence: sentence.into() }
    }

    pub(crate) fn bad(about: About, sentence: impl Into<String>) -> Self {
        Self { severity: Severity::Bad, about, sentence: sentence.into() }
    }
}

/// Looks at everything that a configuration names. It changes nothing.
pub fn examine(config: &Config, sight: &Sight) -> Vec<Finding> {
    let (told, mut findings) = service::examine(config, sight);
    findings.extend(device::examine(config, told.as_ref(), sight));
    findings.extend(state::examine(config, told.as_ref(), sight));
    findings.extend(cloud::examine(config, told.as_ref(), sight));
    findings
}

/// So many of something; the words are those for one and for several. In French none is one, in English several.
pub fn counted(count: u64, language: Language, french: [&str; 2], english: [&str; 2]) -> String {
    let word = match language {
        Language::French => french[usize::from(count > 1)],
        Language::English => english[usize::from(count != 1)],
    };
    format!("{count} {word}")
}

/// A text of others as part of a sentence: one line, and nothing that a terminal obeys.
fn plain(text: &str) -> String {
    let is_obeyed = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .take(300)
        .map(|shown| if is_obeyed(shown) { char::REPLACEMENT_CHARACTER } else { shown })
        .collect()
}

#[cfg(test)]
mod tests;
