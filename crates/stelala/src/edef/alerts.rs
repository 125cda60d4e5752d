use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{Alert, AlertCursor, AlertFilter, AlertKind, AlertsOf, Desk, Sight};
use clap::Args;

use super::arguments::{OfficeArgs, cause, time};

/// Which, and of which cloud.
#[derive(Args)]
pub(crate) struct AlertsCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// Those that are over, too.
    #[arg(long)]
    all: bool,
    /// Those of this cause, as a line shows it: settled_by_person.
    #[arg(long, value_parser = cause)]
    cause: Option<AlertKind>,
}

/// So many at once; the next ones follow.
const PAGE: usize = 500;

impl AlertsCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let filter = AlertFilter { kind: self.cause, with_ended: self.all };
        let mut out = io::stdout().lock();
        office.desk(|desk, _| {
            let mut after = None;
            while let Some(page) = next(desk, filter, &mut after)? {
                for alert in &page {
                    writeln!(out, "{}", line(alert, &self.office))?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The next page of everybody's; none when there is no more.
pub(super) fn next(
    desk: &mut Desk<'_>,
    filter: AlertFilter,
    after: &mut Option<AlertCursor>,
) -> anyhow::Result<Option<Vec<Alert>>> {
    let of = AlertsOf { sight: Sight::All, merchant: None };
    let page = desk.alerts(of, filter, after.as_ref(), PAGE)?;
    let Some(last) = page.last() else { return Ok(None) };
    *after = Some(last.cursor());
    Ok(Some(page))
}

/// Cause, what it is about and when it was told last, as `close-alert` takes them, then whose it is and more of it.
pub(super) fn line(alert: &Alert, words: &OfficeArgs) -> String {
    let Alert { kind, about, since, seen, detail, .. } = alert;
    let whose = alert.merchant.as_ref().map(|merchant| format!("  {merchant}")).unwrap_or_default();
    let at = alert.outlet.map(|outlet| format!("  {outlet}")).unwrap_or_default();
    let over = alert.ended.map(|ended| {
        let ended = time(ended);
        words.say(format!("  (finie le {ended})"), format!("  (over since {ended})"))
    });
    let line = format!("{}  {kind}  {about}  {seen}{whose}{at}  {detail}", time(*since));
    format!("{}{}", line.trim_end(), over.unwrap_or_default())
}
