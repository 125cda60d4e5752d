use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use ::proxy::doctor::{Fault, Language, Severity, Told, TunnelTold, ask, counted, examine_status, why};
use anyhow::{Context, bail};
use clap::Args;

use super::configured::{ConfigArgs, LanguageArgs, nobody};
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
        let language = self.language.language();
        let config = self.config.read_for(language)?;
        let answer = ask(&config.local, "GET", "/v1/status", None, language, PATIENCE)
            .with_context(|| nobody(config.local.listen, language))?;
        if answer.status != 200 {
            let fault: Fault = serde_json::from_str(&answer.body).unwrap_or_default();
            bail!("the proxy answers {}: {} {}", answer.status, fault.code, fault.detail);
        }
        let told: Told =
            serde_json::from_str(&answer.body).context("what answers is no proxy of this version")?;
        if self.json {
            writeln!(io::stdout().lock(), "{}", answer.body)?;
        } else {
            show(&told, language)?;
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
            let why = told
                .device_fault
                .as_ref()
                .map(|fault| why(&fault.code, &fault.detail, language))
                .unwrap_or_default();
            lines.push(match language {
                Language::French => format!("l'appareil ne répond pas. {why}"),
                Language::English => format!("the device does not answer. {why}"),
            });
        }
    }
    lines.extend(told.tunnels.iter().map(|tunnel| tunnelled(tunnel, language)));
    let spool = told.spool;
    let queued = counted(
        spool.queued,
        language,
        ["vente attend l'appareil", "ventes attendent l'appareil"],
        ["sale waits for the device", "sales wait for the device"],
    );
    let unresolved = counted(
        spool.unresolved,
        language,
        ["est incertaine", "sont incertaines"],
        ["is uncertain", "are uncertain"],
    );
    lines.push(format!("{queued}, {unresolved}"));
    let mut out = io::stdout().lock();
    for line in lines {
        let shown =
            |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
        writeln!(out, "{}", line.chars().map(shown).collect::<String>())?;
    }
    Ok(())
}

fn tunnelled(tunnel: &TunnelTold, language: Language) -> String {
    let cloud = &tunnel.cloud;
    let records =
        counted(tunnel.behind, language, ["enregistrement", "enregistrements"], ["record", "records"]);
    let is_up = tunnel.state == "up";
    let why = why(
        tunnel.code.as_deref().unwrap_or_default(),
        tunnel.detail.as_deref().unwrap_or_default(),
        language,
    );
    let why = if is_up || why.is_empty() { String::new() } else { format!(" ({why})") };
    match language {
        Language::French => {
            let state = match tunnel.state.as_str() {
                "up" => "ouvert",
                "opening" => "en cours d'ouverture",
                "refused" => "refusé",
                _ => "fermé",
            };
            format!("{cloud} : tunnel {state}{why}, {records} à livrer")
        }
        Language::English => format!("{cloud}: tunnel {}{why}, {records} to deliver", tunnel.state),
    }
}
