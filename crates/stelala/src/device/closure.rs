//! `device z`: closes a business day.

use clap::Args;
use def_protocol::{
    Request,
    reply::{ClosureGroup, ClosureReport, CurrencyTotals},
};
use fiscal::{CivilDate, DEFAULT_MANIFEST};
use verify_cli::Lang;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    figures,
    slip::Slip,
    speech::{counted, pick, print, print_answer},
    status::{self, Status},
};

/// Which day.
#[derive(Args)]
pub(crate) struct ClosureCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The business day, like 2026-03-14; else the device's today.
    #[arg(long)]
    date: Option<CivilDate>,
}

type Report = ClosureReport<Vec<ClosureGroup>, Vec<CurrencyTotals>>;

impl ClosureCommand {
    /// Closes, or repeats the day's closure.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        let mut device = self.connection.connect()?;
        let status = status::read(&mut device)?;
        let day = match self.date {
            Some(day) => day,
            None => today(&status, speech.lang)?,
        };
        let request = Request::Closure(day);
        if speech.json {
            return Ok(print_answer(&device.tell_json(request)?)?);
        }
        let report = closure(&mut device, request)?;
        Ok(print(&slip(speech.lang, &report, &status).to_string())?)
    }
}

fn closure(device: &mut Connection, request: Request<'_>) -> Result<Report, Failure> {
    device.tell(request)
}

/// The civil day at the outlet, by the device's clock.
fn today(status: &Status, lang: Lang) -> Result<CivilDate, Trouble> {
    let time = status.time.ok_or_else(|| {
        Trouble::new(
            "clock_lost",
            pick(
                lang,
                "l'appareil ne sait pas quel jour on est : `stelala device time`, ou nommez le jour (--date)",
                "the device does not know which day it is: `stelala device time`, or name the day (--date)",
            ),
        )
    })?;
    Ok(time.date_at(status::zone(status)))
}

fn slip(lang: Lang, report: &Report, status: &Status) -> Slip {
    let mut slip = Slip::default();
    let header = &report.record.header;
    slip.centred(pick(lang, "CLÔTURE JOURNALIÈRE", "DAILY CLOSURE"));
    slip.centred(&format!("Z {} {}", pick(lang, "N°", "No"), report.closure));
    if report.repeated {
        slip.centred(pick(lang, "*** RÉPÉTITION ***", "*** REPEATED ***"));
    }
    slip.rule();
    if let Some(nif) = status.merchant_nif {
        slip.pair("NIF", nif);
    }
    slip.pair(pick(lang, "Point de vente", "Outlet"), header.outlet);
    slip.pair(pick(lang, "Appareil", "Device"), header.device);
    slip.pair(pick(lang, "Jour", "Day"), report.period);
    slip.pair(pick(lang, "Ventes du", "Sales from"), report.first_day);
    slip.pair(pick(lang, "au", "until"), report.last_day);
    slip.pair(pick(lang, "Clôturé", "Closed"), figures::local(header.time, status::zone(status)));
    numbers(lang, &mut slip, report.sequence_start, report.sequence_end);
    // Currency by currency; within each as the device has them.
    for totals in &report.currencies {
        for group in report.totals.iter().filter(|group| group.currency == totals.currency) {
            group_lines(lang, &mut slip, group);
        }
    }
    for totals in &report.currencies {
        currency_lines(lang, &mut slip, totals);
    }
    slip.rule();
    slip.pair(
        pick(lang, "Positions", "Positions"),
        format_args!("{}-{}", report.position_start, report.position_end),
    );
    slip.pair(pick(lang, "Signatures sans sceau", "Signatures without a seal"), report.counter_skipped);
    slip.pair(pick(lang, "Enregistrement", "Record"), report.record.hash());
    slip
}

/// Which invoices it counts.
pub(super) fn numbers(lang: Lang, slip: &mut Slip, first: Option<u64>, last: Option<u64>) {
    match (first, last) {
        (Some(first), Some(last)) => {
            slip.pair(pick(lang, "Factures n°", "Invoices No"), format_args!("{first}-{last}"))
        }
        _ => slip.pair(pick(lang, "Factures", "Invoices"), pick(lang, "aucune", "none")),
    }
}

fn group_lines(lang: Lang, slip: &mut Slip, group: &ClosureGroup) {
    slip.rule();
    let nature = group.nature.map_or_else(String::new, |nature| format!(" {nature}"));
    let kind = format!("{}{nature}", group.invoice_type.dgi_code());
    slip.pair(&group_name(lang, group), figures::rate(lang, group.rate));
    slip.pair(&kind, counted(lang, group.count, ["facture", "factures"], ["invoice", "invoices"]));
    slip.pair(pick(lang, "  base", "  base"), figures::money(lang, group.base, group.currency));
    slip.pair(pick(lang, "  taxe", "  tax"), figures::money(lang, group.vat, group.currency));
}

/// As a receipt calls it; one that the usual manifest does not have, by its code.
fn group_name(lang: Lang, group: &ClosureGroup) -> String {
    match DEFAULT_MANIFEST.groups.iter().find(|known| known.code == group.tax_group) {
        Some(known) => format!("{} {}", known.letter.as_char(), pick(lang, known.french, known.english)),
        None => group.tax_group.to_string(),
    }
}

/// What was sold and taken back in one currency.
pub(super) fn currency_lines(lang: Lang, slip: &mut Slip, totals: &CurrencyTotals) {
    slip.rule();
    let money = |value| figures::money(lang, value, totals.currency);
    slip.pair(pick(lang, "Ventes", "Sales"), money(totals.sales));
    slip.pair(pick(lang, "Retours", "Returns"), money(totals.returns));
    slip.pair(pick(lang, "Annulations", "Voids"), money(totals.voids));
    slip.pair("NET", money(totals.net));
    slip.pair(pick(lang, "dont TVA", "VAT in it"), money(totals.vat));
    slip.pair(pick(lang, "Factures", "Invoices"), totals.count);
}
