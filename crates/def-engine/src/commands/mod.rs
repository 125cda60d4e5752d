//! What the device does about each request: one file for each.

mod acknowledge;
mod articles;
mod closure;
mod commit;
mod dump;
mod firmware;
mod hand_over;
mod initialise;
mod log;
mod manifest;
mod order;
mod prepare;
mod proof;
mod reset;
mod snapshot;
mod state;
mod status;
mod time;

pub(crate) use firmware::Ordered;
