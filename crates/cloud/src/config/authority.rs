use std::{num::NonZeroUsize, time::Duration};

use edef::Hosts;
use fiscal::Amount;
use serde::Deserialize;

use super::{ConfigFault, file::number};

/// How invoices reach the tax authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityConfig {
    /// At which hosts the authority may be: nothing is sent to any other, whatever a machine's address says.
    pub hosts: Vec<String>,
    /// Send to this machine itself too, without TLS: for simulators.
    pub allow_loopback: bool,
    /// A call that takes longer has no answer.
    pub timeout: Duration,
    /// By how much a group's total, or the whole, may differ from ours and is confirmed all the same (A2).
    pub tolerance: Amount,
    /// How many machines of the authority are served at once.
    pub machines: NonZeroUsize,
}

/// This machine, by its names.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

impl AuthorityConfig {
    /// The hosts, as they are shown.
    pub fn names(&self) -> Vec<String> {
        let loopback = LOOPBACK.iter().filter(|_| self.allow_loopback).map(|name| (*name).to_owned());
        let mut names = self.hosts.clone();
        names.extend(loopback);
        names
    }

    /// The same, as addresses are held against them.
    pub fn allowed(&self) -> Hosts {
        Hosts::new(self.names(), self.allow_loopback)
    }
}

/// Where the authority's service is; its test service has to be named.
const PRODUCTION: &str = "edef.dgirdc.cd";

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuthoritySection {
    enabled: bool,
    hosts: Vec<String>,
    allow_loopback: bool,
    timeout_seconds: u64,
    tolerance: String,
    machines: NonZeroUsize,
}

/// A pending request ends after two minutes: an answer that takes half of them leaves no time to confirm.
const MOST_SECONDS: u64 = 60;
const MOST_MACHINES: usize = 1_024;
/// In hundredths: a wider one could take an authority that rounds to whole francs for one that agrees.
const MOST_TOLERANCE: i64 = 5;

impl AuthoritySection {
    /// None when nothing is to be sent.
    pub(crate) fn check(self) -> Result<Option<AuthorityConfig>, ConfigFault> {
        let Self { enabled, hosts, allow_loopback, timeout_seconds, tolerance, machines } = self;
        let wrong = |member: &str, what: String| ConfigFault::member(format!("authority.{member}"), what);
        for (index, host) in hosts.iter().enumerate() {
            if !Hosts::is_host(host) {
                let what =
                    "the name of a host is expected, without https:// and without a path: edef.dgirdc.cd";
                return Err(wrong(&format!("hosts[{index}]"), what.to_owned()));
            }
        }
        if !(1..=MOST_SECONDS).contains(&timeout_seconds) {
            return Err(wrong("timeout_seconds", format!("1 to {MOST_SECONDS} seconds are expected")));
        }
        let tolerance: Option<Amount> = tolerance.parse().ok();
        let tolerance = tolerance.filter(|sum| (0..=MOST_TOLERANCE).contains(&sum.centimes()));
        let tolerance = tolerance.ok_or_else(|| {
            wrong("tolerance", "an amount from \"0.00\" to \"0.05\" is expected".to_owned())
        })?;
        if machines.get() > MOST_MACHINES {
            return Err(wrong("machines", format!("1 to {MOST_MACHINES} are expected")));
        }
        let timeout = Duration::from_secs(timeout_seconds);
        Ok(enabled.then_some(AuthorityConfig { hosts, allow_loopback, timeout, tolerance, machines }))
    }
}

impl Default for AuthoritySection {
    fn default() -> Self {
        Self {
            enabled: false,
            hosts: vec![PRODUCTION.to_owned()],
            allow_loopback: false,
            timeout_seconds: 20,
            tolerance: "0.01".to_owned(),
            machines: number(64),
        }
    }
}
