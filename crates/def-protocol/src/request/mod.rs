//! What a host asks a device.

mod object;
mod parts;

pub use parts::{
    ArticlesAsked, Command, Cursor, DumpAsked, DumpFormat, FirmwareAsked, FirmwarePiece, Initialisation,
    LogKey, SnapshotPeriod, TimeSetting, TokenText,
};

use fiscal::CivilDate;

use crate::{code::ErrorCode, correlation::Correlation, nonce::Nonce};

/// A request as the device understood it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request<'a> {
    /// `TXN|PREPARE`: the canonical payload, byte for byte, without the white space around it.
    Prepare(&'a [u8]),
    /// `TXN|COMMIT`
    Commit(Nonce),
    /// `QRY|STATUS`
    Status,
    /// `QRY|LOG`
    Log(LogKey),
    /// `QRY|PROOF`: that the device is here, signed over something that nobody could know before.
    Proof {
        /// Random bytes of whoever asks.
        challenge: [u8; 32],
    },
    /// `RPT|Z`: the closure of a business day.
    Closure(CivilDate),
    /// `RPT|X`
    Snapshot(SnapshotPeriod),
    /// `RPT|A`
    Articles(ArticlesAsked<'a>),
    /// `ADM|DUMPLOG`
    Dump(DumpAsked),
    /// `ADM|RESET`, with a [`crate::token::Reset`].
    Reset(TokenText<'a>),
    /// `CFG|TIME`
    SetTime(TimeSetting),
    /// `CFG|INIT`, with a [`crate::token::Activation`].
    Initialise(Initialisation<'a>),
    /// `CFG|HANDOVER`, with a [`crate::token::HandOver`].
    HandOver(TokenText<'a>),
    /// `CFG|ACK`, with a [`crate::token::Acknowledgement`].
    Acknowledge(TokenText<'a>),
    /// `CFG|MANIFEST`, with a [`crate::token::TaxManifest`].
    Manifest(TokenText<'a>),
    /// `CFG|STATE`, with a [`crate::token::StateChange`].
    State(TokenText<'a>),
    /// `ADM|FIRMWARE`, with a [`crate::token::FirmwareOrder`] or a piece of the image.
    Firmware(FirmwareAsked<'a>),
}

impl Request<'_> {
    /// By which command it goes.
    pub const fn command(&self) -> Command {
        match self {
            Self::Prepare(_) => Command::Prepare,
            Self::Commit(_) => Command::Commit,
            Self::Status => Command::Status,
            Self::Log(_) => Command::Log,
            Self::Proof { .. } => Command::Proof,
            Self::Closure(_) => Command::Closure,
            Self::Snapshot(_) => Command::Snapshot,
            Self::Articles(_) => Command::Articles,
            Self::Dump(_) => Command::Dump,
            Self::Reset(_) => Command::Reset,
            Self::SetTime(_) => Command::SetTime,
            Self::Initialise(_) => Command::Initialise,
            Self::HandOver(_) => Command::HandOver,
            Self::Acknowledge(_) => Command::Acknowledge,
            Self::Manifest(_) => Command::Manifest,
            Self::State(_) => Command::State,
            Self::Firmware(_) => Command::Firmware,
        }
    }
}

/// A request with what its reply begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Addressed<'a> {
    /// Which reply is to this request, if the host cares.
    pub correlation: Option<Correlation>,
    /// The request.
    pub request: Request<'a>,
}

impl<'a> Addressed<'a> {
    /// Reads the content of a frame.
    ///
    /// White space around the command, the object and the object's members is tolerated. A PREPARE's payload is not
    /// looked into: `fiscal` does that.
    pub fn read(content: &'a [u8]) -> Result<Self, RequestFault> {
        let content = trim(content);
        let end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'{' | b'@' | b'0'..=b'9');
        let length = content.iter().position(end).unwrap_or(content.len());
        let (name, rest) = content.split_at(length);
        let (correlation, rest) = match rest {
            [b'@', rest @ ..] => {
                let (correlation, rest) =
                    Correlation::read(rest).map_err(|_| RequestFault::schema(None, MISSHAPEN_CORRELATION))?;
                (Some(correlation), rest)
            }
            rest => (None, rest),
        };
        let command = Command::from_bytes(name).ok_or(RequestFault {
            correlation,
            code: ErrorCode::UnknownCommand,
            detail: "this is no command of protocol version 1: write it in capitals, like QRY|STATUS",
        })?;
        match object::read(command, trim(rest)) {
            Ok(request) => Ok(Self { correlation, request }),
            Err((code, detail)) => Err(RequestFault { correlation, code, detail }),
        }
    }
}

const MISSHAPEN_CORRELATION: &str = "what follows @ is not 1 to 16 letters and digits";

/// Why a request cannot be answered but by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct RequestFault {
    /// The request's, if it could be read.
    pub correlation: Option<Correlation>,
    /// What the reply says.
    pub code: ErrorCode,
    /// The same for a person.
    pub detail: &'static str,
}

impl RequestFault {
    const fn schema(correlation: Option<Correlation>, detail: &'static str) -> Self {
        Self { correlation, code: ErrorCode::SchemaInvalid, detail }
    }
}

/// Takes spaces and tabs away from both ends; CR and LF went with the frame.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}
