//! Why the device does not do as it is told, as the host hears it.

use core::fmt::{self, Display, Write};

use def_protocol::{ErrorCode, FrameFault, reply::Refused, token::TokenFault};
use fiscal::{CivilDate, CreditFault, Epoch, Fault, InvoiceNumber, LinkFault, Nif, OutletId};

use crate::journal::{JournalFault, Place};

/// The longest explanation, in bytes.
const DETAIL: usize = 240;

/// An error code, what to do in a sentence, and the members that some codes have.
///
/// It is handed up through many functions, so it holds what the sentence says and not the sentence.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    detail: Detail,
}

/// What to do, and what is needed to say so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Detail {
    Fixed(&'static str),
    Payload(Fault),
    Frame(FrameFault),
    Token(TokenFault),
    Credit(CreditFault),
    Link(LinkFault),
    Journal(JournalFault),
    Replay { epoch: Epoch, number: InvoiceNumber },
    Corrupt { place: Place, reason: &'static str },
    Counter { newest: u64, found: u64 },
    ClockBehind { seconds: u64 },
    StampedAhead { seconds: u64 },
    Unacknowledged { invoices: u64, days: u64 },
    OtherOutlet { nif: Nif, outlet: OutletId },
    NoInvoice { epoch: Epoch, number: InvoiceNumber },
    NoClosure { date: CivilDate },
    EpochsRise { order: Epoch, own: Epoch },
    OtherEpoch { order: Epoch, own: Epoch },
    NumberGiven { next: InvoiceNumber },
    ManifestInstalled { installed: u32, version: u32 },
    FirmwareNotNewer { build: u32, own: u32 },
    FirmwareTooLong { length: u32, room: u32 },
    FirmwarePiece { next: u32 },
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<Detail>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The payload was sealed before, under this number.
    pub(crate) fn replay(epoch: Epoch, number: InvoiceNumber) -> Self {
        Self::new(ErrorCode::ReplayDetected, Detail::Replay { epoch, number })
    }

    pub(crate) fn corrupt(place: Place, reason: &'static str) -> Self {
        Self::new(ErrorCode::StorageCorrupt, Detail::Corrupt { place, reason })
    }

    /// Gives the answer to a writer of answers.
    pub(crate) fn tell(&self, send: impl FnOnce(&Refused<&str>)) {
        let mut detail = Cut(heapless::String::new());
        // What is too long is cut.
        let _ = write!(detail, "{}", self.detail);
        let mut reply = Refused::new(self.code, detail.0.as_str());
        match self.detail {
            Detail::Replay { epoch, number } => {
                (reply.epoch, reply.invoice_seq) = (Some(epoch.0), Some(number.value()));
            }
            Detail::Corrupt { place, .. } => reply.sector = Some(place.sector.0),
            _ => {}
        }
        send(&reply);
    }
}

impl Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) => f.write_str(text),
            Self::Payload(fault) => fault.fmt(f),
            Self::Frame(fault) => fault.fmt(f),
            Self::Token(fault) => fault.fmt(f),
            Self::Credit(fault) => fault.fmt(f),
            Self::Link(fault) => fault.fmt(f),
            Self::Journal(fault) => fault.fmt(f),
            Self::Replay { .. } => {
                f.write_str("this payload was sealed before: ask QRY|LOG for its seal, it is the answer")
            }
            Self::Corrupt { place, reason } => write!(
                f,
                "sector {}, offset {}: {reason}; the device seals nothing more: have it read out and serviced",
                place.sector, place.offset
            ),
            Self::Counter { newest, found } => write!(
                f,
                "the secure element has counted to {found}, the newest record says {newest}: the journal was restored \
                 or the chip changed; have the authority open a new epoch with ADM|RESET"
            ),
            Self::ClockBehind { seconds } => {
                write!(f, "the clock is {seconds} s behind the newest record: set it with CFG|TIME")
            }
            Self::StampedAhead { seconds } => write!(
                f,
                "the payload is stamped {seconds} s after the device's clock: correct the terminal's clock"
            ),
            Self::Unacknowledged { invoices, days } => write!(
                f,
                "the ledger lacks {invoices} invoices of up to {days} days: deliver its acknowledgement with CFG|ACK"
            ),
            Self::OtherOutlet { nif, outlet } => write!(f, "this device seals for {nif} at {outlet}"),
            Self::NoInvoice { epoch, number } => {
                write!(f, "the journal holds no invoice {epoch}/{number}")
            }
            Self::NoClosure { date } => {
                write!(f, "nothing was sealed on {date}, so there is no closure of that day")
            }
            Self::EpochsRise { order, own } => {
                write!(f, "the order opens epoch {order}, the device is in {own}: epochs only rise")
            }
            Self::OtherEpoch { order, own } => {
                write!(f, "the order is for epoch {order}, the device is in {own}: it needs a reset first")
            }
            Self::NumberGiven { next } => {
                write!(f, "number {next} was given already: ask the ledger for the next one")
            }
            Self::FirmwareNotNewer { build, own } => {
                write!(f, "build {own} runs: ask the operator for an order of a later one than {build}")
            }
            Self::FirmwareTooLong { length, room } => {
                write!(
                    f,
                    "the firmware has {length} bytes, this device has room for {room}: ask the operator for one that is made for it"
                )
            }
            Self::FirmwarePiece { next } => {
                write!(f, "the next piece begins at {next} and has 4096 bytes, or all that is left")
            }
            Self::ManifestInstalled { installed, version } => {
                write!(f, "version {installed} is installed: a later one replaces it, not {version}")
            }
        }
    }
}

/// A text that stops, at a character, where it is full.
struct Cut(heapless::String<DETAIL>);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.0.push(character).map_err(|_| fmt::Error))
    }
}

macro_rules! details {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Detail {
            fn from(from: $from) -> Self {
                Self::$variant(from)
            }
        }
    )*};
}

details! {
    &'static str => Fixed, Fault => Payload, FrameFault => Frame, TokenFault => Token, CreditFault => Credit,
    LinkFault => Link, JournalFault => Journal,
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
