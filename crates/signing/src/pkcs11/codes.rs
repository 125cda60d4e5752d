//! What each error of a token means.

use cryptoki::error::{Error, RvError};

use crate::SignerFault;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Drop the sessions, initialise the library again, and try again: the token is away, busy, or has lost what this
    /// process knew of it.
    Again,
    /// Someone has to look: the token, the key or the configuration is not what it should be.
    Someone,
    /// As [`Self::Someone`]; and it is never tried again, because tokens lock after a few wrong PINs.
    Pin,
}

/// The one table (PKCS #11 3.1, section 5.1).
pub(super) const fn remedy(code: RvError) -> Remedy {
    use RvError as C;
    match code {
        // The token, its slot or its line.
        C::DeviceError | C::DeviceMemory | C::DeviceRemoved => Remedy::Again,
        C::TokenNotPresent | C::TokenNotRecognized | C::SlotIdInvalid => Remedy::Again,
        C::GeneralError | C::FunctionFailed | C::HostMemory | C::CantLock => Remedy::Again,
        C::Cancel | C::FunctionCanceled | C::FunctionRejected | C::NoEvent => Remedy::Again,
        // Sessions and handles are as old as the initialisation: a new one finds out what is there.
        C::SessionHandleInvalid | C::SessionClosed | C::SessionCount => Remedy::Again,
        C::KeyHandleInvalid | C::ObjectHandleInvalid | C::UserNotLoggedIn => Remedy::Again,
        C::OperationActive | C::OperationNotInitialized | C::CryptokiNotInitialized => Remedy::Again,
        C::SessionReadOnlyExists | C::SessionReadWriteSoExists | C::SessionExists => Remedy::Again,
        C::UserAlreadyLoggedIn | C::UserAnotherAlreadyLoggedIn | C::UserTooManyTypes => Remedy::Again,
        C::MutexBad | C::MutexNotLocked | C::RandomNoRng => Remedy::Again,
        // Vendors say with their own codes that a line is down or a cluster is busy.
        C::VendorDefined(_) | C::UnknownErrorCode(_) => Remedy::Again,

        C::PinIncorrect | C::PinInvalid | C::PinLenRange | C::PinExpired | C::PinLocked => Remedy::Pin,
        C::PinTooWeak | C::UserPinNotInitialized | C::NewPinMode | C::NextOtp => Remedy::Pin,
        C::ExceededMaxIterations | C::UserTypeInvalid => Remedy::Pin,

        // The key may not, or the token cannot.
        C::KeyFunctionNotPermitted | C::KeySizeRange | C::KeyTypeInconsistent => Remedy::Someone,
        C::KeyNotNeeded | C::KeyChanged | C::KeyNeeded | C::KeyIndigestible => Remedy::Someone,
        C::KeyNotWrappable | C::KeyUnextractable | C::PublicKeyInvalid => Remedy::Someone,
        C::MechanismInvalid | C::MechanismParamInvalid | C::CurveNotSupported => Remedy::Someone,
        C::DomainParamsInvalid | C::FunctionNotSupported | C::FunctionNotParallel => Remedy::Someone,
        C::AttributeReadOnly | C::AttributeSensitive | C::AttributeTypeInvalid => Remedy::Someone,
        C::AttributeValueInvalid | C::TemplateIncomplete | C::TemplateInconsistent => Remedy::Someone,
        C::ActionProhibited | C::InformationSensitive | C::TokenWriteProtected => Remedy::Someone,
        C::SessionReadOnly | C::SessionParallelNotSupported => Remedy::Someone,
        C::NeedToCreateThreads | C::LibraryLoadFailed | C::FipsSelfTestFailed => Remedy::Someone,
        // Another part of this process uses the library: only one may.
        C::CryptokiAlreadyInitialized => Remedy::Someone,
        // What this program never asks for, or asked for wrongly.
        C::ArgumentsBad | C::BufferTooSmall | C::DataInvalid | C::DataLenRange => Remedy::Someone,
        C::EncryptedDataInvalid | C::EncryptedDataLenRange => Remedy::Someone,
        C::SignatureInvalid | C::SignatureLenRange => Remedy::Someone,
        C::UnwrappingKeyHandleInvalid | C::UnwrappingKeySizeRange => Remedy::Someone,
        C::UnwrappingKeyTypeInconsistent | C::WrappedKeyInvalid | C::WrappedKeyLenRange => Remedy::Someone,
        C::WrappingKeyHandleInvalid | C::WrappingKeySizeRange => Remedy::Someone,
        C::WrappingKeyTypeInconsistent | C::RandomSeedNotSupported => Remedy::Someone,
        C::SavedStateInvalid | C::StateUnsaveable => Remedy::Someone,
    }
}

