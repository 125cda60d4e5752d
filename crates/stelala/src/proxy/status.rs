use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use ::proxy::doctor::{Fault, Language, Severity, Told, ask, examine_status};
use anyhow::{Context, bail};
use clap::Args;

use super::configured::{ConfigArgs, LanguageArgs};
use crate::cloud::now;

const PATIENCE: Duration = Duration::from_secs(10);

/// Of the proxy that runs here.
#[derive(Args)]
pub(crate) struct StatusCommand {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    language: LanguageArgs,
    /// Print the proxy's answer to GET /v1/status as it came.
    #[arg(long)]
    json: bool,
}

impl StatusCommand {
    /// 0 when the device seals or stands by, 1 when it does neither; a proxy that does not run is 2.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let answer = ask(&config.local, "GET", "/v1/status", None, PATIENCE).with_context(|| {
            format!("no proxy answers at {}: `stelala proxy doctor` says why", config.local.listen)
        })?;
        if answer.status != 200 {
            let fault: Fault = serde_json::from_str(&answer.body).unwrap_or_default();
            bail!("the proxy answers {}: {} {}", answer.status, fault.code, fault.detail);
        }
        let told: Told =
            serde_json::from_str(&answer.body).context("what answers is no proxy of this version")?;
        if self.json {
            writeln!(io::stdout().lock(), "{}", answer.body)?;
        } else {
            show(&told, self.language.language())?;
        }
        let is_good = told.device.as_ref().is_some_and(|status| {
            examine_status(status, now(), Language::English)
                .iter()
                .all(|finding| finding.severity != Severity::Bad)
        });
        Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn show(told: &Told, language: Language) -> io::Result<()> {
    let mut lines = Vec::new();
    match &told.device {
        Some(status) => {
            let findings = examine_status(status, now(), language);
            lines.extend(findings.into_iter().map(|finding| finding.sentence));
        }
        None => {
            let why = told.device_fault.as_ref().map(|fault| fault.detail.clone()).unwrap_or_default();
            lines.push(match language {
                Language::French => format!("l'appareil ne répond pas. {why}"),
                Language::English => format!("the device does not answer. {why}"),
            });
        }
    }
    for tunnel in &told.tunnels {
        let (cloud, state, behind) = (&tunnel.cloud, &tunnel.state, tunnel.behind);
        let why = tunnel.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        lines.push(match language {
            Language::French => format!("{cloud} : tunnel {state}{why}, {behind} enregistrements à livrer"),
            Language::English => format!("{cloud}: tunnel {state}{why}, {behind} records to deliver"),
        });
    }
    let spool = told.spool;
    lines.push(match language {
        Language::French => {
            format!("{} ventes attendent l'appareil, {} sont incertaines", spool.queued, spool.unresolved)
        }
        Language::English => {
            format!("{} sales wait for the device, {} are uncertain", spool.queued, spool.unresolved)
        }
    });
    let mut out = io::stdout().lock();
    for line in lines {
        let shown =
            |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
        writeln!(out, "{}", line.chars().map(shown).collect::<String>())?;
    }
    Ok(())
}
