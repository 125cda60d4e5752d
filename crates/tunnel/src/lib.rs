//! What a cloud and the proxy beside a fiscal memory say to each other: JSON messages, one to a text frame of a
//! WebSocket that the proxy opens ([`PATH`]), because a shop's router lets nothing in.
//!
//! A session:
//!
//! ```text
//! proxy                                        cloud
//! hello{protocol, device, public_key_id}   →
//!                                          ←   challenge{challenge}
//! presence{presence}                       →        signed by the device: proof of possession
//!                                          ←   welcome{outlet, held, time, …}  or  refused{code, detail}
//! status, records, answers                 ↔   jobs, held, …
//! ```
//!
//! A device that has no key yet (`public_key_id` null) goes another way to the same point:
//! `hello`, `activate{code}` → `activation{token, public_key_pem}` (or `refused`) → `activated{initialised}` →
//! `certificate{chain_pem}`, and then `challenge`, `presence`, `welcome` as above, on the same connection. A device
//! whose connection broke between INIT and `activated` has a key: it says `hello` with it, and the cloud answers with
//! `challenge`; then the proxy sends `activated` (it keeps INIT's answer) before its `presence`.
//!
//! Who has not proven possession gets nothing but these. Messages are read strictly ([`FromProxy::read`],
//! [`FromCloud::read`]): unknown members, and what is longer than its limit, are refused, and the connection ends.

mod cloud;
mod fault;
mod health;
mod job;
mod proxy;
mod text;
mod with;

pub use cloud::{FromCloud, Place};
pub use fault::MessageFault;
pub use health::{CodeCount, Figure, ProxyHealth};
pub use job::{OrderCommand, Outcome, Report, Work};
pub use proxy::{FromProxy, JournalLine};
pub use text::{Key, Payload, Sentence, Text, Token, TooLong, Word};

/// The version of these messages. A cloud that does not know a proxy's refuses it with `PROTOCOL_UNKNOWN`.
pub const PROTOCOL: u32 = 1;

/// Where on the cloud the WebSocket is asked for.
pub const PATH: &str = "/api/v1/tunnel";

/// The longest message, in bytes. A device's longest answer (512 KiB, with its escapes) fits.
pub const MAX_MESSAGE: usize = 2 * 1024 * 1024;

/// How many records one `records` message has at most.
pub const MAX_LINES: usize = 64;

/// How many bytes of `records` messages may be on their way that the cloud has not answered with `held`.
pub const WINDOW: usize = 1024 * 1024;
