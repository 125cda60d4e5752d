//! The daemon beside a fiscal memory: its port, its tills, its way to the cloud.
//!
//! * One thread owns the port ([`def_client::Host`]); a fair queue over the terminals feeds it.
//! * A spool, one SQLite file, keeps each sale before it is offered, that its COMMIT leaves before it does, and its seal
//!   before it is answered; and the device's journal as far as it was read.
//! * A tunnel to each cloud takes jobs, and delivers the journal in order.
//! * Tills on this machine, and paired ones on the LAN, sell by REST (`/openapi.json`).
//!
//! ```no_run
//! # async fn run(entropy: fn(&mut [u8])) -> Result<(), Box<dyn std::error::Error>> {
//! let config = proxy::Config::read("[state]\nfolder = \"state\"\n", ".".as_ref())?;
//! let proxy = proxy::Proxy::start(config, entropy)?;
//! println!("tills find it at {}", proxy.local_address());
//! proxy.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod clock;
pub mod config;
mod desk;
mod device;
pub mod doctor;
pub mod find;
mod link;
mod local;
pub mod metrics;
pub mod notify;
pub mod pair;
mod proxy;
mod queue;
mod spool;
pub mod tls;

pub use config::{
    CloudConfig, CloudUrl, Config, ConfigFault, DeviceConfig, LocalConfig, LogConfig, StateConfig,
};
pub use proxy::{Proxy, StartFault};
