use def_protocol::{
    Base64Url, ErrorCode, Output,
    members::{
        Member::{Number, Text},
        some_members,
    },
    reply::{ClosureGroup, Displayed, Streamed},
};
use fiscal::{CivilDate, EventKind, InvoiceNumber, RecordHash};
use serde::Serialize;

use super::snapshot::by_currency;
use crate::{
    board::Board,
    content::EventContent,
    device::{Core, Line},
    journal::{JournalFault, Place},
    refusal::{Detail, Refusal},
    state::{Ended, totals::GroupRow},
};

impl<B: Board> Core<'_, B> {
    /// `RPT|Z`: closes a business day, or repeats what closed it (D12).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn close<O: Output>(
        &mut self,
        date: CivilDate,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        self.vault.binding()?;
        if self.is_due(date)? {
            let place = self.seal_closure(date)?;
            self.send_closure(place, false, line)
        } else {
            let place = self.closure_of(date)?;
            self.send_closure(place, true, line)
        }
    }

    /// Whether there is something to close: sales of that day or earlier, or, of a day that is not closed yet, any
    /// record. Sales of later days are not closed under the name of an earlier one, nor is a day that has not begun.
    fn is_due(&mut self, date: CivilDate) -> Result<bool, Refusal> {
        let (now, head) = (self.vault.time().0, self.vault.state.point.head.time);
        let state = &self.vault.state;
        let today = self.vault.business_day(now.unwrap_or(head).max(head));
        if date > today || state.ended == Some(Ended::Decommissioned) {
            return Ok(false);
        }
        match (state.session.sales.since, state.session.days) {
            (Some(first), _) => Ok(first.date_at(state.zone()) <= date),
            (None, Some((first, _))) => Ok(first <= date && !self.is_closed(date)?),
            (None, None) => Ok(false),
        }
    }

    /// Whether a closure is over this day. Records of the device's own since then, as of a power cut that took the
    /// answer, wait for the next one: who asks again gets the closure that he asked for.
    fn is_closed(&mut self, date: CivilDate) -> Result<bool, Refusal> {
        match self.closure_of(date) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.code == ErrorCode::NotFound => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    fn seal_closure(&mut self, date: CivilDate) -> Result<Place, Refusal> {
        // A record of its own, if there is one, belongs into the closure.
        self.vault.account_for_counts()?;
        let head = self.vault.state.point.head;
        let session = self.vault.state.session.clone();
        let currencies = by_currency(&session.sales.kinds);
        let nothing = || Refusal::new(ErrorCode::NotFound, "there is nothing to close");
        let (start, previous_hash) = session.start.ok_or_else(nothing)?;
        let zone = self.vault.state.zone();
        let days = match (session.sales.since, session.sales.until) {
            (Some(first), Some(last)) => (first.date_at(zone), last.date_at(zone)),
            _ => session.days.ok_or_else(nothing)?,
        };
        let body = ClosureBody {
            period: Displayed(date),
            sequence_start: session.sales.first.map(InvoiceNumber::value),
            sequence_end: session.sales.last.map(InvoiceNumber::value),
            totals: Streamed::each(session.groups.rows().iter().map(group)),
            currencies: Streamed::each(currencies.iter()),
            closure: u64::from(self.vault.state.closures) + 1,
            first_day: Displayed(days.0),
            last_day: Displayed(days.1),
            position_start: start.value(),
            position_end: head.position.map_or(0, fiscal::Position::value),
            previous_hash: Displayed(previous_hash),
            last_hash: Displayed(head.hash),
            counter_skipped: session.skipped,
        };
        Ok(self.vault.seal_body(EventKind::Closure, &body, None)?.place)
    }

    /// The last closure over a business day: each begins where the one before it ends.
    fn closure_of(&mut self, date: CivilDate) -> Result<Place, Refusal> {
        let mut next = self.vault.state.last_closure;
        while let Some(place) = next {
            let days = self.closed_days(place)?;
            // Who asked for a later day than there were records of asks for it again.
            if days.period == date || days.first_day <= date && date <= days.last_day {
                return Ok(place);
            }
            if days.last_day < date {
                break;
            }
            let before = self.closure_before(days.position_start)?;
            next = before.filter(|before| *before < place);
        }
        Err(Refusal::new(ErrorCode::NotFound, Detail::NoClosure { date }))
    }

    fn closed_days(&mut self, place: Place) -> Result<ClosedDays, Refusal> {
        let fault = JournalFault::corrupt(place, "the closure cannot be read");
        let slot = self.vault.journal.slot(place, &mut self.vault.buffers.content)?;
        let event = EventContent::read(slot.content).ok_or(fault)?;
        ClosedDays::read(event.body).ok_or(Refusal::from(fault))
    }

    /// The closure that ends before a position, if there is one.
    fn closure_before(&mut self, position_start: u64) -> Result<Option<Place>, Refusal> {
        let Some(after) = position_start.checked_sub(2) else { return Ok(None) };
        let Some(mut walker) = self.vault.walk_after(after)? else { return Ok(None) };
        let met = self.vault.step(&mut walker)?;
        Ok(met.filter(|met| met.kind == EventKind::Closure.code()).map(|met| met.place))
    }

    fn send_closure<O: Output>(
        &mut self,
        place: Place,
        repeated: bool,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let found = self.vault.find_event(place)?;
        let fault = JournalFault::corrupt(place, "the closure cannot be read");
        let event = EventContent::read(&self.vault.buffers.content[..found.length]).ok_or(fault)?;
        let members = event.body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).ok_or(fault)?;
        let record = found.sealed.to_bytes();
        let tail = format_args!(r#","repeated":{repeated},"record":"{}"}}"#, Base64Url(&record));
        line.send_text(format_args!(r#"{{"status":"OK",{members}{tail}"#));
        Ok(())
    }
}

/// The body of a closure record, as it is sealed and answered.
#[derive(Serialize)]
struct ClosureBody<G, C> {
    period: Displayed<CivilDate>,
    sequence_start: Option<u64>,
    sequence_end: Option<u64>,
    totals: G,
    currencies: C,
    closure: u64,
    first_day: Displayed<CivilDate>,
    last_day: Displayed<CivilDate>,
    position_start: u64,
    position_end: u64,
    previous_hash: Displayed<RecordHash>,
    last_hash: Displayed<RecordHash>,
    counter_skipped: u64,
}

/// What is read of it again.
struct ClosedDays {
    period: CivilDate,
    first_day: CivilDate,
    last_day: CivilDate,
    position_start: u64,
}

impl ClosedDays {
    fn read(body: &str) -> Option<Self> {
        let wanted = [Text("period"), Text("first_day"), Text("last_day"), Number("position_start")];
        let [period, first_day, last_day, position_start] = some_members(body.as_bytes(), wanted)?;
        Some(Self {
            period: period.parsed()?,
            first_day: first_day.parsed()?,
            last_day: last_day.parsed()?,
            position_start: position_start.number()?,
        })
    }
}

fn group(row: &GroupRow) -> ClosureGroup {
    ClosureGroup {
        tax_group: row.group,
        base: row.base,
        vat: row.vat,
        rate: row.rate,
        currency: row.currency,
        invoice_type: row.kind.invoice_type,
        nature: row.kind.nature,
        count: u64::from(row.count),
    }
}
