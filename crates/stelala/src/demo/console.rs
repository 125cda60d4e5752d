//! What stands in the terminal: chapters, commands as one types them, and what they say.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use verify::Language;

use super::{bench::Bench, place::Place};

/// The terminal of the demonstration.
pub(super) struct Console<'p> {
    place: &'p Place,
    language: Language,
}

impl<'p> Console<'p> {
    pub(super) const fn new(place: &'p Place, language: Language) -> Self {
        Self { place, language }
    }

    pub(super) fn say(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }

    pub(super) fn chapter(&mut self, title: &str) -> anyhow::Result<()> {
        self.say(&format!("\n━━ {title}\n"))
    }

    /// What passed on the line, beside the receipts.
    pub(super) fn aside(&mut self, title: &str, lines: &[String]) -> anyhow::Result<()> {
        let lines: String = lines.iter().map(|line| format!("  ┃ {line}\n")).collect();
        self.say(&format!("\n  ┏ {title}\n{lines}  ┗\n"))
    }

    /// Binds the device to the shop and sets its clock, as a technician does.
    pub(super) fn provision(&mut self, bench: &Bench) -> anyhow::Result<()> {
        let (authority, code) = (bench.authority(), self.place.file("activation.txt"));
        let activate = [
            "authority",
            "activate",
            "--keys",
            &authority,
            "--device",
            "DEF-000001",
            "--nif",
            "A2301457K",
            "--outlet",
            "KIN-GOMBE-01",
            "--prefix",
            "KINGOMBE01",
        ];
        self.show(&format!("{} > {code}", activate.join(" ")))?;
        let token = self.output(&activate)?;
        std::fs::write(&code, token).with_context(|| code.clone())?;
        let (operator, key) = (format!("{authority}/operator.pem"), self.place.file("key.pem"));
        let code = format!("@{code}");
        self.run(&[
            "device",
            "init",
            "--port",
            self.place.port(),
            "--code",
            &code,
            "--public-key",
            &operator,
            "--key",
            &key,
        ])?;
        self.run(&["device", "time", "--port", self.place.port(), "--authority", &authority])
    }

    /// Shows a command, and runs it.
    pub(super) fn run(&mut self, arguments: &[&str]) -> anyhow::Result<()> {
        self.show(&arguments.join(" "))?;
        let said = self.output(arguments)?;
        self.say(&said)
    }

    fn show(&mut self, command: &str) -> anyhow::Result<()> {
        self.say(&format!("$ stelala {command}"))
    }

    fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let lang = match self.language {
            Language::French => "fr",
            Language::English => "en",
        };
        let mut command = Command::new(program);
        command.args(arguments);
        if arguments.first() != Some(&"authority") {
            command.args(["--lang", lang]);
        }
        let output = command.stderr(Stdio::inherit()).output().context("this program cannot run itself")?;
        let said = String::from_utf8(output.stdout).context("its own words")?;
        if !output.status.success() {
            bail!("{said}\nstelala {} failed: please report this", arguments.join(" "));
        }
        Ok(said)
    }
}
