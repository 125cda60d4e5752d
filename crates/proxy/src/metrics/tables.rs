use std::collections::BTreeMap;

use super::{TunnelState, write::Text};

/// Refusals by code. Codes come from a device, which may say anything: so many are told apart, of one form.
#[derive(Debug, Default)]
pub(super) struct Codes(BTreeMap<String, u64>);

const MOST_CODES: usize = 64;
const LONGEST_CODE: usize = 40;
const OTHER: &str = "OTHER";

impl Codes {
    pub(super) fn count(&mut self, code: &str) {
        let is_code = (1..=LONGEST_CODE).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let fits = is_code && (self.0.contains_key(code) || self.0.len() < MOST_CODES);
        *self.0.entry(if fits { code } else { OTHER }.to_owned()).or_default() += 1;
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(code, count)| (code.as_str(), *count))
    }
}

/// Clouds, by the names of the configuration.
#[derive(Debug, Default)]
pub(super) struct Clouds(BTreeMap<String, Cloud>);

#[derive(Debug, Default)]
pub(super) struct Cloud {
    pub(super) state: TunnelState,
    /// By how many seconds the cloud's clock is ahead of this machine's.
    pub(super) drift: Option<i64>,
    pub(super) behind: u64,
}

impl Clouds {
    pub(super) fn of(&mut self, name: &str) -> &mut Cloud {
        self.0.entry(name.to_owned()).or_default()
    }

    pub(super) fn write(&self, text: &mut Text) {
        text.family("stelala_proxy_tunnel", "gauge", "1 for the state that the tunnel to a cloud is in.");
        for (name, cloud) in &self.0 {
            for state in TunnelState::ALL {
                let is = u64::from(cloud.state == state);
                text.sample(&[("cloud", name), ("state", state.as_str())], is);
            }
        }
        text.family("stelala_proxy_records_behind", "gauge", "Records that a cloud does not hold yet.");
        for (name, cloud) in &self.0 {
            text.sample(&[("cloud", name)], cloud.behind);
        }
        text.family(
            "stelala_proxy_cloud_clock_drift_seconds",
            "gauge",
            "By how much a cloud's clock is ahead of this machine's.",
        );
        for (name, cloud) in &self.0 {
            if let Some(drift) = cloud.drift {
                text.sample(&[("cloud", name)], drift);
            }
        }
    }
}
