use std::{
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{Alert, AlertFilter, AlertKind, Machine, Sight, StateCount};
use clap::Args;
use fiscal::Timestamp;

use super::{
    alerts,
    arguments::{OfficeArgs, time, zulu},
    machine::line,
};
use crate::cloud::now;

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct StatusCommand {
    #[command(flatten)]
    office: OfficeArgs,
}

/// What is shown.
struct Standing {
    counts: Vec<StateCount>,
    oldest: Option<Timestamp>,
    alerts: Vec<Alert>,
}

/// More alerts than a person reads at once.
const MOST: usize = 200;

impl StatusCommand {
    /// 1 while an alert lasts; that a machine is a test service is no trouble in itself.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let standing = office.desk(|desk, _| {
            let (mut alerts, mut after) = (Vec::new(), None);
            while let Some(page) = alerts::next(desk, AlertFilter::default(), &mut after)? {
                alerts.extend(page);
            }
            Ok(Standing {
                counts: desk.counts(Sight::All, true)?,
                oldest: desk.oldest_unsent(Sight::All)?,
                alerts,
            })
        })?;
        let text = self.text(&standing, &office.machines()?);
        write!(io::stdout().lock(), "{text}")?;
        let is_trouble = standing.alerts.iter().any(|alert| alert.kind != AlertKind::TestMachine);
        Ok(if is_trouble { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn text(&self, standing: &Standing, machines: &[Machine]) -> String {
        let (mut text, words) = (String::new(), &self.office);
        // A string takes whatever is written.
        let _ = writeln!(text, "{}", words.say("Factures", "Invoices"));
        for StateCount { outlet, state, count } in &standing.counts {
            let _ = writeln!(text, "  {outlet:<20}  {:<19}  {count:>9}", state.name());
        }
        if standing.counts.is_empty() {
            let _ = writeln!(text, "  {}", words.say("aucune n'a été trouvée", "none was found yet"));
        }
        let oldest = match standing.oldest {
            Some(oldest) => {
                let hours = now().seconds_after(oldest) / 3_600;
                format!("{} ({hours} h)", zulu(oldest))
            }
            None => words.say("aucune", "none").to_owned(),
        };
        let _ = writeln!(
            text,
            "{} {oldest}",
            words.say("La plus ancienne en attente :", "The oldest that waits:")
        );
        let _ = writeln!(text, "\ne-MCF");
        for machine in machines {
            let _ = writeln!(text, "  {}", line(machine, words));
        }
        if machines.is_empty() {
            let _ = writeln!(text, "  {}", words.say("aucun n'est enregistré", "none is registered"));
        }
        let _ = writeln!(text, "\n{}", words.say("Alertes", "Alerts"));
        for Alert { kind, about, since, detail, .. } in standing.alerts.iter().take(MOST) {
            let meaning = words.words(kind.words());
            let _ = writeln!(text, "  {}  {kind}  {about}  {meaning} {detail}", time(*since));
            let _ = writeln!(text, "    → {}", words.words(kind.action()));
        }
        if standing.alerts.len() > MOST {
            let more = standing.alerts.len() - MOST;
            let said = words.say(
                format!("{more} autres : stelala edef alerts"),
                format!("{more} more: stelala edef alerts"),
            );
            let _ = writeln!(text, "  {said}");
        }
        if standing.alerts.is_empty() {
            let _ = writeln!(text, "  {}", words.say("aucune", "none"));
        }
        text
    }
}
