//! The envelope of every token, and the way from a text to what may be believed.

use fiscal::{DeviceId, PublicKey, RecordHash, Signature, SignatureFault, Timestamp};
use sha2::{Digest, Sha256};

use super::{Fields, Sink};
use crate::{base64url, code::ErrorCode};

const TAG: &[u8; 16] = b"stelala-token--1";
const VERSION: u8 = 1;

/// What a token says: one of the nine kinds.
pub trait Body<'b>: Sized {
    /// Which kind.
    const KIND: Kind;
    /// The longest token of the kind, in characters.
    const MAX_CHARACTERS: usize = 1_024;
    /// The longest token of the kind, in bytes with its signature: what a buffer has to hold.
    const MAX_BYTES: usize = Self::MAX_CHARACTERS / 4 * 3;

    /// Reads the fields of the body; what follows them is for the caller to refuse.
    fn read(fields: &mut Fields<'b>) -> Result<Self, TokenFault>;

    /// Writes the fields of the body.
    fn write(&self, out: &mut Sink<'_>) -> Result<(), TokenFault>;
}

/// The kinds of tokens, by their byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Binds a device to an outlet.
    Activation = 1,
    /// Begins a new epoch.
    Reset = 2,
    /// Sets the clock.
    Time = 3,
    /// Leaves or enters a line of numbers.
    HandOver = 4,
    /// Says what the ledger holds.
    Acknowledgement = 5,
    /// Installs tax groups.
    Manifest = 6,
    /// Revokes or decommissions.
    State = 7,
    /// Lets a credit note take from an original that is kept elsewhere.
    Voucher = 8,
    /// Has a device take a new firmware.
    Firmware = 9,
}

/// Real business, or trials. A device obeys tokens of its own realm only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Realm {
    /// Real business.
    Production = b'P',
    /// Trials.
    Development = b'D',
}

impl Realm {
    /// By its letter: `P` or `D`.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            b'P' => Some(Self::Production),
            b'D' => Some(Self::Development),
            _ => None,
        }
    }
}

/// To which device a token speaks, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Real business, or trials.
    pub realm: Realm,
    /// The device.
    pub device: DeviceId,
    /// The first second in which it holds.
    pub not_before: Timestamp,
    /// The last second in which it holds, not before the first.
    pub not_after: Timestamp,
}

impl Scope {
    fn read(fields: &mut Fields<'_>, kind: Kind) -> Result<Self, TokenFault> {
        let [version, realm, read_kind] = fields.array()?;
        if version != VERSION {
            return Err(TokenFault::Version(version));
        }
        let realm = Realm::from_code(realm).ok_or(TokenFault::Field("realm"))?;
        if read_kind != kind as u8 {
            return Err(TokenFault::OtherKind);
        }
        let scope = Self {
            realm,
            device: fields.parsed("device id")?,
            not_before: fields.time()?,
            not_after: fields.time()?,
        };
        if scope.not_before <= scope.not_after { Ok(scope) } else { Err(TokenFault::Field("validity")) }
    }

    #[inline(never)] // One copy for all kinds.
    fn holds(&self, device: DeviceId, realm: Realm, now: Timestamp) -> Result<(), TokenFault> {
        self.addresses(device, realm)?;
        if now < self.not_before {
            Err(TokenFault::TooEarly)
        } else if now > self.not_after {
            Err(TokenFault::Expired)
        } else {
            Ok(())
        }
    }

    fn addresses(&self, device: DeviceId, realm: Realm) -> Result<(), TokenFault> {
        if self.realm != realm {
            Err(TokenFault::OtherRealm)
        } else if self.device != device {
            Err(TokenFault::OtherDevice)
        } else {
            Ok(())
        }
    }

    pub(super) fn write(&self, kind: Kind, out: &mut Sink<'_>) -> Result<(), TokenFault> {
        if self.not_after < self.not_before {
            return Err(TokenFault::Field("validity"));
        }
        out.put(&[VERSION, self.realm as u8, kind as u8])?;
        out.put_text(self.device.as_str())?;
        out.put(&self.not_before.unix().to_be_bytes())?;
        out.put(&self.not_after.unix().to_be_bytes())
    }
}

/// What a token's signature covers.
pub(super) fn signed_hash(bytes: &[u8]) -> RecordHash {
    RecordHash(Sha256::new().chain_update(TAG).chain_update(bytes).finalize().into())
}

/// A well-formed token of which nobody knows whether it is true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unverified<'b, B> {
    signed: Signed<'b>,
    body: B,
}

/// What all kinds have around their bodies.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Signed<'b> {
    scope: Scope,
    bytes: &'b [u8],
    signature: Signature,
}

impl Signed<'_> {
    #[inline(never)] // One copy for all kinds.
    fn by_any(&self, keys: &[&PublicKey]) -> Result<(), TokenFault> {
        let hash = signed_hash(self.bytes);
        let signed = keys.iter().any(|key| key.verify(&hash, &self.signature).is_ok());
        if signed { Ok(()) } else { Err(TokenFault::False) }
    }
}

/// A token whose body is still to be read.
struct Opened<'b> {
    scope: Scope,
    bytes: &'b [u8],
    /// The body, and nothing else if the token is one.
    fields: Fields<'b>,
    signature: &'b [u8; Signature::LENGTH],
}

impl<'b> Opened<'b> {
    #[inline(never)] // One copy for all kinds.
    fn decode(text: &str, buffer: &'b mut [u8], kind: Kind, characters: usize) -> Result<Self, TokenFault> {
        if text.len() > characters || text.len() * 3 / 4 > buffer.len() {
            return Err(TokenFault::TooLong);
        }
        Self::read(base64url::decode(text.as_bytes(), buffer).ok_or(TokenFault::NotBase64)?, kind)
    }

