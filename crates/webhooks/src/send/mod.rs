//! Over the network, to a receiver who may be slow, hostile or somewhere else than his name says.

mod http;
mod resolver;

pub(crate) use http::HttpSender;

use fiscal::Timestamp;

use crate::{AttemptFault, message::Message};

/// Takes a message to its receiver.
pub(crate) trait Sender: Send + Sync {
    /// The status that the receiver answers.
    fn send(&self, message: &Message, now: Timestamp) -> Result<u16, AttemptFault>;
}
