//! From the journal to the state, when the power comes.

use embedded_storage::nor_flash::MultiwriteNorFlash;
use fiscal::{DeviceId, EventKind, PublicKey, Record, compact};

use crate::{
    journal::{
        Found as Look, Journal, JournalFault, Place, Scan, SectorEnd, SectorHeader, Sequence, Slot, Usage,
    },
    kept::{Kept, opened, rebuild},
    recovery::{Decision, Found, Mark, Recovery},
    state::{Binding, State, Told, window::WINDOW},
};

/// Whose records they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signer {
    pub(crate) device: DeviceId,
    pub(crate) key: PublicKey,
}

/// Reads the journal into a state and decides about its end. `count` is what the secure element has counted to.
pub(crate) fn replay<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    scan: &Scan,
    signer: &Signer,
    count: u64,
    recovery: Recovery,
    state: &mut State,
    content: &mut [u8],
) -> Result<Decision, JournalFault> {
    state.clear();
    let Some(newest) = scan.newest else {
        journal.resume(None, false);
        return Ok(Decision::GoOn);
    };
    release_before_epoch(journal, &newest, content)?;
    let counted_from = restore(journal, scan, state, content)?;
    let first = first_sector(journal, &newest, counted_from)?;
    if first.sequence < journal.oldest() && state.binding.is_none() {
        // The record that bound the device then may be erased; the epoch's repeats it.
        let place = Place { sector: journal.oldest(), offset: 0 };
        bind(journal, place, state, content)?;
    }
    state.point = first.point;
    state.window.forget(first.point.stated);
    let mut run = Run { signer, state, counted_from, last: None, epoch: None };
    let walked = run.walk(journal, first, content)?;
    run.check_last()?;
    let epoch = run.epoch;
    let counted_on = count > u64::from(state.point.counter);
    let decision = settle(journal, &newest, walked, counted_on, recovery, content)?;
    if let Some(sector) = epoch {
        journal.release_before(sector);
    }
    Ok(decision)
}

/// What an epoch gave free may be erased before a later sector's header says so: its record, which begins a sector,
/// says it until then.
fn release_before_epoch<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    newest: &SectorHeader,
    content: &mut [u8],
) -> Result<(), JournalFault> {
    let Some(sector) = newest_records(journal, newest)? else { return Ok(()) };
    if let Look::Whole(slot) = journal.look(Place { sector, offset: 0 }, content)?
        && slot.kind == EventKind::Epoch.code()
        // Without its mark it may yet turn out to be none, and then nothing was given free.
        && slot.mark == Mark::Begun
    {
        journal.release_before(sector);
    }
    Ok(())
}

/// Binds the device as the record at a place says.
fn bind<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    place: Place,
    state: &mut State,
    content: &mut [u8],
) -> Result<(), JournalFault> {
    let fault = JournalFault::corrupt(place, "the record that binds the device cannot be read");
    let slot = journal.slot(place, content)?;
    let Some(Kept::Event(_, event)) = Kept::read(slot.kind, slot.content) else { return Err(fault) };
    let told = Told::read(event.body).ok_or(fault)?;
    state.binding = Some(told.binding(place).map_err(|_| fault)?);
    Ok(())
}

/// Decides about the end of the journal, and makes the decision permanent as far as that is done without a new record.
fn settle<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    newest: &SectorHeader,
    walked: SectorEnd,
    counted_on: bool,
    recovery: Recovery,
    content: &mut [u8],
) -> Result<Decision, JournalFault> {
    // A checkpoint that follows closes the sector, and says nothing about its end.
    let in_use = newest_records(journal, newest)? == Some(walked.end.sector);
    let found = Found { newest: walked.newest.map(|(_, mark)| mark), beyond: walked.beyond, counted_on };
    let decision = (recovery.decide)(found);
    if decision == Decision::Corrupt {
        let reason = "a record that was committed does not match its check";
        return Err(JournalFault::corrupt(walked.end, reason));
    }
    if let Some((place, _)) = walked.newest.filter(|_| recovery.strengthen) {
        let again = decision == Decision::RollForward;
        let slot = match journal.slot(place, content) {
            // Its cells are weak: it was whole a moment ago. Nobody has seen it, so it may yet be none.
            Err(JournalFault::Corrupt { .. }) if again => return Err(JournalFault::Unstable),
            slot => slot?,
        };
        let (kind, length) = (slot.kind, slot.content.len());
        // It was read into this buffer.
        let Some(kept) = content.get(..length) else { return Err(JournalFault::Flash) };
        if !journal.strengthen(place, kind, kept, again)? {
            if !again {
                // What was answered is never passed over.
                return Err(JournalFault::Flash);
            }
            journal.give_up(place);
            return Err(JournalFault::Unstable);
        }
    }
    journal.resume(Some(walked.end), in_use && decision != Decision::Retire && !counted_on);
    if counted_on && recovery.strengthen {
        // A header that was interrupted there may be unreadable now and readable later, and so may be what erasing
        // leaves of it when that is interrupted too: the sector is passed over.
        journal.pass_over_next();
    }
    Ok(decision)
}

/// The sector whose records end the journal, unless a checkpoint does.
fn newest_records<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    newest: &SectorHeader,
) -> Result<Option<Sequence>, JournalFault> {
    let mut header = *newest;
    while header.usage == Usage::Rest {
        match journal.header(Sequence(header.sequence.0 - 1))? {
            Some(before) => header = before,
            None => return Ok(None),
        }
    }
    Ok((header.usage == Usage::Records).then_some(header.sequence))
}

