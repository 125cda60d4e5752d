//! What requests are made of.

use core::fmt;

use crate::base64url;

use fiscal::{CivilDate, Epoch, InvoiceNumber, PublicKey, RecordHash, Signature, Timestamp};

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $text:literal;)*) => {
        /// The name of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command { $($(#[$doc])* $variant),* }

        impl Command {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As a frame writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

commands! {
    /// Checks a payload and hands out a nonce; nothing changes.
    Prepare "TXN|PREPARE";
    /// Seals what was prepared.
    Commit "TXN|COMMIT";
    /// How the device is.
    Status "QRY|STATUS";
    /// One sealed invoice.
    Log "QRY|LOG";
    /// That the device is here, by its signature over a challenge.
    Proof "QRY|PROOF";
    /// Closes a business day, or repeats its closure.
    Closure "RPT|Z";
    /// What was sold since the closure or today.
    Snapshot "RPT|X";
    /// What was sold, article by article.
    Articles "RPT|A";
    /// The journal, chunk by chunk.
    Dump "ADM|DUMPLOG";
    /// Begins a new epoch and makes room.
    Reset "ADM|RESET";
    /// Sets the clock.
    SetTime "CFG|TIME";
    /// Binds the device to an outlet.
    Initialise "CFG|INIT";
    /// Leaves or enters an outlet's line of numbers.
    HandOver "CFG|HANDOVER";
    /// Delivers the ledger's acknowledgement.
    Acknowledge "CFG|ACK";
    /// Installs tax groups.
    Manifest "CFG|MANIFEST";
    /// Revokes or decommissions the device.
    State "CFG|STATE";
    /// Orders a new firmware, and delivers it piece by piece.
    Firmware "ADM|FIRMWARE";
}

impl Command {
    pub(super) fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.as_str().as_bytes() == name)
    }

    /// How long a host waits for the answer, or for the next `WAIT`, in milliseconds.
    pub const fn deadline_ms(self) -> u32 {
        match self {
            Self::Prepare | Self::Commit | Self::Proof => 5_000,
            Self::Status => 2_000,
            _ => 10_000,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which invoice: `105`, of the epoch that the device is in, or `3/105` (D14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// None for the current one.
    pub epoch: Option<Epoch>,
    /// Its number.
    pub number: InvoiceNumber,
}

/// Over what an X report is (D12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotPeriod {
    /// Since the last closure.
    Session,
    /// Since the outlet's midnight.
    Day,
}

impl SnapshotPeriod {
    /// As requests and replies write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Day => "day",
        }
    }
}

/// Which days an A report is over, both included, and where it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticlesAsked<'a> {
    /// The first business day.
    pub since: CivilDate,
    /// The last business day, not before the first.
    pub until: CivilDate,
    /// The `next` of the answer before.
    pub after: Option<Cursor<'a>>,
}

/// Where a report goes on, in the device's own words: 1 to 200 visible ASCII characters without `"` and `\`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// In characters.
    pub const MAX_LENGTH: usize = 200;

    /// None for what is no cursor.
    pub fn new(text: &'a str) -> Option<Self> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(visible);
        fits.then_some(Self(text))
    }

    /// As the device wrote it.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Which part of the journal, in which form (D13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DumpAsked {
    /// Records whole, or what they come to.
    pub format: DumpFormat,
    /// Only records at later positions: the `chunk_index` of the answer before, 0 at first.
    pub after: u64,
}

/// What a dump says of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DumpFormat {
    /// All of it: [`crate::reply::JournalLine`].
    Json,
    /// Its hashes: [`crate::reply::DigestLine`].
    Digest,
}

impl DumpFormat {
    /// As a request writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Digest => "digest",
        }
    }
}

/// The operator's word for what time it is (D8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSetting {
    /// The time.
    pub timestamp: Timestamp,
    /// The operator's signature over [`crate::token::TimeGrant`].
    pub signature: Signature,
    /// The newest record, when the clock goes back before it.
    pub newest: Option<RecordHash>,
}

/// What binds a device to an outlet (D6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Initialisation<'a> {
    /// The activation code.
    pub activation_code: TokenText<'a>,
    /// A key that has to be one of the code's.
    pub public_key: PublicKey,
}

/// What is said of a new firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirmwareAsked<'a> {
    /// Which one it is to be, by a [`crate::token::FirmwareOrder`].
    Order(TokenText<'a>),
    /// A piece of it.
    Piece(FirmwarePiece<'a>),
}

/// A part of a firmware's image: [`FirmwarePiece::BYTES`] of it, or what is left at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmwarePiece<'a> {
    /// Where it begins in the image, a multiple of [`FirmwarePiece::BYTES`].
    pub offset: u32,
    data: &'a str,
}

impl<'a> FirmwarePiece<'a> {
    /// The length of every piece but the last.
    pub const BYTES: usize = 4_096;
    /// In characters of base64url.
    const MAX_LENGTH: usize = Self::BYTES.div_ceil(3) * 4;

    /// None when it does not begin where a piece may, is empty or too long, or is not base64url.
    pub fn new(offset: u32, data: &'a str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=Self::MAX_LENGTH).contains(&data.len())
            && (offset as usize).is_multiple_of(Self::BYTES)
            && data.bytes().all(known);
        fits.then_some(Self { offset, data })
    }

    /// The bytes, in a buffer of [`FirmwarePiece::BYTES`]; none when they are not in their one form or too many.
    pub fn decode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        base64url::decode(self.data.as_bytes(), buffer)
    }

    /// In base64url.
    pub const fn as_str(&self) -> &'a str {
        self.data
    }
}

/// A signed token as text, not looked into: `[A-Za-z0-9_-]{1,8192}`. [`crate::token::Unverified`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenText<'a>(&'a str);

impl<'a> TokenText<'a> {
    /// In characters.
    pub const MAX_LENGTH: usize = 8_192;

    /// None for what cannot be a token.
    pub fn new(text: &'a str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(known);
        fits.then_some(Self(text))
    }

    /// As it is written.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}