/// What to do about any error of the library.
pub(super) const fn remedy_of(error: &Error) -> Remedy {
    match error {
        Error::Pkcs11(code, _) => remedy(*code),
        _ => Remedy::Someone,
    }
}

/// As the port says it.
pub(super) fn fault(error: Error) -> SignerFault {
    match remedy_of(&error) {
        Remedy::Again => SignerFault::Temporary(error.to_string()),
        Remedy::Someone | Remedy::Pin => SignerFault::Permanent(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::{context::Function, error::Rv};

    use super::*;

    fn of(code: u64) -> Remedy {
        match Rv::from(code) {
            Rv::Error(error) => remedy(error),
            Rv::Ok => panic!("{code:#x} is no error"),
        }
    }

    /// All codes of the standard that have this remedy.
    fn with(wanted: Remedy) -> Vec<u64> {
        let known = |code: &u64| !matches!(Rv::from(*code), Rv::Error(RvError::UnknownErrorCode(_)));
        (1..0x8000).filter(known).filter(|code| of(*code) == wanted).collect()
    }

    #[test]
    fn a_token_that_is_away_or_forgot_us_is_tried_again() {
        // From CKR_CANCEL to CKR_FUNCTION_REJECTED.
        let expected = [
            0x01, 0x02, 0x03, 0x05, 0x06, 0x08, 0x0a, 0x30, 0x31, 0x32, 0x50, 0x60, 0x82, 0x90, 0x91, 0xb0,
            0xb1, 0xb3, 0xb6, 0xb7, 0xb8, 0xe0, 0xe1, 0x100, 0x101, 0x104, 0x105, 0x121, 0x190, 0x1a0, 0x1a1,
            0x200,
        ];
        assert_eq!(with(Remedy::Again), expected);
        assert_eq!(of(0x8000_0001), Remedy::Again, "a vendor's own");
        assert_eq!(of(0x7fff), Remedy::Again, "one of a later standard");
    }

    #[test]
    fn a_pin_is_never_tried_twice() {
        // CKR_PIN_…, CKR_USER_PIN_NOT_INITIALIZED, CKR_USER_TYPE_INVALID, and those of one-time passwords.
        let expected = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x102, 0x103, 0x1b0, 0x1b1, 0x1b5, 0x1b8];
        assert_eq!(with(Remedy::Pin), expected);
    }

    #[test]
    fn what_waiting_does_not_mend_is_permanent() {
        // CKR_ ARGUMENTS_BAD, ATTRIBUTE_SENSITIVE, KEY_FUNCTION_NOT_PERMITTED, MECHANISM_INVALID,
        // CRYPTOKI_ALREADY_INITIALIZED
        for code in [0x07, 0x11, 0x68, 0x70, 0x191] {
            let Rv::Error(error) = Rv::from(code) else { panic!("{code:#x} is no error") };
            let fault = fault(Error::Pkcs11(error, Function::Sign));
            assert!(!fault.is_temporary(), "{code:#x}: {fault}");
        }
        assert!(!fault(Error::MissingSymbol("C_GetFunctionList")).is_temporary());
    }
}
