//! A till that crashes anywhere, and still ends with one seal and one original receipt for each sale.

mod files;
mod intent;
mod memory;
mod outcome;
mod print;

use def_protocol::reply::Seal;
use fiscal::{FiscalNumber, PayloadHash, PublicKey};

use self::memory::Memory;
pub use self::{
    files::{Files, Folder},
    intent::{Intent, IntentFault, Stage},
    memory::StoreFault,
    outcome::{Outcome, TillFault},
    print::{Job, PrintFault, Printer},
};
use crate::{
    host::Host,
    line::Line,
    offer::Offer,
    pace::Pace,
    sale::{Ending, Note, Sale, SealDoubt, Signer, Unclear},
};

/// A till's memory of its sales, and what it does with each.
///
/// Before the first byte of a PREPARE leaves, the payload is durable, with the device that it is offered to; before a COMMIT, that
/// it may have left; before a receipt goes to the printer, its seal, and that it was sent. So whatever a crash interrupts, [`Till::resume`] goes on from
/// there, with what is kept and nothing else:
///
/// | it crashed | what is kept | resuming |
/// |---|---|---|
/// | before PREPARE, or anywhere until the seal was kept | payload and device | offers the same bytes to the same device: the seal that is there, or a new one |
/// | before the receipt went to the printer | the seal | prints the original |
/// | while it was printed | the seal, and that it was being printed | asks the printer; one that cannot tell gets a duplicate, so that there are never two originals |
/// | after that | that it was printed | nothing |
#[derive(Debug)]
pub struct Till<F> {
    memory: Memory<F>,
    key: Option<PublicKey>,
    /// Who is at the other end of the host's present connection.
    met: Option<(u64, Signer)>,
}

impl<F: Files> Till<F> {
    /// A till with this memory. With the device's key each seal's signature is verified too.
    pub const fn new(files: F, key: Option<PublicKey>) -> Self {
        Self { memory: Memory::new(files), key, met: None }
    }

