//! What a proxy counts, for the cloud ([`tunnel::ProxyHealth`]) and in the text form of Prometheus.

mod device;
mod histogram;
mod tables;
mod write;

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use def_protocol::reply::{DeviceStatus, ErrorCount};
use fiscal::Timestamp;
use tunnel::{CodeCount, Figure, ProxyHealth, Word};

pub use self::device::drift;
use self::{
    device::Device,
    histogram::Histogram,
    tables::{Clouds, Codes},
    write::Text,
};

/// What a device answers to `QRY|STATUS`.
pub type Status = DeviceStatus<String, Vec<ErrorCount>>;

/// All counters. Adding to one takes no longer than a short lock.
#[derive(Debug)]
pub struct Metrics {
    version: &'static str,
    started: Timestamp,
    prepared: AtomicU64,
    expired: AtomicU64,
    retried: AtomicU64,
    opened: AtomicU64,
    seal: Histogram,
    longest_millis: AtomicU64,
    refused: Mutex<Codes>,
    clouds: Mutex<Clouds>,
    device: Mutex<Option<Device>>,
    depth: Mutex<Depth>,
}

/// How a tunnel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TunnelState {
    /// There is no connection; the next try is a matter of time.
    #[default]
    Down,
    /// A connection, and the device has not proven itself yet.
    Opening,
    /// Jobs and records go through.
    Up,
    /// The cloud refused the proxy or its device: somebody has to do something.
    Refused,
}

impl TunnelState {
    /// All, as they are counted.
    pub const ALL: [Self; 4] = [Self::Down, Self::Opening, Self::Up, Self::Refused];

    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Opening => "opening",
            Self::Up => "up",
            Self::Refused => "refused",
        }
    }
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Sales that wait for the device's one line.
    pub queued: u64,
    /// Sales of which it is not known yet what became of them.
    pub unresolved: u64,
    /// Records that are kept here.
    pub kept: u64,
    /// Those of them that some cloud does not hold yet.
    pub waiting: u64,
}

impl Metrics {
    /// The media type.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Nothing was counted yet.
    pub fn new(version: &'static str, started: Timestamp) -> Self {
        Self {
            version,
            started,
            prepared: AtomicU64::default(),
            expired: AtomicU64::default(),
            retried: AtomicU64::default(),
            opened: AtomicU64::default(),
            seal: Histogram::default(),
            longest_millis: AtomicU64::default(),
            refused: Mutex::default(),
            clouds: Mutex::default(),
            device: Mutex::default(),
            depth: Mutex::default(),
        }
    }

    /// The device took a payload.
    pub fn prepared(&self) {
        self.prepared.fetch_add(1, Ordering::Relaxed);
    }

    /// A nonce expired before its COMMIT.
    pub fn nonce_expired(&self) {
        self.expired.fetch_add(1, Ordering::Relaxed);
    }

    /// The device sealed a sale, so long after its first PREPARE.
    pub fn sealed(&self, took: Duration) {
        self.seal.observe(took);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.longest_millis.fetch_max(millis, Ordering::Relaxed);
    }

    /// The device was asked again, because no answer came.
    pub fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// A question was refused, by the device or here.
    pub fn refused(&self, code: &str) {
        lock(&self.refused).count(code);
    }

    /// The line to the device was opened.
    pub fn line_opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// The device said how it is.
    pub fn device(&self, status: &Status, now: Timestamp) {
        *lock(&self.device) = Some(Device::of(status, now));
    }

    /// The device does not answer.
    pub fn device_gone(&self) {
        *lock(&self.device) = None;
    }

    /// How the tunnel to a cloud is. The name is the configuration's.
    pub fn tunnel(&self, cloud: &str, state: TunnelState) {
        lock(&self.clouds).of(cloud).state = state;
    }

    /// What time it is at a cloud, and here.
    pub fn cloud_time(&self, cloud: &str, time: Timestamp, now: Timestamp) {
        lock(&self.clouds).of(cloud).drift = Some(drift(time, now));
    }

    /// So many records are kept here that a cloud does not hold.
    pub fn behind(&self, cloud: &str, records: u64) {
        lock(&self.clouds).of(cloud).behind = records;
    }

    /// What waits now.
    pub fn depth(&self, depth: Depth) {
        *lock(&self.depth) = depth;
    }

    /// For the cloud.
    pub fn health(&self, now: Timestamp) -> ProxyHealth {
        let device = lock(&self.device).clone();
        let depth = *lock(&self.depth);
        let errors = lock(&self.refused)
            .counts()
            .map(|(code, count)| CodeCount { code: Word::cut(code), count })
            .collect();
        ProxyHealth {
            version: Word::cut(self.version),
            uptime_seconds: now.seconds_after(self.started),
            line_up: device.is_some(),
            lines_opened: load(&self.opened),
            queued: depth.queued,
            unresolved: depth.unresolved,
            spooled: depth.waiting,
            clock_drift_seconds: device.and_then(|device| device.drift),
            seal_ms: Figure {
                count: self.seal.count(),
                sum: self.seal.sum_millis(),
                max: load(&self.longest_millis),
            },
            expired_nonces: load(&self.expired),
            retries: load(&self.retried),
            errors,
        }
    }

    /// For Prometheus.
    pub fn write(&self, now: Timestamp) -> String {
        let mut text = Text::default();
        text.family("stelala_proxy_info", "gauge", "Which program this is.");
        text.sample(&[("version", self.version)], 1);
        text.family("stelala_proxy_uptime_seconds", "gauge", "How long it runs.");
        text.sample(&[], now.seconds_after(self.started));
        self.write_sales(&mut text);
        lock(&self.clouds).write(&mut text);
        let device = lock(&self.device).clone();
        text.family("stelala_proxy_device_up", "gauge", "1 while the device answers.");
        text.sample(&[], u64::from(device.is_some()));
        if let Some(device) = device {
            device.write(&mut text);
        }
        text.into_string()
    }

    fn write_sales(&self, text: &mut Text) {
        for (name, help, counter) in [
            ("stelala_proxy_prepares_total", "Payloads that the device took.", &self.prepared),
            ("stelala_proxy_expired_nonces_total", "Nonces that expired before their COMMIT.", &self.expired),
            ("stelala_proxy_retries_total", "Questions that the device was asked again.", &self.retried),
            (
                "stelala_proxy_lines_opened_total",
                "How often the line to the device was opened.",
                &self.opened,
            ),
        ] {
            text.family(name, "counter", help);
            text.sample(&[], load(counter));
        }
        text.family("stelala_proxy_refusals_total", "counter", "Refusals, of the device and here, by code.");
        for (code, count) in lock(&self.refused).counts() {
            text.sample(&[("code", code)], count);
        }
        text.family("stelala_proxy_seal_seconds", "histogram", "From a sale's first PREPARE to its seal.");
        self.seal.write(text);
        let depth = *lock(&self.depth);
        for (name, help, count) in [
            ("stelala_proxy_queue_depth", "Sales that wait for the device.", depth.queued),
            (
                "stelala_proxy_unresolved",
                "Sales of which it is not known yet what became of them.",
                depth.unresolved,
            ),
            ("stelala_proxy_records_kept", "Records that are kept here.", depth.kept),
            ("stelala_proxy_records_waiting", "Records that some cloud does not hold yet.", depth.waiting),
        ] {
            text.family(name, "gauge", help);
            text.sample(&[], count);
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn lock<T>(counters: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked between two counts left them whole.
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
