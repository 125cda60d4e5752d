use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::MerchantId;

use super::{AlertKind, ToldAt};
use crate::{
    At,
    desk::{Desk, DeskFault, PAGE, Sight},
    store::rows::{at, cell, corrupt, count, number, optional, parsed, read_at},
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
    /// When it was told last.
    pub seen: ToldAt,
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
    /// Its kind, which may be one that cannot be read.
    pub kind: String,
    /// What it is about.
    pub about: String,
}

impl Alert {
    /// Where a page that ends with it ends.
    pub fn cursor(&self) -> AlertCursor {
        let (kind, about) = (self.kind.name().to_owned(), self.about.clone());
        AlertCursor { since: self.since, kind, about }
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
                found.extend(
                    alerts.into_iter().filter(|alert| is_seen(alert.merchant.as_ref(), alert.outlet, of)),
                );
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
        let sql = "SELECT a.merchant, COALESCE(a.outlet, j.outlet), count(*) \
             FROM sync_alerts a LEFT JOIN sync_jobs j ON j.id = a.about WHERE a.ended IS NULL \
             GROUP BY a.merchant, COALESCE(a.outlet, j.outlet)";
        self.look(|statements| {
            let rows = statements.query(sql, &[])?;
            let seen = rows.iter().filter_map(|row| {
                let [merchant, outlet, many] = row.as_slice() else { return None };
                let (merchant, outlet) = (optional(merchant, parsed)?, optional(outlet, parsed)?);
                count(many).filter(|_| is_seen(merchant.as_ref(), outlet, of))
            });
            Ok(usize::try_from(seen.sum::<u64>()).unwrap_or(usize::MAX))
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
        "($1 = '' OR a.kind = $1) AND (a.since, a.kind, a.about) < ($2, $3, $4) \
         ORDER BY a.since DESC, a.kind DESC, a.about DESC LIMIT $5"
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
        Cell::Text(after.map(|after| after.kind.clone()).unwrap_or_default()),
        Cell::Text(after.map(|after| after.about.clone()).unwrap_or_default()),
        number(PAGE as u64),
    ];
    let rows = statements.query(sql, &values)?;
    let last = rows.last().filter(|_| rows.len() == PAGE).and_then(|row| cursor(row));
    // One that cannot be read hides no other.
    Ok((rows.iter().filter_map(|row| alert(row).ok()).collect(), last))
}

fn is_seen(merchant: Option<&MerchantId>, outlet: Option<OutletId>, of: AlertsOf<'_>) -> bool {
    let his = of.merchant.is_some() && merchant == of.merchant;
    match (of.sight, outlet) {
        (Sight::All, _) => true,
        (sight, Some(outlet)) => sight.covers(outlet),
        (Sight::Outlets(_), None) => his,
    }
}

/// Also of one that cannot be read.
fn cursor(row: &[Cell]) -> Option<AlertCursor> {
    let [kind, about, _, _, since, ..] = row else { return None };
    let (kind, about) = (kind.text()?.to_owned(), about.text()?.to_owned());
    Some(AlertCursor { since: read_at(since)?, kind, about })
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
            seen: ToldAt(read_at(seen)?),
            ended: optional(ended, read_at)?,
            detail: detail.text()?.to_owned(),
        })
    };
    read().ok_or_else(|| corrupt("sync_alerts"))
}