    /// Sells: has these bytes sealed once, however often this is called, and keeps what came of it. Nothing is printed.
    ///
    /// An `Err` that is no [`TillFault::Payload`] leaves the sale as it was kept last.
    pub fn sell<L: Line, P: Pace>(
        &mut self,
        payload: &str,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault> {
        let offer = Offer::read(payload).map_err(TillFault::Payload)?;
        let intent = match self.memory.of_sale(offer.hash())? {
            // What was refused or withdrawn is meant anew by who sells it again.
            Some(intent) if !matches!(intent.stage(), Stage::Refused(_) | Stage::Withdrawn { .. }) => intent,
            _ => Intent::new(&offer),
        };
        self.go_on(intent, host)
    }

    /// The sales for which something is left to do: not sealed yet, or without a receipt. In the order of their stated time.
    pub fn unfinished(&mut self) -> Result<Vec<Intent>, TillFault> {
        let mut intents = self.memory.all_open()?;
        intents.sort_by_cached_key(Intent::order);
        Ok(intents)
    }

    /// Goes on with a sale from what is kept of it.
    pub fn resume<L: Line, P: Pace>(
        &mut self,
        sale: PayloadHash,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault> {
        let intent = self.of(sale)?;
        match intent.stage() {
            Stage::Refused(refusal) => Ok(Outcome::Refused(refusal.clone())),
            Stage::Withdrawn { .. } => Ok(Outcome::Withdrawn),
            _ => self.go_on(intent, host),
        }
    }

    /// Takes back a sale that is not sealed: the customer left, or it was rung up elsewhere. The device's journal is
    /// looked through first; a sale that is in it is sealed, and a credit note takes it back.
    pub fn withdraw<L: Line, P: Pace>(
        &mut self,
        sale: PayloadHash,
        why: &str,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault> {
        let intent = self.of(sale)?;
        let withdrawn = Stage::Withdrawn { why: why.to_owned(), certain: true };
        let offered_to = match (intent.stage(), intent.signer()) {
            (Stage::Meant { .. }, Some(signer)) => signer.clone(),
            (Stage::Meant { .. }, None) => {
                self.keep(intent.at(withdrawn))?;
                return Ok(Outcome::Withdrawn);
            }
            _ => return self.resume(sale, host),
        };
        let signer = match self.signer(host) {
            Ok(signer) => signer,
            Err(unclear) => return Ok(Outcome::Unclear(unclear)),
        };
        if signer != offered_to {
            return Ok(Outcome::Unclear(Unclear::OtherDevice { offered_to, here: signer }));
        }
        let payload = intent.payload().to_owned();
        let offer = Offer::read(&payload).map_err(TillFault::Payload)?;
        let looked = Sale::look(&offer, &signer, self.key.as_ref());
        match looked.run(host, &mut |_| Ok::<_, TillFault>(()))? {
            Ending::Unsealed => {
                self.keep(intent.at(withdrawn))?;
                Ok(Outcome::Withdrawn)
            }
            ending => self.conclude(intent, ending),
        }
    }

    /// Ends a sale of which a person found out what became of it, in the ledger for instance: it is not offered any more.
    pub fn settle(&mut self, sale: PayloadHash, why: &str) -> Result<Outcome, TillFault> {
        let intent = self.of(sale)?;
        if let Stage::Meant { .. } = intent.stage() {
            self.keep(intent.at(Stage::Withdrawn { why: why.to_owned(), certain: false }))?;
            return Ok(Outcome::Withdrawn);
        }
        Err(TillFault::NotOpen(sale))
    }

    /// Prints the receipt of a sealed sale, the original if there is none yet, by what is kept of it.
    ///
    /// Of a sale that was being printed when the till crashed the printer is asked; when it cannot tell, this prints a
    /// duplicate. Of a sale that was printed, nothing more is printed: [`Till::reprint`] does.
    pub fn print(&mut self, sale: PayloadHash, printer: &mut impl Printer) -> Result<Intent, TillFault> {
        let intent = self.of(sale)?;
        let (seal, copy) = match intent.stage().clone() {
            // Someone may have its original already.
            Stage::Sealed { seal, before } => (seal, if before { 2 } else { 1 }),
            Stage::Printing { seal, copy, place } => {
                let knows = place == printer.place();
                match printer.came_out(&intent.job(&seal, copy)).filter(|_| knows) {
                    Some(true) => return self.keep(intent.at(Stage::Printed { seal, copies: copy })),
                    Some(false) => (seal, copy),
                    None => (seal, next(copy)?),
                }
            }
            Stage::Printed { .. } => return Ok(intent),
            Stage::Meant { .. } | Stage::Refused(_) | Stage::Withdrawn { .. } => {
                return Err(TillFault::NotSealed(sale));
            }
        };
        print::copy(self, intent, seal, copy, printer)
    }

    /// Prints one more copy of a receipt, as a duplicate, and counts it.
    pub fn reprint(&mut self, number: FiscalNumber, printer: &mut impl Printer) -> Result<Intent, TillFault> {
        let intent = self.memory.of_number(number)?.ok_or(TillFault::NoReceipt(number))?;
        match intent.stage().clone() {
            Stage::Printed { seal, copies } => print::copy(self, intent, seal, next(copies)?, printer),
            _ => self.print(intent.hash(), printer),
        }
    }

    /// Whether a seal that was kept is the device's: someone may have changed the till's files.
    fn believes(&self, intent: &Intent, seal: &Seal) -> Result<(), TillFault> {
        let offer = Offer::read(intent.payload()).map_err(TillFault::Payload)?;
        let doubt = SealDoubt::about(seal, &offer, self.key.as_ref());
        let doubt =
            doubt.and_then(|()| intent.signer().map_or(Ok(()), |signer| SealDoubt::of_signer(seal, signer)));
        doubt.map_err(|doubt| TillFault::Doubtful(intent.hash(), doubt))
    }

    fn of(&mut self, sale: PayloadHash) -> Result<Intent, TillFault> {
        self.memory.of_sale(sale)?.ok_or(TillFault::Unknown(sale))
    }

    fn go_on<L: Line, P: Pace>(
        &mut self,
        intent: Intent,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault> {
        let Stage::Meant { committed, before } = *intent.stage() else { return Ok(Outcome::Sealed(intent)) };
        let signer = match self.signer(host) {
            Ok(signer) => signer,
            Err(unclear) => {
                self.keep(intent)?;
                return Ok(Outcome::Unclear(unclear));
            }
        };
        let offered_before = intent.signer().cloned();
        if let Some(offered_to) = offered_before.as_ref().filter(|offered_to| **offered_to != signer) {
            let offered_to = offered_to.clone();
            return Ok(Outcome::Unclear(Unclear::OtherDevice { offered_to, here: signer }));
        }
        // A device without a key can seal nothing: it will be another one when it has one.
        let can_seal = signer.public_key_id.is_some();
        let intent = self.keep(if can_seal { intent.offered_to(signer.clone()) } else { intent })?;
        let payload = intent.payload().to_owned();
        let offer = Offer::read(&payload).map_err(TillFault::Payload)?;
        let key = self.key;
        let sale = match offered_before {
            None => Sale::begin(&offer, &signer, key.as_ref()),
            Some(_) => {
                let notes = [(committed, Note::Committing), (before, Note::SealedBefore)];
                let notes: Vec<Note> =
                    notes.into_iter().filter(|(noted, _)| *noted).map(|(_, note)| note).collect();
                Sale::resume(&offer, &signer, key.as_ref(), &notes)
            }
        };
        let mut noted = (committed, before);
        let ending = sale.run(host, &mut |note| {
            match note {
                Note::Committing => noted.0 = true,
                Note::SealedBefore => noted.1 = true,
            }
            let (committed, before) = noted;
            self.keep(intent.clone().at(Stage::Meant { committed, before })).map(drop)
        })?;
        self.conclude(intent, ending)
    }

    /// Who is at the other end: asked once for each connection.
    fn signer<L: Line, P: Pace>(&mut self, host: &mut Host<L, P>) -> Result<Signer, Unclear> {
        if let Some((connection, signer)) = &self.met
            && host.connection() == Some(*connection)
        {
            return Ok(signer.clone());
        }
        let signer = Signer::ask(host)?;
        self.met = host.connection().map(|connection| (connection, signer.clone()));
        Ok(signer)
    }

    fn conclude(&mut self, intent: Intent, ending: Ending) -> Result<Outcome, TillFault> {
        Ok(match ending {
            Ending::Sealed { seal, before } => {
                let number = seal.fiscal_number;
                let other = self.memory.of_number(number)?;
                if other.is_some_and(|other| other.hash() != intent.hash()) {
                    return Err(TillFault::NumberTaken(number));
                }
                Outcome::Sealed(self.keep(intent.at(Stage::Sealed { seal, before }))?)
            }
            Ending::Refused(refusal) => {
                self.keep(intent.at(Stage::Refused(refusal.clone())))?;
                Outcome::Refused(refusal)
            }
            Ending::Held(refusal) => Outcome::Held(refusal),
            Ending::Unclear(unclear) => Outcome::Unclear(unclear),
            // Only who looks for it is told so.
            Ending::Unsealed => Outcome::Withdrawn,
        })
    }

    fn keep(&mut self, intent: Intent) -> Result<Intent, TillFault> {
        self.memory.keep(&intent)?;
        Ok(intent)
    }
}

/// Copies are counted, and never begin anew.
fn next(copies: u32) -> Result<u32, TillFault> {
    copies.checked_add(1).ok_or(TillFault::TooManyCopies)
}
