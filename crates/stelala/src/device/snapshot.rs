//! `device x`: what was sold so far.

use clap::{Args, ValueEnum};
use def_protocol::{
    Request, SnapshotPeriod,
    reply::{CurrencyTotals, Snapshot},
};
use fiscal::UtcOffset;
use verify_cli::Lang;

use super::{
    closure::{currency_lines, numbers},
    connection::ConnectionArgs,
    failure::Failure,
    figures,
    slip::Slip,
    speech::{pick, print, print_answer},
    status,
};

/// Over what.
#[derive(Args)]
pub(crate) struct SnapshotCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// Since the last closure, or since the outlet's midnight.
    #[arg(long, value_enum, default_value_t = Period::Session)]
    period: Period,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Period {
    Session,
    Day,
}

type Report = Snapshot<Vec<CurrencyTotals>>;

impl SnapshotCommand {
    /// Reads the report; it closes nothing.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        let mut device = self.connection.connect()?;
        let request = Request::Snapshot(match self.period {
            Period::Session => SnapshotPeriod::Session,
            Period::Day => SnapshotPeriod::Day,
        });
        if speech.json {
            return Ok(print_answer(&device.tell_json(request)?)?);
        }
        let report: Report = device.tell(request)?;
        let status = status::read(&mut device)?;
        Ok(print(&slip(speech.lang, &report, status::zone(&status)).to_string())?)
    }
}

fn slip(lang: Lang, report: &Report, zone: UtcOffset) -> Slip {
    let mut slip = Slip::default();
    slip.centred(pick(lang, "RAPPORT X", "X REPORT"));
    slip.centred(match report.period {
        SnapshotPeriod::Session => pick(lang, "depuis la dernière clôture", "since the last closure"),
        SnapshotPeriod::Day => pick(lang, "depuis minuit", "since midnight"),
    });
    slip.rule();
    if let Some(since) = report.since {
        slip.pair(pick(lang, "Première facture", "First invoice"), figures::local(since, zone));
    }
    numbers(lang, &mut slip, report.sequence_start, report.sequence_end);
    slip.pair(pick(lang, "En tout", "In all"), report.transaction_count);
    for totals in &report.currencies {
        currency_lines(lang, &mut slip, totals);
    }
    slip.rule();
    slip.centred(pick(lang, "ne clôture rien", "closes nothing"));
    slip
}
