use super::{Closure, Day, InvoiceTotals, Session};
use crate::{
    ids::InvoiceNumber,
    seal::{EventKind, HeadState, Header, Link},
    time::{CivilDate, UtcOffset},
};

/// All that a signer counts along its chain, beside the chain's head.
///
/// Header and link are all that it needs of a record, so a batch is counted as it is linked, before it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted<const KINDS: usize, const GROUPS: usize> {
    /// Since the last closure.
    pub session: Session<KINDS, GROUPS>,
    /// On the newest invoice's business day.
    pub day: Day<KINDS>,
    /// How many closures there are in the epoch: the newest one's number.
    pub closures: u32,
}

impl<const KINDS: usize, const GROUPS: usize> Counted<KINDS, GROUPS> {
    /// Before the first record.
    pub const fn new() -> Self {
        Self { session: Session::new(), day: Day::new(), closures: 0 }
    }

    /// Before the first record again, in place.
    pub fn restart(&mut self) {
        self.session.restart();
        self.day.restart();
        self.closures = 0;
    }

    /// Whether an invoice that is sealed on a business day can be counted; if not, a closure comes first. Of a batch,
    /// each is asked for and counted before the next.
    pub fn has_room(&self, invoice: &InvoiceTotals, today: CivilDate) -> bool {
        self.session.groups.has_room(invoice)
            && self.session.sales.kinds.has_room(invoice)
            && self.day.has_room(invoice, today)
    }

    /// Counts an invoice for which there is room.
    pub fn invoice(
        &mut self,
        header: &Header,
        link: &Link,
        number: InvoiceNumber,
        invoice: &InvoiceTotals,
        zone: UtcOffset,
    ) {
        self.session.extend(link, header.time.date_at(zone));
        self.session.groups.add(invoice);
        self.session.sales.add(header.time, number, invoice);
        self.day.add(header.time, number, invoice, zone);
    }

    /// Counts any other record. After a closure the next session begins, with an epoch everything does.
    ///
    /// `skipped` is what its body says of the secure element's counter, as those of recoveries and epochs do: counts
    /// without a record that no closure stated yet. For all others, and where there is no such counter, it is 0.
    pub fn event(&mut self, header: &Header, link: &Link, kind: EventKind, skipped: u64, zone: UtcOffset) {
        match kind {
            EventKind::Closure => {
                self.closures += 1;
                self.session.restart();
                return;
            }
            EventKind::Epoch => self.restart(),
            _ => {}
        }
        self.session.skipped += skipped;
        self.session.extend(link, header.time.date_at(zone));
    }

    /// The closure of all that was sealed since the last one, as it is before it is linked to the head; none when there
    /// is nothing to close. Whether one is to be made [`Session::due`] says.
    pub fn closure(
        &self,
        period: CivilDate,
        head: &HeadState,
        zone: UtcOffset,
    ) -> Option<Closure<'_, KINDS, GROUPS>> {
        let session = &self.session;
        let sales = &session.sales;
        let (start, previous_hash) = session.start?;
        let days = match (sales.since, sales.until) {
            (Some(first), Some(last)) => (first.date_at(zone), last.date_at(zone)),
            _ => session.days?,
        };
        Some(Closure {
            period,
            numbers: sales.first.zip(sales.last),
            closure: u64::from(self.closures) + 1,
            days,
            positions: (start, head.position?),
            previous_hash,
            last_hash: head.hash,
            session,
        })
    }
}
