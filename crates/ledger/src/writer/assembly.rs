//! Head and books as they move on from job to job, until a part is made of them.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{
    CivilDate, CreditAccount, DeviceId, Epoch, EventKind, FiscalNumber, Head, LinkFault, Linked, PayloadHash,
    Timestamp, limits, totals::Due,
};
use signing::SignerFault;

use super::{
    job::{Job, Work},
    part::{Content, Foreign, Terms},
    seat::Seat,
};
use crate::{
    ChainId, HeadRow, Offer, Place, Reference, Refusal, Row, StoreFault, Taken, VoucherOrder, body,
    books::{self, Books},
    credit::{self, Vouchers},
    found_by,
    reports::closure_by,
    store::LedgerStore,
};

/// What became of a job.
pub(super) enum Added {
    Linked(usize),
    Repeated(Box<Row>),
    Taken(Box<Taken>),
    Later,
}

/// The head and the books as they move on.
pub(super) struct Assembly<'a> {
    pub(super) seat: &'a Seat,
    pub(super) terms: Terms<'a>,
    pub(super) store: &'a mut dyn LedgerStore,
    pub(super) head: Head,
    /// The device that holds the line; none while the ledger's own signer does.
    pub(super) holder: Option<DeviceId>,
    /// Whether this part gives the line to another, or takes it back: what asks the store of it waits for the next part.
    pub(super) has_moved_line: bool,
    pub(super) books: Box<Books>,
    pub(super) linked: Vec<Linked>,
    pub(super) contents: Vec<Content>,
    /// Whether a record under the key was linked.
    key_named: bool,
    pub(super) sales: BTreeSet<(Timestamp, PayloadHash)>,
    pub(super) keys: BTreeSet<String>,
    /// Originals with the notes of this part.
    pub(super) accounts: BTreeMap<Reference, CreditAccount>,
    /// Originals for which this part has vouchers.
    pub(super) vouched: BTreeSet<Reference>,
    /// Invoices of which this part notes what the authority says.
    pub(super) noted: BTreeSet<Place>,
    /// What it takes in of another chain.
    pub(super) foreign: Foreign,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(seat: &'a Seat, terms: Terms<'a>, store: &'a mut dyn LedgerStore) -> Self {
        Self {
            seat,
            terms,
            store,
            head: seat.open(terms.key.id()),
            holder: seat.head.holder,
            has_moved_line: false,
            books: seat.books.clone(),
            linked: Vec::new(),
            contents: Vec::new(),
            key_named: false,
            sales: BTreeSet::new(),
            keys: BTreeSet::new(),
            accounts: BTreeMap::new(),
            vouched: BTreeSet::new(),
            noted: BTreeSet::new(),
            foreign: Foreign::default(),
        }
    }

    pub(super) fn head_after(&self) -> HeadRow {
        HeadRow {
            chain: ChainId { epoch: self.head.chain().epoch, ..self.seat.head.chain },
            state: *self.head.state(),
            key: if self.key_named { Some(self.terms.key.id()) } else { self.seat.head.key },
            totals: books::to_bytes(&self.books),
            generation: self.seat.head.generation,
            holder: self.holder,
        }
    }

    /// A refusal changes nothing.
    pub(super) fn add(&mut self, job: &Job) -> Result<Added, Refusal> {
        // An epoch stands alone in its part, so that each part is of one chain.
        if self.head.chain().epoch != self.seat.head.chain.epoch {
            return Ok(Added::Later);
        }
        match &job.work {
            Work::Sale(offer) => self.add_sale(offer),
            Work::Closure(date) => self.add_closure(*date),
            Work::Epoch(reason, known) => self.add_epoch(*reason, *known),
            Work::Authority(note) => self.add_authority(note),
            Work::Voucher(order) => self.add_voucher(order),
            Work::Delivery(delivery) => self.add_delivery(delivery),
            Work::Leave(to) => self.add_leave(*to),
            Work::Enter(from) => self.add_enter(*from),
            Work::Force(lost) => self.add_force(lost),
        }
    }

    fn add_sale(&mut self, offer: &Offer) -> Result<Added, Refusal> {
        let identity = (offer.stamped(), offer.hash());
        let key = offer.key().map(|key| key.as_str().to_owned());
        // A second one of the same batch is answered from the first, once that is durable.
        if self.sales.contains(&identity) || key.as_ref().is_some_and(|key| self.keys.contains(key)) {
            return Ok(Added::Later);
        }
        // What another signer took back in this part is found once it is durable.
        if offer.note().is_some() && !self.foreign.is_empty() {
            return Ok(Added::Later);
        }
        if offer.sale().nif() != self.seat.outlet.nif {
            return Err(Refusal::WrongOutlet);
        }
        let moment = self.terms.moment;
        let behind_seconds = self.head.state().time.seconds_after(moment.now);
        // A clock that is behind the chain says nothing of a till's.
        if behind_seconds > moment.tolerance_seconds {
            return Err(LinkFault::ClockRollback { behind_seconds }.into());
        }
        let seconds = offer.stamped().seconds_after(moment.now);
        if seconds > limits::AHEAD_SECONDS {
            return Err(Refusal::StampedAhead { seconds });
        }
        let today = self.today();
        offer.check_groups(self.terms.manifest, today)?;
        let account = self.admit(offer)?;
        if let Some(device) = self.holder {
            return Err(Refusal::HandedOver { device });
        }
        if !self.books.has_room(offer.totals(), today) {
            return Err(Refusal::ClosureRequired);
        }
        self.begin()?;
        let linked = self.head.link(offer.sale(), self.terms.moment)?;
        if let Some((original, account)) = account {
            self.accounts.insert(original, account);
        }
        self.sales.insert(identity);
        self.keys.extend(key);
        let (header, link) = (linked.header(), linked.link());
        if let Some(facts) = header.invoice() {
            self.books.invoice(header, link, facts.number, offer.totals(), self.seat.outlet.zone);
        }
        Ok(self.keep(linked, offer.stamped(), offer.reference(), offer.payload().to_owned()))
    }

    /// The original's account after a credit note (D5). A voucher of the device that holds the line does not refuse it:
    /// it is that device's to seal.
    fn admit(&mut self, offer: &Offer) -> Result<Option<(Reference, CreditAccount)>, Refusal> {
        let Some(note) = offer.note() else { return Ok(None) };
        let validated = offer.validated()?;
        let Some(original) = note.original else {
            return Err(fiscal::CreditFault::OriginalNotFound.into());
        };
        let vouchers = Vouchers { now: self.terms.moment.now, epoch: self.epoch(), exempt: self.holder };
        let repeats = found_by::reissued_by(validated.invoice());
        Ok(Some((original, self.account(original, repeats, vouchers)?.admit(&validated)?)))
    }

    /// What is left of an original, with the notes of this part.
    fn account(
        &mut self,
        original: Reference,
        repeats: Option<FiscalNumber>,
        vouchers: Vouchers,
    ) -> Result<CreditAccount, Refusal> {
        if self.vouched.contains(&original) {
            return Err(fiscal::CreditFault::OriginalElsewhere.into());
        }
        match self.accounts.get(&original) {
            Some(account) => Ok(account.clone()),
            None => credit::open(self.store, &self.seat.outlet, original, repeats, vouchers),
        }
    }

    /// Leave to credit an original at the device that holds the line; until it is used or over, it cannot be credited
    /// elsewhere (L5).
    fn add_voucher(&mut self, order: &VoucherOrder) -> Result<Added, Refusal> {
        let no_issuer = || {
            SignerFault::Permanent("no key that signs vouchers is configured: give the ledger one".to_owned())
        };
        let issuer = self.terms.vouchers.ok_or_else(no_issuer)?;
        if !self.foreign.is_empty() || self.has_moved_line {
            return Ok(Added::Later);
        }
        if let Some(row) = credit::given(self.store, &self.seat.outlet, order)? {
            return Ok(Added::Repeated(Box::new(row)));
        }
        if self.holder != Some(order.device) {
            return Err(Refusal::NotHolder { device: order.device });
        }
        let vouchers = Vouchers { now: self.terms.moment.now, epoch: self.epoch(), exempt: None };
        let account = self.account(order.original, None, vouchers)?;
        // Signed first: a token that is away must leave nothing behind.
        let text = issuer.body(order, account, self.head.state().hash, self.terms.moment.now)?;
        self.begin()?;
        let added = self.event_on(EventKind::Voucher, Some(order.original), text)?;
        self.vouched.insert(order.original);
        Ok(added)
    }

    fn add_closure(&mut self, date: CivilDate) -> Result<Added, Refusal> {
        let zone = self.seat.outlet.zone;
        if let Some(device) = self.holder.filter(|_| self.books.session.sales.first.is_none()) {
            return self.repeat_closure(device, date);
        }
        let (before, is_due) = match self.books.session.due(date, self.today(), zone) {
            Due::Yes => (None, true),
            Due::No => (self.closure_of(date)?, false),
            Due::UnlessClosed => {
                let before = self.closure_of(date)?;
                let is_due = before.is_none();
                (before, is_due)
            }
        };
        if !is_due {
            // One that was linked in this very batch is found once it is durable.
            if self.linked.iter().any(is_closure) {
                return Ok(Added::Later);
            }
            let none = Refusal::NotFound(
                "no closure covers this day, and nothing waits for one: ask for another day",
            );
            return before.map(|row| Added::Repeated(Box::new(row))).ok_or(none);
        }
        let mut text = String::new();
        let nothing =
            || Refusal::NotFound("nothing was sealed since the last closure: ask for a day that is closed");
        self.begin()?;
        let head = *self.head.state();
        let closure = self.books.closure(date, &head, zone).ok_or_else(nothing)?;
        // A String takes everything.
        let _ = closure.write(&mut text);
        self.event(EventKind::Closure, text)
    }

    /// A device holds the line, and the own signer has sold nothing since its last closure: the day is the device's to
    /// close (D12).
    fn repeat_closure(&mut self, device: DeviceId, date: CivilDate) -> Result<Added, Refusal> {
        if self.has_moved_line || !self.linked.is_empty() || !self.foreign.is_empty() {
            return Ok(Added::Later);
        }
        let theirs = ChainId { signer: device, ..self.seat.head.chain };
        let row = match closure_by(self.store, &self.seat.head, theirs, date)? {
            Some(row) => Some(row),
            None => self.closure_of(date)?,
        };
        let none = Refusal::NotFound(
            "a device holds the outlet's line and has delivered no closure of this day: have it close the day",
        );
        row.map(|row| Added::Repeated(Box::new(row))).ok_or(none)
    }

    fn closure_of(&mut self, date: CivilDate) -> Result<Option<Row>, StoreFault> {
        let Self { seat, store, .. } = self;
        closure_by(&mut **store, &seat.head, seat.head.chain, date)
    }

    /// Before the first record of a ledger, what it is of; before the first under another key, that.
    pub(super) fn begin(&mut self) -> Result<(), Refusal> {
        let key = self.terms.key;
        if self.head.state().position.is_none() {
            let text = body::opening(&self.seat.outlet, self.head.chain().epoch, key, None);
            self.event(EventKind::Provisioned, text)?;
        } else if !self.key_named && self.seat.head.key != Some(key.id()) {
            let text = body::key_change(key, self.terms.moment.now);
            self.event(EventKind::Certificate, text)?;
        }
        Ok(())
    }

    pub(super) fn event(&mut self, kind: EventKind, text: String) -> Result<Added, Refusal> {
        self.event_on(kind, found_by::reference_of_event(kind, &text), text)
    }

    pub(super) fn event_on(
        &mut self,
        kind: EventKind,
        reference: Option<Reference>,
        text: String,
    ) -> Result<Added, Refusal> {
        let linked = self.head.link_event(kind, PayloadHash::of(text.as_bytes()), self.terms.moment)?;
        self.books.event(linked.header(), linked.link(), kind, 0, self.seat.outlet.zone);
        let time = linked.header().time;
        Ok(self.keep(linked, time, reference, text))
    }

    fn keep(
        &mut self,
        linked: Linked,
        stamped: Timestamp,
        reference: Option<Reference>,
        text: String,
    ) -> Added {
        self.key_named = true;
        self.linked.push(linked);
        self.contents.push(Content { stamped, reference, text });
        Added::Linked(self.linked.len() - 1)
    }

    /// The outlet's line of numbers.
    pub(super) fn epoch(&self) -> Epoch {
        self.head.chain().epoch
    }

    /// The business day on which a record is sealed now.
    fn today(&self) -> CivilDate {
        self.terms.moment.now.max(self.head.state().time).date_at(self.seat.outlet.zone)
    }
}

fn is_closure(linked: &Linked) -> bool {
    linked.header().subject == fiscal::Subject::Event(EventKind::Closure)
}
