//! Clocks and ticks: ones that a test moves, and the host's.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use def_engine::board::{Clock, Ticks};
use fiscal::Timestamp;

use crate::{durable, fault::HostFault};

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualClock {
    /// Since 1970, none after the battery failed.
    elapsed: Option<Duration>,
}

impl ManualClock {
    /// One that was set.
    pub const fn at(time: Timestamp) -> Self {
        Self { elapsed: Some(Duration::from_secs(time.unix())) }
    }

    /// One whose battery failed.
    pub const fn lost() -> Self {
        Self { elapsed: None }
    }

    /// Lets its battery fail.
    pub const fn lose_power(&mut self) {
        self.elapsed = None;
    }

    /// Lets time pass.
    pub const fn pass(&mut self, time: Duration) {
        if let Some(elapsed) = self.elapsed {
            self.elapsed = Some(elapsed.saturating_add(time));
        }
    }
}

impl Clock for ManualClock {
    fn now(&mut self) -> Option<Timestamp> {
        self.elapsed.and_then(|elapsed| Timestamp::from_unix(elapsed.as_secs()))
    }

    fn set(&mut self, time: Timestamp) {
        *self = Self::at(time);
    }
}

/// Ticks that stand still until they are moved.
#[derive(Clone, Debug, Default)]
pub struct ManualTicks(Duration);

impl ManualTicks {
    /// Lets time pass.
    pub const fn pass(&mut self, time: Duration) {
        self.0 = self.0.saturating_add(time);
    }
}

impl Ticks for ManualTicks {
    fn milliseconds(&mut self) -> u64 {
        // Half a thousand million years fit.
        self.0.as_millis() as u64
    }
}

/// The system's time and an offset to it, which a file keeps: no file, no time.
#[derive(Debug)]
pub struct HostClock {
    path: PathBuf,
    offset: Option<i64>,
    unsaved: Option<HostFault>,
}

impl HostClock {
    /// Takes the offset from the file, if there is one.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, HostFault> {
        let path = path.into();
        let offset = match durable::read(&path)? {
            Some(bytes) => {
                Some(offset_from(&bytes).ok_or_else(|| HostFault::Damaged { path: path.clone() })?)
            }
            None => None,
        };
        Ok(Self { path, offset, unsaved: None })
    }

    /// Lets its battery fail.
    pub fn lose_power(&mut self) -> Result<(), HostFault> {
        self.offset = None;
        durable::remove(&self.path)
    }

    /// Why the last setting was not saved, if it was not: it holds until the end of the process only.
    pub fn take_fault(&mut self) -> Option<HostFault> {
        self.unsaved.take()
    }
}

impl Clock for HostClock {
    fn now(&mut self) -> Option<Timestamp> {
        let seconds = system_seconds().saturating_add(self.offset?);
        Timestamp::from_unix(u64::try_from(seconds).ok()?)
    }

    fn set(&mut self, time: Timestamp) {
        let offset = time.unix().cast_signed() - system_seconds();
        self.offset = Some(offset);
        self.unsaved = durable::replace(&self.path, format!("offset {offset}\n").as_bytes()).err();
    }
}

/// Milliseconds since this was made.
#[derive(Clone, Debug)]
pub struct HostTicks(Instant);

impl HostTicks {
    /// Begins at 0.
    #[allow(clippy::disallowed_methods, reason = "this is the simulator's one source of ticks")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Ticks for HostTicks {
    fn milliseconds(&mut self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

fn offset_from(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.strip_prefix("offset ")?.strip_suffix('\n')?.parse().ok()
}

/// Seconds since 1970; a system clock before that counts as 1970.
#[allow(clippy::disallowed_methods, reason = "this is the simulator's one source of time")]
fn system_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().cast_signed()
}
