//! What an auditor has to look at, and what was done about it: the flags in the ledger's own chain, and what is kept
//! beside the chains (L4, L6).

use fiscal::{
    CreditNature, Epoch, EventKind, FiscalNumber, InvoiceNumber, OutletId, Position, Subject, Validated,
};
use serde::Deserialize;

use crate::{
    ChainId, Ledger, NonCompliant, Outlet, Place, Reference, Refusal, Row, StoreFault, Unfit,
    body::{DUPLICATE, NON_COMPLIANT},
    credit, found_by,
    line::record,
    store::LedgerStore,
};

/// An invoice that entered the ledger with faults (L6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irregular {
    /// Which record, and what is wrong with it.
    pub record: NonCompliant,
    /// Where the flag over it stands in the ledger's own chain: the cursor of a listing.
    pub flag: Place,
    /// The later invoice that repeats it, if there is one (L6).
    pub reissued_by: Option<FiscalNumber>,
}

/// Two seals of one sale (L4), of which none is taken back yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The first seal that the ledger knew of.
    pub first: Row,
    /// The second.
    pub second: Row,
    /// Where the flag over them stands in the ledger's own chain.
    pub flag: Place,
}

/// How many flags and kept things an outlet has, of all time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagCounts {
    /// Records that entered with faults.
    pub non_compliant: u64,
    /// Sales that were sealed twice, also those of which one was taken back.
    pub duplicates: u64,
    /// Lines that were given up.
    pub unreported: u64,
    /// What cannot be placed and is kept beside the chains.
    pub unfit: u64,
}

/// So many flags are read at once.
const AT_ONCE: usize = 256;

impl Ledger {
    /// What is wrong with an invoice, if it entered with faults.
    pub fn non_compliant(&self, number: &FiscalNumber) -> Result<Option<Irregular>, Refusal> {
        self.ask(|store| {
            let Some(outlet) = store.outlet_by_prefix(number.prefix)? else { return Ok(None) };
            let original = Reference { epoch: number.epoch, number: number.number };
            let Some(invoice) = store.by_number(outlet.id, original.epoch, original.number)? else {
                return Ok(None);
            };
            let found = store.notes_on(outlet.id, original)?;
            let flag =
                found.iter().find(|row| read_flag(row).is_some_and(|flag| flag.place == invoice.place));
            flag.map(|row| irregular(store, &outlet, row)).transpose().map(Option::flatten)
        })
    }

    /// The records of an outlet that entered with faults, in the order of their flags, those after one, at most so many.
    pub fn non_compliant_of(
        &self,
        outlet: OutletId,
        after: Option<Place>,
        most: usize,
    ) -> Result<Vec<Irregular>, Refusal> {
        self.ask(|store| {
            let Some(outlet) = store.outlet(outlet)? else { return Ok(None) };
            let mut found = Vec::new();
            each_flag(store, outlet.id, after, &mut |store, row| {
                found.extend(irregular(store, &outlet, row)?);
                Ok(found.len() < most)
            })?;
            found.truncate(most);
            Ok(Some(found))
        })?
        .ok_or(Refusal::WrongOutlet)
    }

    /// The sales of an outlet that were sealed twice, and of which neither seal is taken back yet (L4). It looks at each
    /// flag of the outlet.
    pub fn duplicates(&self, outlet: OutletId) -> Result<Vec<Duplicate>, Refusal> {
        self.ask(|store| {
            let mut found = Vec::new();
            each_flag(store, outlet, None, &mut |store, row| {
                found.extend(duplicate(store, row)?);
                Ok(true)
            })?;
            Ok(found)
        })
    }

    /// What was delivered to an outlet and cannot be placed, what is after one, at most so many.
    pub fn unfit(&self, outlet: OutletId, after: Option<&Unfit>, most: usize) -> Result<Vec<Unfit>, Refusal> {
        self.ask(|store| store.unfit(outlet, after, most))
    }

    /// How many of each there are. It reads each flag of the outlet, so it is not for every moment.
    pub fn flag_counts(&self, outlet: OutletId) -> Result<FlagCounts, Refusal> {
        self.ask(|store| {
            let mut counts = FlagCounts::default();
            each_flag(store, outlet, None, &mut |_, row| {
                match read::<Reason>(row).as_ref().map(|flag| flag.reason.as_str()) {
                    Some(NON_COMPLIANT) => counts.non_compliant += 1,
                    Some(DUPLICATE) => counts.duplicates += 1,
                    Some("unreported") => counts.unreported += 1,
                    _ => {}
                }
                Ok(true)
            })?;
            let mut after: Option<Unfit> = None;
            loop {
                let page = store.unfit(outlet, after.as_ref(), AT_ONCE)?;
                counts.unfit += page.len() as u64;
                if page.len() < AT_ONCE {
                    return Ok(counts);
                }
                after = page.into_iter().last();
            }
        })
    }
}

/// What is read of any flag.
#[derive(Deserialize)]
struct Reason {
    reason: String,
}

#[derive(Deserialize)]
struct Flagged {
    reason: String,
    signer: String,
    epoch: u32,
    position: u64,
    number: Option<u64>,
    causes: Vec<String>,
}

