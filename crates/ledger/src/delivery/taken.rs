use def_protocol::token::Newest;
use fiscal::{InvoiceNumber, Position, RecordHash, Timestamp};

use super::Unfit;
use crate::{Place, Row};

/// How far the ledger holds a chain of another signer: durable, for acknowledgements (D10) and to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The newest position.
    pub position: Position,
    /// The hash of the record there.
    pub hash: RecordHash,
    /// When it was sealed.
    pub time: Timestamp,
    /// The newest invoice, if there is one.
    pub newest: Option<Newest>,
}

/// What became of a delivery.
#[derive(Clone, Debug)]
pub struct Taken {
    /// How far the chain is held now; none when nothing of it is.
    pub held: Option<Held>,
    /// From which position to send again: what was delivered there, or behind it, could not be placed. None when all of
    /// it is held.
    pub again: Option<Position>,
    /// How many records entered with it, and were not held before.
    pub entered: usize,
    /// The anchor over what entered, in the ledger's own chain.
    pub anchor: Option<Row>,
    /// What entered with faults, each with its flag in the ledger's own chain.
    pub non_compliant: Vec<NonCompliant>,
    /// The sales in it that were sealed before, by whomever (L4): the place of the first seal and of the second.
    pub duplicates: Vec<(Place, Place)>,
    /// What could not be placed and is kept beside the chains, without what was kept before.
    pub unfit: Vec<Unfit>,
    /// How many more could not be placed and are not kept: the outlet's day has its most of them.
    pub unkept: usize,
}

/// A record that entered the ledger with faults (L6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonCompliant {
    /// Which record.
    pub place: Place,
    /// Its number, if it is an invoice.
    pub number: Option<InvoiceNumber>,
    /// What is wrong with it, by the words of [`super::Cause`]; a later version of the program may know more.
    pub causes: Vec<String>,
}
