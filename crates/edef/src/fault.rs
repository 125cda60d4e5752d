use crate::ErrorCode;

/// Why a call of the authority gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// No byte of the request left this machine: no name, no connection, no TLS.
    #[error("the authority was not reached and was sent nothing: check the network and the address")]
    Unreachable,
    /// The answer did not come in time; the request may have had its effect.
    #[error("the authority did not answer in time: ask it what happened before anything is repeated")]
    Timeout,
    /// The connection ended; the request may have had its effect.
    #[error("the connection to the authority broke: ask it what happened before anything is repeated")]
    Broken,
    /// 401: the token is absent, expired or of another service.
    #[error("the authority does not know the token: enter a new one from its portal")]
    Unauthorized,
    /// 403: the token may not do this.
    #[error("the authority forbids this with this token: ask it what the token is for")]
    Forbidden,
    /// 429: too many calls.
    #[error("the authority wants fewer calls: wait")]
    TooMany {
        /// How many seconds to wait, if it said so.
        retry_after: Option<u64>,
    },
    /// 5xx: the authority has a fault.
    #[error("the authority has a fault of its own ({status}): wait")]
    Server {
        /// The HTTP status.
        status: u16,
        /// How many seconds to wait, if it said so.
        retry_after: Option<u64>,
    },
    /// The answer could not be read.
    #[error("the authority's answer could not be read: it is of another form than those that are known")]
    Malformed,
    /// The authority answered with an error of its own list.
    #[error("the authority refused with error {code}: see what the code means")]
    Refused {
        /// Which.
        code: ErrorCode,
        /// Its description, in the authority's words.
        text: String,
    },
    /// Another status than the calls have.
    #[error(
        "the authority answered with the status {status}, which this call does not have: check the address"
    )]
    WrongStatus {
        /// The HTTP status.
        status: u16,
    },
}

/// What a call that failed may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Certainly nothing.
    None,
    /// Nobody here knows.
    Unknown,
}

impl CallFault {
    /// What a confirm that failed so may have done: nothing only where nothing was sent.
    pub const fn effect_of_confirm(&self) -> Effect {
        match self {
            Self::Unreachable => Effect::None,
            _ => Effect::Unknown,
        }
    }

    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "AUTHORITY_UNREACHABLE",
            Self::Timeout => "AUTHORITY_TIMEOUT",
            Self::Broken => "AUTHORITY_BROKEN",
            Self::Unauthorized => "AUTHORITY_UNAUTHORIZED",
            Self::Forbidden => "AUTHORITY_FORBIDDEN",
            Self::TooMany { .. } => "AUTHORITY_TOO_MANY",
            Self::Server { .. } => "AUTHORITY_SERVER",
            Self::Malformed => "AUTHORITY_MALFORMED",
            Self::Refused { .. } => "AUTHORITY_REFUSED",
            Self::WrongStatus { .. } => "AUTHORITY_WRONG_STATUS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_confirm_that_was_not_sent_is_certainly_without_effect() {
        assert_eq!(CallFault::Unreachable.effect_of_confirm(), Effect::None);
        let refused = |number| CallFault::Refused { code: ErrorCode::new(number), text: String::new() };
        for fault in [
            CallFault::Timeout,
            CallFault::Broken,
            CallFault::Unauthorized,
            CallFault::Forbidden,
            CallFault::TooMany { retry_after: Some(1) },
            CallFault::Server { status: 503, retry_after: None },
            CallFault::Malformed,
            refused(20),
            refused(99),
            refused(7),
            CallFault::WrongStatus { status: 404 },
        ] {
            assert_eq!(fault.effect_of_confirm(), Effect::Unknown, "{fault:?}");
        }
    }
}
