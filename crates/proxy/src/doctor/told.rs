use serde::Deserialize;

use crate::metrics::Status;

/// What a proxy that runs says of itself: the members of `GET /v1/status` that a doctor needs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The device's status; none while it does not answer.
    pub device: Option<Status>,
    /// Why it does not.
    pub device_fault: Option<Fault>,
    /// One for each cloud.
    pub tunnels: Vec<TunnelTold>,
    /// What waits.
    pub spool: SpoolTold,
}

/// Why something does not go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fault {
    /// For programs.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// The tunnel to a cloud.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TunnelTold {
    /// Which cloud.
    pub cloud: String,
    /// `down`, `opening`, `up`, `refused`
    pub state: String,
    /// Why it is not up.
    pub code: Option<String>,
    /// The same, for people.
    pub detail: Option<String>,
    /// Records that the cloud does not hold yet.
    pub behind: u64,
}

/// What waits at the proxy.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SpoolTold {
    /// Sales that wait for the device.
    pub queued: u64,
    /// Sales of which it is not known yet what became of them.
    pub unresolved: u64,
    /// Records that some cloud does not hold yet.
    pub waiting: u64,
}
