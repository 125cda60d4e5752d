//! Tells other systems what was sealed: signed, retried, with a log and a resend.
//!
//! [`Webhooks`] stand in the same database as the ledger, and each change of them leaves an act. A [`Dispatcher`] follows
//! the ledger's records, which are the truth: sealing a sale writes nothing for webhooks. Each record becomes one delivery
//! for each webhook that asks for it, in one transaction with the cursor that moves behind it. Requests are signed as in
//! the Standard Webhooks specification (<https://www.standardwebhooks.com>), and sent to addresses that the Internet
//! reaches, and to no others.

mod address;
mod dispatcher;
mod engine;
mod event;
mod fault;
mod follow;
mod id;
mod message;
mod news;
mod retry;
mod secret;
mod send;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod url;
mod vault;
mod webhook;

pub use address::Networks;
pub use dispatcher::{Dispatcher, DispatcherParts, Figures, Settings};
pub use engine::OutletsOf;
pub use event::{EventFault, EventKind, Events};
pub use fault::WebhookFault;
pub use id::{DeliveryId, WebhookId};
pub use news::{About, AlertCause, AlertCauseFault, DeviceNews, News, SubmissionNews};
pub use retry::retry_after;
pub use secret::WebhookSecret;
pub use store::Webhooks;
pub use tables::TABLES;
pub use url::{UrlFault, WebhookUrl};
pub use vault::{Entropy, Random, Vault};
pub use webhook::{Attempt, AttemptFault, Delivery, DeliveryState, NewWebhook, Webhook, WebhookChange};
