//! A till that crashes anywhere, and still ends with one seal and one original receipt for each sale.

mod folder;
mod intent;
mod print;
mod store;

use def_protocol::reply::Seal;
use fiscal::{FiscalNumber, PublicKey};

pub use self::{
    folder::{FolderFault, IntentFolder},
    intent::{Intent, IntentFault, Stage},
    print::{Job, PrintFault, Printer},
    store::IntentStore,
};
use crate::{
    answer::Refusal,
    host::Host,
    line::Line,
    offer::Offer,
    pace::Pace,
    sale::{Ending, Sale, Unclear},
};

/// A till's memory of its sales, and what it does with each.
///
/// Before the first byte of a PREPARE leaves, the payload is durable in the store; before a receipt goes to the printer,
/// its seal is, and that it was sent. So whatever a crash interrupts, [`Till::resume`] goes on from there:
///
/// | it crashed | what is kept | resuming |
/// |---|---|---|
/// | before PREPARE, or anywhere until the seal was kept | the payload | offers the same bytes: the seal that is there, or a new one |
/// | before the receipt went to the printer | the seal | prints the original |
/// | while it was printed | the seal, and that it was being printed | asks the printer; one that cannot tell gets a duplicate, so that there are never two originals |
/// | after that | that it was printed | nothing |
#[derive(Debug)]
pub struct Till<S> {
    store: S,
    key: Option<PublicKey>,
}

/// What became of a sale at this till.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is sealed; its receipt may be printed, or was.
    Sealed(Intent),
    /// Nothing was sealed, and these bytes will never be. They are out of the way.
    Refused(Refusal),
    /// Nothing was sealed. The sale stays open.
    Held(Refusal),
    /// It is not known whether it was sealed. The sale stays open.
    Unclear(Unclear),
}

/// Why a till cannot do what it is told; what is kept is as it was, or as it should be.
#[derive(Debug, thiserror::Error)]
pub enum TillFault<E> {
    /// The payload cannot be sealed by anyone.
    #[error("this payload cannot be sealed: {0}")]
    Payload(fiscal::Fault),
    /// The store failed. The sale is as the store last had it: start the till again when the store is well.
    #[error("the till's memory failed ({0}): nothing is printed; mend it, and resume")]
    Store(E),
    /// What the store has is not what a till keeps.
    #[error(transparent)]
    Intent(#[from] IntentFault),
    /// The printer failed.
    #[error(transparent)]
    Print(#[from] PrintFault),
    /// Two sales with one number.
    #[error(
        "this till has another sale under {0}: the device was made anew or is another one, so print nothing and name \
         another folder for this till"
    )]
    NumberTaken(FiscalNumber),
    /// There is no such receipt here.
    #[error("this till has no receipt of {0}: read it from the device that sealed it")]
    NoReceipt(FiscalNumber),
}

impl<S: IntentStore> Till<S> {
    /// A till with this memory. With the device's key each seal's signature is verified too.
    pub const fn new(store: S, key: Option<PublicKey>) -> Self {
        Self { store, key }
    }

