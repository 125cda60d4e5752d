//! Stelala's HTTP API over the ledger.
//!
//! [`Config`] is what a cloud runs on, [`Cloud`] the cloud itself: a ledger, its signer and what serves them.
//! [`routes::router`] lists what may be asked. [`doctor`] says in sentences what is wrong before it runs.
//!
//! Handlers hold no fiscal rules: a sale is read by [`ledger::Offer`] and sealed by [`ledger::Ledger`], and what the
//! ledger refuses becomes a [`Problem`] by one table. No handler blocks a thread that serves connections.

mod access;
mod app;
mod clock;
mod config;
pub mod doctor;
mod log;
mod metrics;
mod observe;
mod problem;
mod request_id;
pub mod routes;
mod server;
mod start;

pub use access::{Access, ApiKey, Grant, KeyFault, KeyHash};
pub use app::{App, AppParts};
pub use clock::SystemClock;
pub use config::*;
pub use log::{LogFault, start_log};
pub use metrics::Metrics;
pub use problem::{Kind, Language, Problem};
pub use server::{Server, ServerLimits};
pub use start::{
    Beyond, Cloud, Entropy, NotedHeads, PublishedSigner, StartFault, database, existing_database, make_key,
    open_signer, register_outlet,
};