/// Restores the state at the newest checkpoint that can be read. From the sector that is handed back, everything counts.
fn restore<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    scan: &Scan,
    state: &mut State,
    content: &mut [u8],
) -> Result<Sequence, JournalFault> {
    let oldest = journal.oldest();
    for sector in scan.checkpoints.into_iter().flatten().filter(|sector| *sector >= oldest) {
        let restored = match journal.checkpoint(sector, content)? {
            Some(bytes) => state.restore(bytes),
            None => None,
        };
        let Some(binding) = restored else {
            state.clear();
            continue;
        };
        if let Some(place) = binding {
            bind(journal, place, state, content)?;
        }
        return Ok(sector);
    }
    Ok(oldest)
}

/// Where reading begins: early enough for everything that counts and for the last invoices.
fn first_sector<F: MultiwriteNorFlash>(
    journal: &mut Journal<F>,
    newest: &SectorHeader,
    counted_from: Sequence,
) -> Result<SectorHeader, JournalFault> {
    let fault =
        |sector| JournalFault::corrupt(Place { sector, offset: 0 }, "the header of a sector cannot be read");
    let enough = newest.point.invoices.saturating_sub(WINDOW as u64);
    let mut first = match journal.records_at_or_before(newest.sequence)? {
        Some(header) => header,
        None => return Err(fault(newest.sequence)),
    };
    while first.sequence > counted_from || first.point.invoices > enough {
        let Some(before) = first.previous_end else { break };
        if before.sector < journal.oldest() && journal.may_be_erased(before.sector) {
            break;
        }
        match journal.header(before.sector)? {
            Some(header) if header.usage == Usage::Records => first = header,
            // What was released may be erased; what is live may not.
            _ if before.sector < journal.oldest() => break,
            _ => return Err(fault(before.sector)),
        }
    }
    Ok(first)
}

/// A walk along the chain.
struct Run<'a> {
    signer: &'a Signer,
    state: &'a mut State,
    /// Sectors before this one only fill the window.
    counted_from: Sequence,
    last: Option<(Place, Record)>,
    /// Where the newest epoch begins, if it begins on the way.
    epoch: Option<Sequence>,
}

impl Run<'_> {
    fn walk<F: MultiwriteNorFlash>(
        &mut self,
        journal: &mut Journal<F>,
        first: SectorHeader,
        content: &mut [u8],
    ) -> Result<SectorEnd, JournalFault> {
        let mut sector = first;
        loop {
            let next = journal.records_after(sector.sequence)?;
            let end = next.and_then(|next| next.previous_end);
            let mut begun = false;
            let walked = journal.walk(sector.sequence, end, content, &mut |place, slot| {
                if !begun {
                    self.enter(&sector)?;
                    begun = true;
                }
                self.take(place, &slot)
            })?;
            match next {
                Some(next) => sector = next,
                None => return Ok(walked),
            }
        }
    }

    /// The first record of a sector follows the point that its header states.
    fn enter(&mut self, sector: &SectorHeader) -> Result<(), JournalFault> {
        if self.state.point == sector.point {
            Ok(())
        } else {
            let place = Place { sector: sector.sequence, offset: 0 };
            Err(JournalFault::corrupt(place, "the sector does not follow the one before"))
        }
    }

    fn take(&mut self, place: Place, slot: &Slot<'_>) -> Result<(), JournalFault> {
        let corrupt = |reason| JournalFault::corrupt(place, reason);
        let kept =
            Kept::read(slot.kind, slot.content).ok_or(corrupt("the record's content cannot be read"))?;
        let binding = self.binding(&kept, place).map_err(corrupt)?;
        self.state.point = opened(&self.state.point, &kept).map_err(corrupt)?;
        let record = rebuild(self.signer.device, self.signer.key.id(), &binding, &self.state.point, &kept)
            .ok_or(corrupt("the record cannot be rebuilt"))?;
        let counts = place.sector >= self.counted_from;
        match &kept {
            Kept::Invoice(content) => {
                let number = record.header.invoice().map(|facts| facts.number);
                let number = number.ok_or(corrupt("the invoice has no number"))?;
                let state = &mut *self.state;
                compact::with_invoice(content.packed, &binding.home(), |invoice| {
                    if counts {
                        state.sealed_invoice(&record, number, content, invoice, place);
                    } else {
                        state.remember_invoice(&record, number, content, invoice);
                    }
                })
                .map_err(|_| corrupt("the payload cannot be read"))?;
            }
            Kept::Event(kind, event) if counts => {
                if *kind == EventKind::Epoch {
                    self.epoch = Some(place.sector);
                }
                self.state.sealed_event(&record, *kind, event.body, place).map_err(corrupt)?;
            }
            Kept::Event(..) => self.state.advance(&record),
        }
        self.last = Some((place, record));
        Ok(())
    }

    /// A record that binds the device is of the outlet that it names itself.
    fn binding(&self, kept: &Kept<'_>, place: Place) -> Result<Binding, &'static str> {
        match (kept, self.state.binding) {
            (Kept::Event(EventKind::Provisioned | EventKind::Epoch, event), _) => {
                Told::read(event.body).ok_or("the body cannot be read")?.binding(place)
            }
            (_, Some(binding)) => Ok(binding),
            (_, None) => Err("the device is not bound to an outlet here"),
        }
    }

    /// The newest record names, by hashes, all that were read before it: its signature proves them.
    fn check_last(&self) -> Result<(), JournalFault> {
        match &self.last {
            Some((place, record)) if record.verify(&self.signer.key).is_err() => {
                Err(JournalFault::corrupt(*place, "the device's key did not sign this record"))
            }
            _ => Ok(()),
        }
    }
}
