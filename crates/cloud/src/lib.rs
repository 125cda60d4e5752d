//! Stelala's HTTP API over the ledger.
//!
//! [`Config`] is what a cloud runs on, [`Cloud`] the cloud itself: a ledger, its signer and what serves them.
//! [`router`] lists what may be asked, [`openapi::document`] describes it. [`doctor`] says in sentences what is wrong before it runs.
//!
//! Handlers hold no fiscal rules: a sale is read by [`ledger::Offer`] and sealed by [`ledger::Ledger`], and what the
//! ledger refuses becomes a [`Problem`] by one table. No handler blocks a thread that serves connections.

mod answer;
mod app;
mod auth;
mod clock;
mod config;
mod devices;
pub mod doctor;
mod drawings;
mod extract;
mod held;
mod limits;
mod log;
mod metrics;
mod observe;
pub mod openapi;
mod problem;
mod request_id;
mod routes;
mod server;
mod start;

pub use app::{App, AppParts, DeviceTrust};
pub use clock::SystemClock;
pub use config::*;
pub use log::{LogFault, start_log};
pub use metrics::Metrics;
pub use problem::{Kind, Language, Problem, Words, words};
pub use routes::{incomplete_words, router, row_words};
pub use server::{Certificate, CertificateFault, Server, ServerLimits};
pub use start::{
    AuthorityWay, Beyond, Cloud, Entropy, InZones, NotedHeads, PublishedSigner, StartFault, database,
    existing_database, make_key, open_signer, vault,
};
