use std::num::NonZeroU32;

use def_protocol::reply::Seal;

use super::{Files, Intent, Stage, Till, TillFault};

/// A receipt to print.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The canonical payload.
    pub payload: &'a str,
    /// Its seal.
    pub seal: &'a Seal,
    /// 1 for the original, which there is once; from 2 on duplicates.
    pub copy: u32,
}

impl Job<'_> {
    /// Which duplicate it is, from 1; none of the original.
    pub const fn duplicate(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.copy.saturating_sub(1))
    }
}

/// What makes paper of receipts.
pub trait Printer {
    /// Prints, and returns when it is done.
    fn print(&mut self, job: &Job<'_>) -> Result<(), PrintFault>;

    /// Where it puts its paper, so that a copy that was interrupted there is not looked for elsewhere.
    fn place(&self) -> String;

    /// Whether this job came out here, of one that was interrupted; none when the printer cannot know.
    fn came_out(&mut self, job: &Job<'_>) -> Option<bool>;
}

/// Why a receipt may not be there.
#[derive(Debug, thiserror::Error)]
pub enum PrintFault {
    /// It certainly is not.
    #[error("no receipt came out ({0}): mend the printer, and print it again")]
    NothingPrinted(String),
    /// It may have come out.
    #[error("the printer failed ({0}), and a receipt may have come out: the next one will say DUPLICATA")]
    Unknown(String),
}

/// Prints a copy: that it goes to the printer is kept before it goes, and that it came out after it did.
pub(super) fn copy<F: Files>(
    till: &mut Till<F>,
    intent: Intent,
    seal: Box<Seal>,
    copy: u32,
    printer: &mut impl Printer,
) -> Result<Intent, TillFault> {
    till.believes(&intent, &seal)?;
    let before = intent.stage().clone();
    let place = printer.place();
    let intent = till.keep(intent.at(Stage::Printing { seal: seal.clone(), copy, place }))?;
    match printer.print(&intent.job(&seal, copy)) {
        Ok(()) => till.keep(intent.at(Stage::Printed { seal, copies: copy })),
        Err(fault) => {
            if let PrintFault::NothingPrinted(_) = fault {
                // As if it had not been tried.
                till.keep(intent.at(before))?;
            }
            Err(fault.into())
        }
    }
}
