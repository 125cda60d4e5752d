use def_protocol::{
    Base64Url, ErrorCode, Output,
    members::{
        Member::{Number, Text},
        some_members,
    },
};
use fiscal::{CivilDate, EventKind, totals::Due};

use crate::{
    board::Board,
    content::EventContent,
    device::{Core, Line},
    journal::{JournalFault, Place},
    refusal::{Detail, Refusal},
    state::Ended,
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
            let place = self.vault.seal_closure(date)?;
            self.send_closure(place, false, line)
        } else {
            let place = self.closure_of(date)?;
            self.send_closure(place, true, line)
        }
    }

    /// Whether there is something to close: [`fiscal::totals::Session::due`], unless the device is done with.
    fn is_due(&mut self, date: CivilDate) -> Result<bool, Refusal> {
        let (now, head) = (self.vault.time().0, self.vault.state.point.head.time);
        let state = &self.vault.state;
        if state.ended == Some(Ended::Decommissioned) {
            return Ok(false);
        }
        let today = self.vault.business_day(now.unwrap_or(head).max(head));
        match state.counted.session.due(date, today, state.zone()) {
            Due::Yes => Ok(true),
            Due::No => Ok(false),
            Due::UnlessClosed => Ok(!self.is_closed(date)?),
        }
    }

    /// Whether a closure is over this day.
    fn is_closed(&mut self, date: CivilDate) -> Result<bool, Refusal> {
        match self.closure_of(date) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.code == ErrorCode::NotFound => Ok(false),
            Err(refusal) => Err(refusal),
        }
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

/// What is read of a closure's body again.
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
