//! The till's printer, and the paper that came out of it.

use std::{cell::RefCell, rc::Rc};

use def_client::{Job, PrintFault, Printer};
use fiscal::{PayloadHash, RecordHash};

use super::line::Handle;

/// A receipt in someone's hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paper {
    pub(super) sale: PayloadHash,
    pub(super) record: RecordHash,
    pub(super) copy: u32,
}

/// All receipts that came out.
pub(super) type Papers = Rc<RefCell<Vec<Paper>>>;

/// A printer that can say what came out, or cannot.
#[derive(Clone)]
pub(super) struct Press<'b> {
    pub(super) papers: Papers,
    pub(super) knows: bool,
    pub(super) sky: Handle<'b>,
}

impl Printer for Press<'_> {
    fn print(&mut self, job: &Job<'_>) -> Result<(), PrintFault> {
        let (was_alive, is_alive, done, jams) = {
            let sky = &mut *self.sky.0.borrow_mut();
            (!sky.crashed, sky.is_alive(), sky.dice.one_in(2), sky.stormy && sky.dice.one_in(12))
        };
        if jams && is_alive {
            return Err(PrintFault::NothingPrinted("no paper".into()));
        }
        if is_alive || (was_alive && done) {
            self.papers.borrow_mut().push(paper(job));
        }
        if is_alive { Ok(()) } else { Err(PrintFault::Unknown("the till crashed".into())) }
    }

    fn place(&self) -> String {
        "counter".into()
    }

    fn came_out(&mut self, job: &Job<'_>) -> Option<bool> {
        self.knows.then(|| self.papers.borrow().contains(&paper(job)))
    }
}

fn paper(job: &Job<'_>) -> Paper {
    Paper { sale: job.seal.payload_hash, record: job.seal.record_hash, copy: job.copy }
}
