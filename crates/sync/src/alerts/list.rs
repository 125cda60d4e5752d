use fiscal::OutletId;
use ledger::{Cell, StoreFault};
use registry::MerchantId;

use super::{AlertKind, end_alert};
use crate::{
    At,
    desk::{Asked, Desk, DeskFault, PAGE, Sight},
    store::rows::{corrupt, number, optional, parsed, read_at},
};

/// Something that is wrong, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What.
    pub kind: AlertKind,
    /// About which machine, outlet, invoice or chain.
    pub about: String,
    /// Whose, if it is one's.
    pub merchant: Option<MerchantId>,
    /// At which outlet, if it is one's.
    pub outlet: Option<OutletId>,
    /// Since when.
    pub since: At,
    /// When it was seen last.
    pub seen: At,
    /// When it was over; none while it lasts.
    pub ended: Option<At>,
    /// More of it, for people.
    pub detail: String,
}

/// Whose alerts.
#[derive(Clone, Copy, Debug)]
pub struct AlertsOf<'a> {
    /// Those of these outlets and of their invoices.
    pub sight: Sight<'a>,
    /// And those of the machines of this merchant.
    pub merchant: Option<&'a MerchantId>,
}

impl Desk<'_> {
    /// The alerts that last, or all, the newest first, at most so many.
    pub fn alerts(
        &mut self,
        of: AlertsOf<'_>,
        only_open: bool,
        most: usize,
    ) -> Result<Vec<Alert>, DeskFault> {
        self.look(|statements| {
            let mut found = Vec::new();
            let mut before = Cell::Integer(i64::MAX);
            let mut last = String::new();
            // What is somebody else's is left out of a page, which is filled by the next.
            while found.len() < most.min(PAGE) {
                let sql = "SELECT a.kind, a.about, a.merchant, COALESCE(a.outlet, j.outlet), a.since, a.seen, a.ended, \
                     a.detail FROM sync_alerts a LEFT JOIN sync_jobs j ON j.id = a.about \
                     WHERE (a.since < $1 OR (a.since = $1 AND a.kind || ' ' || a.about > $2)) \
                     AND (CAST($3 AS BIGINT) = 0 OR a.ended IS NULL) \
                     ORDER BY a.since DESC, a.kind || ' ' || a.about LIMIT $4";
                let values = [
                    before.clone(),
                    Cell::Text(last.clone()),
                    Cell::Integer(only_open.into()),
                    number(PAGE as u64),
                ];
                let rows = statements.query(sql, &values)?;
                // One that cannot be read hides no other.
                let page: Vec<Alert> = rows.iter().filter_map(|row| alert(row).ok()).collect();
                let Some(end) = page.last() else { break };
                (before, last) = (number(end.since.0), format!("{} {}", end.kind, end.about));
                let is_last = rows.len() < PAGE;
                found.extend(page.into_iter().filter(|alert| is_seen(alert, of)));
                if is_last {
                    break;
                }
            }
            found.truncate(most.min(PAGE));
            Ok(found)
        })
    }

    /// Says that somebody looked at an alert. One that is still so comes again.
    pub fn close_alert(
        &mut self,
        of: AlertsOf<'_>,
        kind: AlertKind,
        about: &str,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        let is_his = |alert: &Alert| alert.kind == kind && alert.about == about;
        let open = self.alerts(of, true, PAGE)?;
        let alert = open.iter().find(|alert| is_his(alert)).ok_or(DeskFault::NotFound("alert"))?;
        self.change(|statements| {
            if end_alert(statements, kind, about, asked.now)? {
                let whose = (alert.merchant.as_ref(), alert.outlet);
                asked.note(statements, "alert.close", whose, format!("{kind} {about}"))?;
            }
            Ok(())
        })
    }
}

fn is_seen(alert: &Alert, of: AlertsOf<'_>) -> bool {
    let his = of.merchant.is_some() && alert.merchant.as_ref() == of.merchant;
    match (of.sight, alert.outlet) {
        (Sight::All, _) => true,
        (sight, Some(outlet)) => sight.covers(outlet),
        (Sight::Outlets(_), None) => his,
    }
}

fn alert(row: &[Cell]) -> Result<Alert, StoreFault> {
    let read = || {
        let [kind, about, merchant, outlet, since, seen, ended, detail] = row else { return None };
        Some(Alert {
            kind: AlertKind::from_name(kind.text()?)?,
            about: about.text()?.to_owned(),
            merchant: optional(merchant, parsed)?,
            outlet: optional(outlet, parsed)?,
            since: read_at(since)?,
            seen: read_at(seen)?,
            ended: optional(ended, read_at)?,
            detail: detail.text()?.to_owned(),
        })
    };
    read().ok_or_else(|| corrupt("sync_alerts"))
}
