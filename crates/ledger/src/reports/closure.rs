use def_protocol::Base64Url;
use fiscal::{CivilDate, Epoch, EventKind, Position, Subject};
use serde::Deserialize;

use crate::{ChainId, Recorded, Row, StoreFault, store::LedgerStore};

impl Recorded {
    /// A closure as a device answers `RPT|Z`: the members of its body, whether it was made before, and the record
    /// itself, sealed. None for other records.
    pub fn closure_json(&self) -> Option<String> {
        let record = self.row.read().ok()?;
        if record.header.subject != Subject::Event(EventKind::Closure) {
            return None;
        }
        let members = self.row.body.as_deref()?.strip_prefix('{')?.strip_suffix('}')?;
        let (repeated, record) = (self.repeated, Base64Url(&self.row.record));
        Some(format!(r#"{{"status":"OK",{members},"repeated":{repeated},"record":"{record}"}}"#))
    }
}

/// What is read again of a closure's body.
#[derive(Deserialize)]
struct ClosedDays {
    period: String,
    first_day: String,
    last_day: String,
    position_start: u64,
}

/// The last closure over a business day, none when it is not closed: each begins where the one before it ends (D12),
/// and before an epoch there were others.
pub(crate) fn closure_of(
    store: &mut dyn LedgerStore,
    chain: ChainId,
    date: CivilDate,
    newest: Option<Position>,
) -> Result<Option<Row>, StoreFault> {
    let mut next = newest;
    for epoch in (0..=chain.epoch.0).rev() {
        let chain = ChainId { epoch: Epoch(epoch), ..chain };
        match closure_in(store, chain, date, next)? {
            Searched::Found(row) => return Ok(Some(*row)),
            Searched::Earlier => return Ok(None),
            Searched::Open => {}
        }
        let before = epoch.checked_sub(1).map(|epoch| ChainId { epoch: Epoch(epoch), ..chain });
        next = match before {
            Some(before) => store.newest_of(before)?.map(|row| row.place.position),
            None => None,
        };
    }
    Ok(None)
}

enum Searched {
    Found(Box<Row>),
    /// What was closed last is of an earlier day.
    Earlier,
    /// No closure says anything of the day.
    Open,
}

fn closure_in(
    store: &mut dyn LedgerStore,
    chain: ChainId,
    date: CivilDate,
    newest: Option<Position>,
) -> Result<Searched, StoreFault> {
    let mut next = newest;
    while let Some(position) = next {
        let Some(row) = store.closure_before(chain, position)? else { break };
        let days =
            Days::of(&row).ok_or_else(|| StoreFault::Corrupt(format!("the closure at {:?}", row.place)))?;
        // Who asks for a later day than there were records of asks for it again.
        if days.period == date || days.first <= date && date <= days.last {
            return Ok(Searched::Found(Box::new(row)));
        }
        if days.last < date {
            return Ok(Searched::Earlier);
        }
        next = days.before;
    }
    Ok(Searched::Open)
}

struct Days {
    period: CivilDate,
    first: CivilDate,
    last: CivilDate,
    /// The position before the first that it covers.
    before: Option<Position>,
}

impl Days {
    fn of(row: &Row) -> Option<Self> {
        let body: ClosedDays = serde_json::from_str(row.body.as_deref()?).ok()?;
        Some(Self {
            period: body.period.parse().ok()?,
            first: body.first_day.parse().ok()?,
            last: body.last_day.parse().ok()?,
            before: Position::new(body.position_start.checked_sub(1)?),
        })
    }
}
