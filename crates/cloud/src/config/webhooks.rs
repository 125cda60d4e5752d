use std::{num::NonZeroUsize, time::Duration};

use serde::Deserialize;

use super::{ConfigFault, file::number};

/// How receivers of webhooks are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhooksConfig {
    /// Deliver to addresses that are not public too: whoever may add a webhook then reaches this network.
    pub allow_private_networks: bool,
    /// A receiver that takes longer has not taken it.
    pub timeout: Duration,
    /// How many deliveries are on their way at once.
    pub workers: NonZeroUsize,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhooksSection {
    allow_private_networks: bool,
    timeout_seconds: u64,
    workers: NonZeroUsize,
}

const MOST_SECONDS: u64 = 60;
const MOST_WORKERS: usize = 64;

impl WebhooksSection {
    pub(crate) fn check(&self) -> Result<WebhooksConfig, ConfigFault> {
        if !(1..=MOST_SECONDS).contains(&self.timeout_seconds) {
            let problem = format!("1 to {MOST_SECONDS} seconds are expected");
            return Err(ConfigFault::member("webhooks.timeout_seconds", problem));
        }
        if self.workers.get() > MOST_WORKERS {
            return Err(ConfigFault::member("webhooks.workers", format!("1 to {MOST_WORKERS} are expected")));
        }
        Ok(WebhooksConfig {
            allow_private_networks: self.allow_private_networks,
            timeout: Duration::from_secs(self.timeout_seconds),
            workers: self.workers,
        })
    }
}

impl Default for WebhooksSection {
    fn default() -> Self {
        Self { allow_private_networks: false, timeout_seconds: 10, workers: number(4) }
    }
}
