use crate::MAX_MESSAGE;

/// Why a message is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// It is too long.
    #[error("a message of {0} bytes is longer than {MAX_MESSAGE}: update the other end")]
    TooLong(usize),
    /// It is not of this protocol.
    #[error("this is no message of tunnel protocol 1 ({0}): update the proxy or the cloud")]
    Form(String),
}

impl MessageFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "MESSAGE_TOO_LONG",
            Self::Form(_) => "MESSAGE_INVALID",
        }
    }
}

/// Reads one message; what the reader says of it is cut, because it quotes the other end.
pub(crate) fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, MessageFault> {
    if text.len() > MAX_MESSAGE {
        return Err(MessageFault::TooLong(text.len()));
    }
    serde_json::from_str(text).map_err(|fault| {
        let said: String =
            fault.to_string().chars().filter(|character| !character.is_control()).take(200).collect();
        MessageFault::Form(said)
    })
}

/// Writes one message.
pub(crate) fn write<T: serde::Serialize>(message: &T) -> String {
    // Texts, numbers and lists of them always serialise.
    serde_json::to_string(message).unwrap_or_default()
}
