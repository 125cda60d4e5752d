//! What a fiscal memory has to stand: a shop that uses it, an authority that commands it, and trials that break it.

pub mod authority;
pub mod host;
pub mod model;
pub mod power;
pub mod sale;
pub mod storm;

pub use authority::Authority;
pub use host::{Board, Host};
pub use sale::Sale;