#[derive(Deserialize)]
struct SealedTwice {
    reason: String,
    first: PlaceBody,
    second: PlaceBody,
}

#[derive(Deserialize)]
struct PlaceBody {
    signer: String,
    epoch: u32,
    position: u64,
}

impl PlaceBody {
    fn read(&self, outlet: OutletId) -> Option<Place> {
        let chain = ChainId { outlet, epoch: Epoch(self.epoch), signer: self.signer.parse().ok()? };
        Some(Place { chain, position: Position::new(self.position)? })
    }
}

/// What a flag over a faulty record says; none for other records.
pub(crate) fn read_flag(row: &Row) -> Option<NonCompliant> {
    let Flagged { reason, signer, epoch, position, number, causes } = read(row)?;
    let place = PlaceBody { signer, epoch, position }.read(row.place.chain.outlet)?;
    let number = number.and_then(InvoiceNumber::new);
    (reason == NON_COMPLIANT).then_some(NonCompliant { place, number, causes })
}

fn read<'r, T: Deserialize<'r>>(row: &'r Row) -> Option<T> {
    let is_flag = row.read().ok()?.header.subject == Subject::Event(EventKind::Flag);
    is_flag.then(|| serde_json::from_str(row.body.as_deref()?).ok()).flatten()
}

/// Reads the flags of an outlet page by page, for as long as it is asked to.
fn each_flag(
    store: &mut dyn LedgerStore,
    outlet: OutletId,
    after: Option<Place>,
    each: &mut dyn FnMut(&mut dyn LedgerStore, &Row) -> Result<bool, StoreFault>,
) -> Result<(), StoreFault> {
    let mut after = after;
    loop {
        let page = store.flags(outlet, after, AT_ONCE)?;
        for row in &page {
            if !each(store, row)? {
                return Ok(());
            }
        }
        match page.last() {
            Some(last) if page.len() == AT_ONCE => after = Some(last.place),
            _ => return Ok(()),
        }
    }
}

fn irregular(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    flag: &Row,
) -> Result<Option<Irregular>, StoreFault> {
    let Some(record) = read_flag(flag) else { return Ok(None) };
    let reissued_by = match record.number {
        Some(number) => {
            let number = FiscalNumber { prefix: outlet.prefix, epoch: record.place.chain.epoch, number };
            repetition(store, outlet, &record.place, number)?
        }
        None => None,
    };
    Ok(Some(Irregular { record, flag: flag.place, reissued_by }))
}

/// The invoice that repeats one. A note is found by its original, as the one that it repeats is.
fn repetition(
    store: &mut dyn LedgerStore,
    outlet: &Outlet,
    place: &Place,
    number: FiscalNumber,
) -> Result<Option<FiscalNumber>, StoreFault> {
    let own = Reference { epoch: number.epoch, number: number.number };
    let original = store.at(*place)?.and_then(|row| row.reference);
    for reference in [Some(own), original].into_iter().flatten() {
        for row in store.notes_on(outlet.id, reference)? {
            let Some(of_row) = row.number else { continue };
            let read = row.body.as_deref().and_then(|body| Validated::read(body.as_bytes()).ok());
            if read.is_some_and(|sale| found_by::reissued_by(sale.invoice()) == Some(number)) {
                let epoch = row.place.chain.epoch;
                return Ok(Some(FiscalNumber { prefix: outlet.prefix, epoch, number: of_row }));
            }
        }
    }
    Ok(None)
}

fn duplicate(store: &mut dyn LedgerStore, flag: &Row) -> Result<Option<Duplicate>, StoreFault> {
    let Some(SealedTwice { reason, first, second }) = read(flag) else { return Ok(None) };
    let outlet = flag.place.chain.outlet;
    let Some((first, second)) = first.read(outlet).zip(second.read(outlet)) else { return Ok(None) };
    let Some((first, second)) = store.at(first)?.zip(store.at(second)?) else { return Ok(None) };
    let is_open = reason == DUPLICATE && !is_taken_back(store, &first)? && !is_taken_back(store, &second)?;
    Ok(is_open.then_some(Duplicate { first, second, flag: flag.place }))
}

/// Whether a void (RAN) takes all of an invoice back.
fn is_taken_back(store: &mut dyn LedgerStore, invoice: &Row) -> Result<bool, StoreFault> {
    let Some(number) = invoice.number else { return Ok(false) };
    let code = record(invoice)?.signature.auth_code();
    let reference = Reference { epoch: invoice.place.chain.epoch, number };
    let is_void = |row: &Row| {
        let read = row.body.as_deref().and_then(|body| Validated::read(body.as_bytes()).ok());
        read.is_some_and(|note| {
            let nature = match &note.invoice().reference {
                Some(fiscal::Reference::Original(named)) => Some(named.nature),
                _ => None,
            };
            nature == Some(CreditNature::Void) && credit::names(&note, code)
        })
    };
    let notes = store.notes_on(invoice.place.chain.outlet, reference)?;
    Ok(notes.iter().any(|row| row.is_invoice() && is_void(row)))
}
