use fiscal::{
    DeviceId, Epoch, InvoiceNumber, OutletId, PayloadHash, Position, Record, RecordFault, Sealed, Subject,
    Timestamp,
};

/// Which chain of an outlet (S3): the ledger's own is that of its signer; those of devices and delegated keys stand
/// beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainId {
    /// The outlet.
    pub outlet: OutletId,
    /// Its line of numbers.
    pub epoch: Epoch,
    /// Who seals.
    pub signer: DeviceId,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// In which chain.
    pub chain: ChainId,
    /// At which position, from 1.
    pub position: Position,
}

/// Which invoice a credit note takes back: an epoch and a number of the same outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The original's epoch.
    pub epoch: Epoch,
    /// Its number.
    pub number: InvoiceNumber,
}

/// A sealed record as it is stored, with what it seals. Everything beside `record` and `body` follows from them and is
/// there to be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// The invoice number, if it is an invoice.
    pub number: Option<InvoiceNumber>,
    /// When it was sealed.
    pub time: Timestamp,
    /// What the payload says of its time; of other records, when they were sealed. A sale is looked for by this and
    /// `hash`, so that the index grows at its end.
    pub stamped: Timestamp,
    /// What is sealed: the identity of a sale (L4).
    pub hash: PayloadHash,
    /// What a credit note takes back, when that is of this outlet.
    pub reference: Option<Reference>,
    /// The bytes of the record: header, link, signature.
    pub record: Vec<u8>,
    /// The canonical payload, or the body of another record; none once it was erased (L9).
    pub body: Option<String>,
}

impl Row {
    /// Of a record that was just sealed.
    pub fn new(sealed: &Sealed, stamped: Timestamp, reference: Option<Reference>, body: String) -> Self {
        Self::of(sealed, stamped, reference, Some(body))
    }

    /// Of a record that another signer sealed, or is said to have sealed.
    pub(crate) fn of(
        record: &Record,
        stamped: Timestamp,
        reference: Option<Reference>,
        body: Option<String>,
    ) -> Self {
        let header = &record.header;
        Self {
            place: Place {
                chain: ChainId { outlet: header.outlet, epoch: header.epoch, signer: header.device },
                position: record.link.position,
            },
            number: header.invoice().map(|facts| facts.number),
            time: header.time,
            stamped,
            hash: record.link.payload,
            reference,
            record: record.to_bytes().to_vec(),
            body,
        }
    }

    /// The record that the bytes are. Who did not seal it verifies it.
    pub fn read(&self) -> Result<Record, RecordFault> {
        Record::from_bytes(&self.record)
    }

    /// Whether it is an invoice.
    pub const fn is_invoice(&self) -> bool {
        self.number.is_some()
    }

    /// What the header's kind says, by the byte that stands there: 1 for an invoice.
    pub fn kind_code(subject: &Subject) -> u8 {
        match subject {
            Subject::Invoice(_) => 1,
            Subject::Event(kind) => kind.code(),
        }
    }
}