    fn read(bytes: &'b [u8], kind: Kind) -> Result<Self, TokenFault> {
        let (bytes, signature) = bytes.split_last_chunk().ok_or(TokenFault::Truncated)?;
        let mut fields = Fields(bytes);
        let scope = Scope::read(&mut fields, kind)?;
        Ok(Self { scope, bytes, fields, signature })
    }

    /// What stands around the body, when all of that was read.
    #[inline(never)] // One copy for all kinds.
    fn close(&self) -> Result<Signed<'b>, TokenFault> {
        self.fields.end()?;
        let signature = Signature::from_bytes(*self.signature)?;
        Ok(Signed { scope: self.scope, bytes: self.bytes, signature })
    }
}

impl<'b, B: Body<'b>> Unverified<'b, B> {
    /// Reads a token into a buffer of [`Body::MAX_BYTES`].
    pub fn from_text(text: &str, buffer: &'b mut [u8]) -> Result<Self, TokenFault> {
        Self::of(Opened::decode(text, buffer, B::KIND, B::MAX_CHARACTERS)?)
    }

    /// Reads the bytes that a token's text stands for: what [`Unverified::from_text`] left in the buffer.
    pub fn from_bytes(bytes: &'b [u8]) -> Result<Self, TokenFault> {
        if bytes.len() > B::MAX_BYTES {
            return Err(TokenFault::TooLong);
        }
        Self::of(Opened::read(bytes, B::KIND)?)
    }

    fn of(mut opened: Opened<'b>) -> Result<Self, TokenFault> {
        let body = B::read(&mut opened.fields)?;
        Ok(Self { signed: opened.close()?, body })
    }

    /// Makes a token of this one that may be believed, if the key signed it. Whose key it has to be is for the caller
    /// to know.
    pub fn verify(self, key: &PublicKey) -> Result<Token<'b, B>, TokenFault> {
        self.verify_by_any(&[key])
    }

    /// The same for a token that any of these keys may have signed.
    pub fn verify_by_any(self, keys: &[&PublicKey]) -> Result<Token<'b, B>, TokenFault> {
        self.signed.by_any(keys)?;
        Ok(Token(self))
    }

    /// Takes a token from a record that the device sealed: it was verified before, and the seal covers it.
    pub const fn recorded(self) -> Token<'b, B> {
        Token(self)
    }
}

/// A token that a known key signed. Whether it speaks to this device, now, [`Token::for_device`] says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token<'b, B>(Unverified<'b, B>);

impl<'b, B: Body<'b>> Token<'b, B> {
    /// Whether it speaks to this device at this time.
    pub fn for_device(&self, device: DeviceId, realm: Realm, now: Timestamp) -> Result<(), TokenFault> {
        self.scope().holds(device, realm, now)
    }

    /// Whether it speaks to this device, for one whose clock cannot be believed.
    pub fn addressed_to(&self, device: DeviceId, realm: Realm) -> Result<(), TokenFault> {
        self.scope().addresses(device, realm)
    }

    /// To whom it speaks, and when.
    pub const fn scope(&self) -> &Scope {
        &self.0.signed.scope
    }

    /// What it says.
    pub const fn body(&self) -> &B {
        &self.0.body
    }

    /// The same, and the rest of the token is gone.
    pub fn into_body(self) -> B {
        self.0.body
    }

    /// Which token it is: SHA-256 of its bytes without the signature, the same for one that was signed again.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.signed.bytes).into()
    }
}

/// Why a token does not command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// More than its kind may have, or than the buffer holds.
    #[error("the token is longer than one of its kind may be: send it as it was issued")]
    TooLong,
    /// Not base64url in its one form.
    #[error("the token is not base64url without padding: send it as it was issued")]
    NotBase64,
    /// It ends too early.
    #[error("the token ends before it is complete: send all of it")]
    Truncated,
    /// It ends too late.
    #[error("something follows the token's fields: send it as it was issued")]
    TrailingBytes,
    /// Another version.
    #[error("the token is of version {0}: update the device's program, or ask for a token of version 1")]
    Version(u8),
    /// A field that cannot be.
    #[error("the token's {0} is not one that can be: ask its issuer for another")]
    Field(&'static str),
    /// A signature that is not in its one form.
    #[error("the token's signature is none: {0}")]
    Signature(#[from] SignatureFault),
    /// A token for another command.
    #[error("the token is for another command: send it by its own")]
    OtherKind,
    /// Not signed by whoever may say this.
    #[error("the token is not signed by the key that may say this: it was altered, or another issuer's")]
    False,
    /// Trials in real business, or the other way round.
    #[error("the token is for the other realm: production and development do not mix")]
    OtherRealm,
    /// It speaks to another device.
    #[error("the token is for another device")]
    OtherDevice,
    /// Not yet.
    #[error("the token is not valid yet: set the device's clock, or wait")]
    TooEarly,
    /// No longer.
    #[error("the token has expired: ask its issuer for another")]
    Expired,
}

impl TokenFault {
    /// What a reply says of it.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TooLong
            | Self::NotBase64
            | Self::Truncated
            | Self::TrailingBytes
            | Self::Version(_)
            | Self::Field(_) => ErrorCode::SchemaInvalid,
            Self::Signature(_)
            | Self::OtherKind
            | Self::False
            | Self::OtherRealm
            | Self::OtherDevice
            | Self::TooEarly
            | Self::Expired => ErrorCode::Unauthorized,
        }
    }
}
