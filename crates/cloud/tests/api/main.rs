//! The API as a client meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod admission;
mod asking;
mod authority;
mod bench;
mod configuring;
mod devices;
mod doctor;
mod document;
mod faults;
mod limits;
mod operating;
mod operation;
mod patience;
mod people;
mod printing;
mod proxies;
mod publishing;
mod raw;
mod refusing;
mod reporting;
mod schema;
mod secrets;
mod selling;
mod signing_in;
mod silent;
mod stopping;
mod taking;
mod tax_manifests;
mod tenants;
mod tls;
mod trespassing;
mod verifying;
mod walk;
mod webhooks;
mod went_back;
mod world;
