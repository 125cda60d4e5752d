use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::MerchantId;

use super::AlertKind;
use crate::{
    At,
    desk::{Desk, DeskFault, PAGE, Sight},
    store::rows::{at, cell, corrupt, number, optional, parsed, read_at},
};

/// Something that is wrong, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What.
    pub kind: AlertKind,
    /// About which machine, outlet, invoice, hand-out or chain.
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

/// Which of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertFilter {
    /// Those of this kind.
    pub kind: Option<AlertKind>,
    /// Those that are over, too.
    pub with_ended: bool,
}

/// Where a page ends, and the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCursor {
    /// Since when the last one is.
    pub since: At,
    /// Its kind and what it is about, with a space between.
    pub name: String,
}

impl Alert {
    /// Where a page that ends with it ends.
    pub fn cursor(&self) -> AlertCursor {
        AlertCursor { since: self.since, name: format!("{} {}", self.kind, self.about) }
    }
}

impl Desk<'_> {
    /// Those of a filter, the newest first, those after a cursor, at most so many.
    pub fn alerts(
        &mut self,
        of: AlertsOf<'_>,
        filter: AlertFilter,
        after: Option<&AlertCursor>,
        most: usize,
    ) -> Result<Vec<Alert>, DeskFault> {
        let most = most.min(PAGE);
        self.look(|statements| {
            let (mut found, mut after) = (Vec::new(), after.cloned());
            // What is somebody else's is left out of a page, which is filled by the next.
            while found.len() < most {
                let (alerts, last) = page(statements, filter, after.as_ref())?;
                found.extend(alerts.into_iter().filter(|alert| is_seen(alert, of)));
                if last.is_none() {
                    break;
                }
                after = last;
            }
            found.truncate(most);
            Ok(found)
        })
    }

    /// How many last.
    pub fn open_alerts(&mut self, of: AlertsOf<'_>) -> Result<usize, DeskFault> {
        self.look(|statements| {
            let (mut many, mut after) = (0, None);
            loop {
                let (alerts, last) = page(statements, AlertFilter::default(), after.as_ref())?;
                many += alerts.iter().filter(|alert| is_seen(alert, of)).count();
                if last.is_none() {
                    return Ok(many);
                }
                after = last;
            }
        })
    }
}

/// Begins a question for alerts. One of a single invoice is of its outlet.
macro_rules! alerts_where {
    ($($condition:literal)?) => {
        concat!(
            "SELECT a.kind, a.about, a.merchant, COALESCE(a.outlet, j.outlet), a.since, a.seen, a.ended, a.detail \
             FROM sync_alerts a LEFT JOIN sync_jobs j ON j.id = a.about WHERE ",
            $($condition)?
        )
    };
}

/// One alert by its key.
pub(super) fn find(
    statements: &mut dyn Statements,
    kind: AlertKind,
    about: &str,
) -> Result<Option<Alert>, StoreFault> {
    let sql = alerts_where!("a.kind = $1 AND a.about = $2");
    let rows = statements.query(sql, &[cell(&kind), Cell::Text(about.to_owned())])?;
    rows.first().map(|row| alert(row)).transpose()
}

macro_rules! next_of {
    () => {
        "($1 = '' OR a.kind = $1) AND a.since <= $2 AND (a.since < $2 OR a.kind || ' ' || a.about > $3) \
         ORDER BY a.since DESC, a.kind || ' ' || a.about LIMIT $4"
    };
}

/// A page of everybody's, and where the next one begins; none when this is the last.
fn page(
    statements: &mut dyn Statements,
    filter: AlertFilter,
    after: Option<&AlertCursor>,
) -> Result<(Vec<Alert>, Option<AlertCursor>), StoreFault> {
    // Those that last have an index of their own.
    let sql = if filter.with_ended {
        concat!(alerts_where!(), next_of!())
    } else {
        concat!(alerts_where!("a.ended IS NULL AND "), next_of!())
    };
    let values = [
        Cell::Text(filter.kind.map(|kind| kind.name().to_owned()).unwrap_or_default()),
        after.map_or(Cell::Integer(i64::MAX), |after| at(after.since)),
        Cell::Text(after.map(|after| after.name.clone()).unwrap_or_default()),
        number(PAGE as u64),
    ];
    let rows = statements.query(sql, &values)?;
    let last = rows.last().filter(|_| rows.len() == PAGE).and_then(|row| cursor(row));
    // One that cannot be read hides no other.
    Ok((rows.iter().filter_map(|row| alert(row).ok()).collect(), last))
}

fn is_seen(alert: &Alert, of: AlertsOf<'_>) -> bool {
    let his = of.merchant.is_some() && alert.merchant.as_ref() == of.merchant;
    match (of.sight, alert.outlet) {
        (Sight::All, _) => true,
        (sight, Some(outlet)) => sight.covers(outlet),
        (Sight::Outlets(_), None) => his,
    }
}

/// Also of one that cannot be read.
fn cursor(row: &[Cell]) -> Option<AlertCursor> {
    let [kind, about, _, _, since, ..] = row else { return None };
    Some(AlertCursor { since: read_at(since)?, name: format!("{} {}", kind.text()?, about.text()?) })
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
