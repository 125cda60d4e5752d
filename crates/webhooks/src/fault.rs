use std::time::Duration;

use ledger::StoreFault;

use crate::{EventFault, UrlFault};

/// Why something with webhooks was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WebhookFault {
    /// The database says so.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// There is none, or it is somebody else's: nobody learns which.
    #[error("there is no {0} of yours with this id: check the id")]
    NotFound(&'static str),
    /// The merchant has as many as there may be.
    #[error("a merchant has at most 16 webhooks: delete one first")]
    Limit,
    /// So many were made for the merchant within 24 hours that the next has to wait so long.
    #[error(
        "for a merchant at most 100 webhooks are made within 24 hours: make the next later, or change one"
    )]
    MadeOften(Duration),
    /// So many pings were sent within an hour that the next has to wait so long.
    #[error(
        "a webhook is tried at most 60 times within an hour: wait, or read in its log what became of the others"
    )]
    PingedOften(Duration),
    /// It was stopped for ever.
    #[error("this webhook was stopped and is told nothing more: make another")]
    Stopped,
    /// The URL.
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// The events.
    #[error(transparent)]
    Events(#[from] EventFault),
}

impl WebhookFault {
    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Limit => "WEBHOOK_LIMIT",
            Self::MadeOften(_) => "WEBHOOKS_MADE_OFTEN",
            Self::PingedOften(_) => "WEBHOOK_PINGED_OFTEN",
            Self::Stopped => "WEBHOOK_STOPPED",
            Self::Url(fault) => fault.code(),
            Self::Events(_) => "WEBHOOK_EVENTS",
        }
    }
}
