//! The tax groups of the authority: kept with their date, compared with the manifest, and never taken over by themselves.

use edef::{Dialect, Figure, RateDifference, TaxGroups, compare_rates};
use fiscal::{CivilDate, DgiLetter, Manifest};
use ledger::{Cell, Statements, StoreFault};

use crate::{
    At, MachineId,
    alerts::{About, AlertKind, end_alert, raise_alert},
    desk::{Desk, DeskFault, find_machine},
    store::rows::{at, cell, corrupt, number, read_at},
};

/// What a machine said of the rates, from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesSince {
    /// When it said so first.
    pub since: At,
    /// What.
    pub groups: TaxGroups,
}

impl Desk<'_> {
    /// Notes what a machine says of its tax groups now, if it is something new, and what of it the manifest says otherwise
    /// on a day. That is an alert; sales go on with the manifest.
    pub fn note_rates(
        &mut self,
        machine: &MachineId,
        groups: &TaxGroups,
        manifest: &Manifest<'_>,
        day: CivilDate,
        now: At,
    ) -> Result<Vec<RateDifference>, DeskFault> {
        self.change(|statements| {
            let machine = find_machine(statements, machine)?.ok_or(DeskFault::NotFound("e-MCF"))?;
            let newest = since(statements, &machine.id, 1)?.pop();
            if newest.as_ref().is_none_or(|newest| newest.groups != *groups) {
                // Time never goes back here: what was said last stays last.
                let time = newest.map_or(now, |newest| now.max(At(newest.since.0 + 1)));
                let sql =
                    "INSERT INTO sync_rates (machine, subject, time, body) VALUES ($1, 'tax_groups', $2, $3)";
                statements.execute(sql, &[cell(&machine.id), at(time), Cell::Text(written(groups))])?;
            }
            let differences = compare_rates(groups, manifest, day);
            if differences.is_empty() {
                end_alert(statements, AlertKind::RatesDiffer, machine.id.as_str(), now)?;
            } else {
                let about = About {
                    about: machine.id.to_string(),
                    merchant: Some(machine.merchant.clone()),
                    outlet: None,
                };
                let detail: Vec<String> =
                    differences.iter().map(|difference| told(difference, &machine.dialect)).collect();
                raise_alert(statements, AlertKind::RatesDiffer, &about, &detail.join("; "), now)?;
            }
            Ok(differences)
        })
    }

    /// What a machine said of its tax groups, the newest first, at most so many.
    pub fn rates(&mut self, machine: &MachineId, most: usize) -> Result<Vec<RatesSince>, DeskFault> {
        self.look(|statements| Ok(since(statements, machine, most as u64)?))
    }
}

fn since(
    statements: &mut dyn Statements,
    machine: &MachineId,
    most: u64,
) -> Result<Vec<RatesSince>, StoreFault> {
    let sql = "SELECT time, body FROM sync_rates WHERE machine = $1 AND subject = 'tax_groups' \
         ORDER BY time DESC LIMIT $2";
    let rows = statements.query(sql, &[cell(machine), number(most)])?;
    let read = |row: &Vec<Cell>| {
        let [time, body] = row.as_slice() else { return None };
        Some(RatesSince { since: read_at(time)?, groups: TaxGroups::read(body.text()?).ok()? })
    };
    rows.iter().map(|row| read(row).ok_or_else(|| corrupt("sync_rates"))).collect()
}

/// `{"a":"0.00","b":"16.00"}`
fn written(groups: &TaxGroups) -> String {
    let one = |(letter, rate): (DgiLetter, Figure)| {
        format!("\"{}\":\"{rate}\"", letter.as_char().to_ascii_lowercase())
    };
    let all: Vec<String> =
        groups.0.iter().filter_map(|(letter, rate)| rate.map(|rate| (letter, rate))).map(one).collect();
    format!("{{{}}}", all.join(","))
}

/// `C: 0.05 (reduced_vat), DGI 8.00 %`, and what the machine's own setting says of it: a merchant enters that.
fn told(difference: &RateDifference, dialect: &Dialect) -> String {
    let ours = difference.ours.map_or_else(|| "-".to_owned(), |(code, rate)| format!("{rate} ({code})"));
    let theirs = difference.theirs.map_or_else(|| "-".to_owned(), |theirs| format!("{theirs} %"));
    let set = dialect.rate(difference.letter).map(|rate| format!(", e-MCF {rate} %")).unwrap_or_default();
    format!("{}: {ours}, DGI {theirs}{set}", difference.letter.as_char())
}
