//! Why the device does not do as it is told, as the host hears it.

use core::fmt::{Display, Write};

use def_protocol::{ErrorCode, reply::Refused, token::TokenFault};
use fiscal::{CreditFault, Epoch, InvoiceNumber, LinkFault};

use crate::journal::{JournalFault, Place};

/// The longest explanation, in bytes.
const DETAIL: usize = 240;

/// An error code, what to do in a sentence, and the members that some codes have.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    detail: heapless::String<DETAIL>,
    sealed_as: Option<(Epoch, InvoiceNumber)>,
    sector: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, detail: impl Display) -> Self {
        let mut written = Detail(heapless::String::new());
        // What is too long is cut.
        let _ = write!(written, "{detail}");
        Self { code, detail: written.0, sealed_as: None, sector: None }
    }

    /// The payload was sealed before, under this number.
    pub(crate) fn replay(epoch: Epoch, number: InvoiceNumber) -> Self {
        let detail = "this payload was sealed before: ask QRY|LOG for its seal, it is the answer";
        Self { sealed_as: Some((epoch, number)), ..Self::new(ErrorCode::ReplayDetected, detail) }
    }

    pub(crate) fn corrupt(place: Place, reason: &str) -> Self {
        let detail = format_args!(
            "sector {}, offset {}: {reason}; the device seals nothing more: have it read out and serviced",
            place.sector, place.offset
        );
        Self { sector: Some(place.sector.0), ..Self::new(ErrorCode::StorageCorrupt, detail) }
    }

    pub(crate) fn reply(&self) -> Refused<&str> {
        let mut reply = Refused::new(self.code, self.detail.as_str());
        reply.epoch = self.sealed_as.map(|(epoch, _)| epoch.0);
        reply.invoice_seq = self.sealed_as.map(|(_, number)| number.value());
        reply.sector = self.sector;
        reply
    }
}

/// A text that stops, at a character, where it is full.
struct Detail(heapless::String<DETAIL>);

impl Write for Detail {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.chars().try_for_each(|character| self.0.push(character).map_err(|_| core::fmt::Error))
    }
}

impl From<JournalFault> for Refusal {
    fn from(fault: JournalFault) -> Self {
        match fault {
            JournalFault::Corrupt { place, reason } => Self::corrupt(place, reason),
            JournalFault::Full => Self::new(ErrorCode::StorageFull, fault),
            JournalFault::NotReady => Self::new(ErrorCode::DeviceBusy, fault),
            JournalFault::Flash | JournalFault::Unstable => Self::new(ErrorCode::StorageCorrupt, fault),
        }
    }
}

impl From<TokenFault> for Refusal {
    fn from(fault: TokenFault) -> Self {
        Self::new(fault.code(), fault)
    }
}

impl From<CreditFault> for Refusal {
    fn from(fault: CreditFault) -> Self {
        let code = fault.code().parse().unwrap_or(ErrorCode::SchemaInvalid);
        Self::new(code, fault)
    }
}

impl From<LinkFault> for Refusal {
    fn from(fault: LinkFault) -> Self {
        let code = fault.code().parse().unwrap_or(ErrorCode::SchemaInvalid);
        Self::new(code, fault)
    }
}
