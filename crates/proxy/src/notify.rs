//! What the proxy tells the system's service manager: that it is ready, how it is, that it lives (sd_notify(3)).

mod socket;

use std::{
    ffi::OsStr,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use self::socket::Socket;

/// What the service manager gives a service in its environment. The program reads it and passes it on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'e> {
    /// `NOTIFY_SOCKET`: a path, or `@` and a name without a file.
    pub socket: Option<&'e OsStr>,
    /// `WATCHDOG_USEC`: after how many microseconds without a sign of life the service is started again.
    pub watchdog_micros: Option<&'e str>,
    /// `WATCHDOG_PID`: whose sign of life that is.
    pub watchdog_process: Option<&'e str>,
    /// This process.
    pub process: u32,
}

/// Tells the service manager; without one it tells nobody.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    socket: Option<Arc<Socket>>,
    /// How long it may say nothing.
    patience: Option<Duration>,
}

/// Why the service manager cannot be told.
#[derive(Debug, thiserror::Error)]
#[error("NOTIFY_SOCKET={name}: {cause}: start the proxy by its unit, which has the service manager set it")]
pub struct NotifyFault {
    name: String,
    cause: io::Error,
}

impl NotifyFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "NOTIFY_SOCKET"
    }
}

/// A longer status is cut: it is one line of `systemctl status`.
const LONGEST_STATUS: usize = 200;

impl Notifier {
    /// Takes what the service manager gave. A watchdog that is for another process is none of ours.
    pub fn new(surroundings: Surroundings<'_>) -> Result<Self, NotifyFault> {
        let Some(name) = surroundings.socket else { return Ok(Self::default()) };
        let fault = |cause| NotifyFault { name: name.to_string_lossy().into_owned(), cause };
        let socket = Socket::named(name).map_err(fault)?;
        let is_ours =
            surroundings.watchdog_process.is_none_or(|process| process.parse() == Ok(surroundings.process));
        let micros = surroundings.watchdog_micros.filter(|_| is_ours).and_then(|micros| micros.parse().ok());
        let patience = micros.filter(|micros| *micros > 0).map(Duration::from_micros);
        Ok(Self { socket: Some(Arc::new(socket)), patience })
    }

    /// Tills can be served from now on.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// How it is, in a line for `systemctl status`.
    pub fn status(&self, line: &str) {
        let line: String = line.chars().map(|shown| if shown.is_control() { ' ' } else { shown }).collect();
        self.tell(&format!("STATUS={}", line.chars().take(LONGEST_STATUS).collect::<String>()));
    }

    /// It ends in good order.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Gives signs of life for as long as all pulses beat; never over. Two of them fit the watchdog's patience, so that
    /// one that comes late does no harm. It runs on the runtime that serves, so that one that stands still gives none.
    pub async fn supervise(&self, pulses: Vec<Pulse>) {
        let Some(patience) = self.patience else { return std::future::pending().await };
        let mut ward = Ward::over(pulses);
        let mut turns = tokio::time::interval(patience / 3);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if ward.all_beat() {
                self.tell("WATCHDOG=1");
            }
        }
    }

    fn tell(&self, message: &str) {
        if let Some(socket) = &self.socket {
            // A service manager that cannot take it starts the service again: nothing better can be done here.
            let _ = socket.send(message.as_bytes());
        }
    }
}

/// The pulse of a thread, which beats at each turn of its loop.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// It lives.
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it has beaten.
    pub fn beats(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Pulses, and how often each had beaten when it was felt last.
struct Ward(Vec<(Pulse, Option<u64>)>);

impl Ward {
    fn over(pulses: Vec<Pulse>) -> Self {
        Self(pulses.into_iter().map(|pulse| (pulse, None)).collect())
    }

    /// Whether each has beaten since the last time; the first time each has.
    fn all_beat(&mut self) -> bool {
        let mut all = true;
        for (pulse, felt) in &mut self.0 {
            let beats = pulse.beats();
            all &= felt.replace(beats) != Some(beats);
        }
        all
    }
}

#[cfg(test)]
mod tests;