    /// Sells: has these bytes sealed once, however often this is called, and keeps what came of it. Nothing is printed.
    ///
    /// An `Err` that is no [`TillFault::Payload`] leaves the sale open.
    pub fn sell<L: Line, P: Pace>(
        &mut self,
        payload: &str,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault<S::Error>> {
        let offer = Offer::read(payload).map_err(TillFault::Payload)?;
        if let Some(intent) = self.store.open(offer.hash()).map_err(TillFault::Store)? {
            return self.resume(intent, host);
        }
        let intent = Intent::new(&offer);
        self.store.keep(&intent).map_err(TillFault::Store)?;
        let ending = Sale::begin(&offer, self.key.as_ref()).run(host);
        self.conclude(intent, ending)
    }

    /// The sales that are not done: not sealed yet, or without a receipt. In the order of their stated time.
    pub fn unfinished(&mut self) -> Result<Vec<Intent>, TillFault<S::Error>> {
        let mut intents = self.store.all_open().map_err(TillFault::Store)?;
        intents.sort_by_cached_key(Intent::order);
        Ok(intents)
    }

    /// Goes on with a sale where it was.
    pub fn resume<L: Line, P: Pace>(
        &mut self,
        intent: Intent,
        host: &mut Host<L, P>,
    ) -> Result<Outcome, TillFault<S::Error>> {
        if intent.stage().seal().is_some() {
            return Ok(Outcome::Sealed(intent));
        }
        let payload = intent.payload().to_owned();
        let offer = Offer::read(&payload).map_err(TillFault::Payload)?;
        let ending = Sale::resume(&offer, self.key.as_ref()).run(host);
        self.conclude(intent, ending)
    }

    /// Prints the receipt of a sealed sale, the original if there is none yet.
    ///
    /// Of a sale that was being printed when the till crashed the printer is asked; when it cannot tell, this prints a
    /// duplicate. Of a sale that was printed, nothing more is printed: [`Till::reprint`] does.
    pub fn print(
        &mut self,
        intent: Intent,
        printer: &mut impl Printer,
    ) -> Result<Intent, TillFault<S::Error>> {
        let (seal, copy) = match intent.stage().clone() {
            // Someone may have its original already.
            Stage::Sealed { seal, before } => (seal, if before { 2 } else { 1 }),
            Stage::Printing { seal, copy } => match printer.came_out(&intent.job(&seal, copy)) {
                Some(true) => return self.keep(intent.at(Stage::Printed { seal, copies: copy })),
                Some(false) => (seal, copy),
                None => (seal, copy + 1),
            },
            Stage::Meant | Stage::Refused(_) | Stage::Printed { .. } => return Ok(intent),
        };
        self.print_copy(intent, seal, copy, printer)
    }

    /// Prints one more copy of a receipt, as a duplicate, and counts it.
    pub fn reprint(
        &mut self,
        number: FiscalNumber,
        printer: &mut impl Printer,
    ) -> Result<Intent, TillFault<S::Error>> {
        let intent = self.store.of_number(number).map_err(TillFault::Store)?;
        let intent = intent.ok_or(TillFault::NoReceipt(number))?;
        match intent.stage().clone() {
            Stage::Printed { seal, copies } => self.print_copy(intent, seal, copies + 1, printer),
            _ => self.print(intent, printer),
        }
    }

    fn print_copy(
        &mut self,
        intent: Intent,
        seal: Box<Seal>,
        copy: u32,
        printer: &mut impl Printer,
    ) -> Result<Intent, TillFault<S::Error>> {
        let before = intent.stage().clone();
        let intent = self.keep(intent.at(Stage::Printing { seal: seal.clone(), copy }))?;
        match printer.print(&intent.job(&seal, copy)) {
            Ok(()) => self.keep(intent.at(Stage::Printed { seal, copies: copy })),
            Err(fault) => {
                if let PrintFault::NothingPrinted(_) = fault {
                    // As if it had not been tried.
                    self.keep(intent.at(before))?;
                }
                Err(fault.into())
            }
        }
    }

    fn conclude(&mut self, intent: Intent, ending: Ending) -> Result<Outcome, TillFault<S::Error>> {
        Ok(match ending {
            Ending::Sealed { seal, before } => {
                let number = seal.fiscal_number;
                match self.store.of_number(number).map_err(TillFault::Store)? {
                    None => Outcome::Sealed(self.keep(intent.at(Stage::Sealed { seal, before }))?),
                    // This till had finished it before these bytes were offered once more.
                    Some(finished) if finished.hash() == intent.hash() => {
                        self.store.forget(intent.hash()).map_err(TillFault::Store)?;
                        Outcome::Sealed(finished)
                    }
                    Some(_) => return Err(TillFault::NumberTaken(number)),
                }
            }
            Ending::Refused(refusal) => {
                self.keep(intent.at(Stage::Refused(refusal.clone())))?;
                Outcome::Refused(refusal)
            }
            Ending::Held(refusal) => Outcome::Held(refusal),
            Ending::Unclear(unclear) => Outcome::Unclear(unclear),
        })
    }

    fn keep(&mut self, intent: Intent) -> Result<Intent, TillFault<S::Error>> {
        self.store.keep(&intent).map_err(TillFault::Store)?;
        Ok(intent)
    }
}
