//! Why a device refused, as a word that programs compare.

use core::{fmt, str::FromStr};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $remedy:ident;)*) => {
        /// The `code` of a reply with `"status":"ERR"`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ErrorCode { $($(#[$doc])* $variant),* }

        impl ErrorCode {
            /// Every one; a code's place here is [`Self::index`].
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As a reply writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// What a host does about it.
            pub const fn remedy(self) -> Remedy {
                match self { $(Self::$variant => Remedy::$remedy),* }
            }
        }

        impl FromStr for ErrorCode {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(UnknownCode) }
            }
        }
    };
}

codes! {
    /// A member is missing, unknown, misplaced or misshapen, or a payload does not add up.
    SchemaInvalid "SCHEMA_INVALID" Correct;
    /// The authority or the operator revoked the device; it seals nothing any more.
    DeviceRevoked "DEVICE_REVOKED" Person;
    /// The journal is full.
    StorageFull "STORAGE_FULL" Person;
    /// The clock is behind the newest record, or lost its power and was not set since (D8).
    ClockRollbackDetected "CLOCK_ROLLBACK_DETECTED" Synchronise;
    /// No open PREPARE has this nonce, or it is none.
    InvalidNonce "INVALID_NONCE" Prepare;
    /// The nonce was not committed in time.
    NonceExpired "NONCE_EXPIRED" Prepare;
    /// This payload was sealed before (D4); the reply names its epoch and number.
    ReplayDetected "REPLAY_DETECTED" Ask;
    /// All places for open PREPAREs are taken, or the device is at something else.
    DeviceBusy "DEVICE_BUSY" Repeat;
    /// A token or a signature that is not of the key that may say this, or is not for this device, now.
    Unauthorized "UNAUTHORIZED" Person;
    /// A frame that is too long or whose checksum is wrong; nothing was executed.
    FrameInvalid "FRAME_INVALID" Repeat;
    /// No such command.
    UnknownCommand "UNKNOWN_COMMAND" Correct;
    /// What was asked for is not in the journal.
    NotFound "NOT_FOUND" Correct;
    /// The device belongs to no outlet yet.
    NotProvisioned "NOT_PROVISIONED" Person;
    /// The payload is another merchant's or outlet's.
    WrongOutlet "WRONG_OUTLET" Correct;
    /// The payload's time is too far ahead, or too far back to know whether it was sealed (D4).
    StaleTimestamp "STALE_TIMESTAMP" Person;
    /// The device may not seal more before the ledger acknowledged what it has (D10).
    SyncRequired "SYNC_REQUIRED" Synchronise;
    /// The secure element did not answer, or not truly.
    SeFailure "SE_FAILURE" Repeat;
    /// A part of the journal cannot be read; the device seals nothing and says where (D11).
    StorageCorrupt "STORAGE_CORRUPT" Person;
    /// The original of a credit note was never sealed.
    OriginalNotFound "ORIGINAL_NOT_FOUND" Correct;
    /// The original of a credit note is kept elsewhere: a voucher is needed (D5).
    OriginalElsewhere "ORIGINAL_ELSEWHERE" Correct;
    /// The original was voided.
    AlreadyVoided "ALREADY_VOIDED" Correct;
    /// The credit note takes back more than is left.
    CreditExceedsOriginal "CREDIT_EXCEEDS_ORIGINAL" Correct;
    /// The table of totals since the last closure is full.
    ClosureRequired "CLOSURE_REQUIRED" Close;
    /// Another signer holds the outlet's line: the device left it, or stands by.
    HandedOver "HANDED_OVER" Person;
    /// The device belongs to an outlet already.
    AlreadyProvisioned "ALREADY_PROVISIONED" Person;
    /// A firmware that is not newer, does not fit, or is not the one that was ordered.
    FirmwareRefused "FIRMWARE_REFUSED" Person;
    /// A part of the device that computes does so wrongly; the device seals nothing.
    SelfTestFailed "SELF_TEST_FAILED" Person;
}

impl ErrorCode {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its place in [`Self::ALL`], for counters.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether the same request may be sent again as it is, after a short wait.
    pub const fn may_repeat(self) -> bool {
        matches!(self.remedy(), Remedy::Repeat)
    }

    /// Whether the payload has to be prepared again: the same bytes, a new nonce.
    pub const fn must_prepare(self) -> bool {
        matches!(self.remedy(), Remedy::Prepare)
    }

    /// Whether nothing that a program does by itself can help.
    pub const fn needs_person(self) -> bool {
        matches!(self.remedy(), Remedy::Person)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a host does about an [`ErrorCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Send the same request again after 100 to 200 ms, a few times at most.
    Repeat,
    /// Send the same payload by `TXN|PREPARE` again.
    Prepare,
    /// Ask `QRY|LOG` for the invoice that the reply names: it is the answer.
    Ask,
    /// Close the day by `RPT|Z`, then send the same request again.
    Close,
    /// Fetch a signed time or acknowledgement from the operator's service and deliver it, then send the same again.
    Synchronise,
    /// Change the request; it will never be accepted as it is.
    Correct,
    /// Tell a person.
    Person,
}

/// A word that is no code of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no error code of protocol version 1: update the host, and treat it as one that needs a person"
)]
pub struct UnknownCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_as_it_is_written_and_has_its_own_place() {
        for (place, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert_eq!(code.index(), place);
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
        }
        assert_eq!("schema_invalid".parse::<ErrorCode>(), Err(UnknownCode));
    }

    #[test]
    fn an_expired_nonce_is_prepared_again_and_a_revoked_device_is_not_asked_again() {
        assert!(ErrorCode::NonceExpired.must_prepare() && !ErrorCode::NonceExpired.may_repeat());
        assert!(ErrorCode::DeviceBusy.may_repeat() && !ErrorCode::DeviceBusy.needs_person());
        assert!(ErrorCode::DeviceRevoked.needs_person());
        assert_eq!(ErrorCode::ReplayDetected.remedy(), Remedy::Ask);
    }
}
