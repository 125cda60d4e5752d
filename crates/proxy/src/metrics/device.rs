use def_protocol::reply::{ClockState, CounterState, Latency, Lifecycle, Warning};
use fiscal::{DeviceId, Timestamp};

use super::{Status, write::Text};

/// What a device said of itself last.
#[derive(Clone, Debug)]
pub(super) struct Device {
    serial: DeviceId,
    firmware: String,
    lifecycle: Lifecycle,
    handed_over: bool,
    next_invoice: u64,
    free_bytes: u64,
    free_nonces: u32,
    counter: CounterState,
    clock: ClockState,
    /// By how many seconds its clock is ahead of this machine's; none while it has none.
    pub(super) drift: Option<i64>,
    unclosed: u64,
    tested: Option<bool>,
    is_corrupt: bool,
    warnings: Vec<Warning>,
    prepares: u64,
    commits: u64,
    latency: Latency,
    expired: u64,
    retries: u64,
    errors: Vec<(&'static str, u64)>,
}

/// By how many seconds the one clock is ahead of the other.
pub fn drift(time: Timestamp, now: Timestamp) -> i64 {
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    signed(time.seconds_after(now)) - signed(now.seconds_after(time))
}

impl Device {
    pub(super) fn of(status: &Status, now: Timestamp) -> Self {
        Self {
            serial: status.device_id,
            firmware: named(&status.firmware_version),
            lifecycle: status.lifecycle,
            handed_over: status.handed_over,
            next_invoice: status.next_invoice_seq,
            free_bytes: status.free_memory_bytes,
            free_nonces: status.nonce_pool,
            counter: status.secure_element,
            clock: status.clock,
            drift: status.time.map(|time| drift(time, now)),
            unclosed: status.unclosed,
            tested: status.self_test.as_ref().map(|test| test.failed.is_none()),
            is_corrupt: status.corrupt.is_some(),
            warnings: status.warnings.iter().copied().collect(),
            prepares: status.metrics.prepares,
            commits: status.metrics.commits,
            latency: status.metrics.latency_ms,
            expired: status.metrics.expired_nonces,
            retries: status.metrics.retries,
            errors: status.metrics.errors.iter().map(|error| (error.code.as_str(), error.count)).collect(),
        }
    }

    pub(super) fn write(&self, text: &mut Text) {
        text.family("stelala_device_info", "gauge", "Which device this is.");
        let lifecycle = lifecycle(self.lifecycle);
        let serial = self.serial.as_str();
        text.sample(&[("device", serial), ("firmware", &self.firmware), ("lifecycle", lifecycle)], 1);
        self.write_gauges(text);
        self.write_counts(text);
        text.family("stelala_device_warning", "gauge", "1 while the device warns.");
        for warning in WARNINGS {
            text.sample(&[("warning", word(warning))], u64::from(self.warnings.contains(&warning)));
        }
        text.family(
            "stelala_device_errors_total",
            "counter",
            "Refusals of the device since its start, by code.",
        );
        for (code, count) in &self.errors {
            text.sample(&[("code", code)], *count);
        }
    }

    fn write_gauges(&self, text: &mut Text) {
        for (name, help, value) in [
            ("stelala_device_next_invoice", "The number of the next invoice.", self.next_invoice),
            ("stelala_device_free_bytes", "Room for records.", self.free_bytes),
            ("stelala_device_free_nonces", "How many payloads more can be open.", self.free_nonces.into()),
            ("stelala_device_counter", "The secure element's counter.", self.counter.counter),
            ("stelala_device_counter_limit", "Where it ends.", self.counter.limit),
            ("stelala_device_unclosed_invoices", "Invoices since the last closure.", self.unclosed),
            ("stelala_device_handed_over", "1 while another signer holds the line.", self.handed_over.into()),
            (
                "stelala_device_clock_good",
                "1 while its clock may be believed.",
                (self.clock == ClockState::Ok).into(),
            ),
            ("stelala_device_journal_damaged", "1 when records cannot be read.", self.is_corrupt.into()),
        ] {
            text.family(name, "gauge", help);
            text.sample(&[], value);
        }
        if let Some(passed) = self.tested {
            text.family("stelala_device_self_test", "gauge", "1 when its last test of itself found nothing.");
            text.sample(&[], u64::from(passed));
        }
        if let Some(drift) = self.drift {
            text.family(
                "stelala_device_clock_drift_seconds",
                "gauge",
                "By how much its clock is ahead of this machine's.",
            );
            text.sample(&[], drift);
        }
    }

    fn write_counts(&self, text: &mut Text) {
        for (name, help, count) in [
            ("stelala_device_prepares_total", "Payloads taken since its start.", self.prepares),
            ("stelala_device_commits_total", "Invoices sealed since its start.", self.commits),
            (
                "stelala_device_expired_nonces_total",
                "Nonces that no one committed since its start.",
                self.expired,
            ),
            ("stelala_device_retries_total", "Requests that it had answered before.", self.retries),
            (
                "stelala_device_seal_milliseconds_total",
                "What its seals took since its start.",
                self.latency.sum,
            ),
        ] {
            text.family(name, "counter", help);
            text.sample(&[], count);
        }
    }
}

const WARNINGS: [Warning; 7] = [
    Warning::Flash,
    Warning::Clock,
    Warning::Counter,
    Warning::Certificate,
    Warning::Offline,
    Warning::Totals,
    Warning::Debug,
];

const fn word(warning: Warning) -> &'static str {
    match warning {
        Warning::Flash => "flash",
        Warning::Clock => "clock",
        Warning::Counter => "counter",
        Warning::Certificate => "certificate",
        Warning::Offline => "offline",
        Warning::Totals => "totals",
        Warning::Debug => "debug",
    }
}

const fn lifecycle(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Factory => "factory",
        Lifecycle::Provisioned => "provisioned",
        Lifecycle::Active => "active",
        Lifecycle::Revoked => "revoked",
        Lifecycle::Decommissioned => "decommissioned",
    }
}

/// A label of what a device says: nothing in it ends the label.
fn named(text: &str) -> String {
    let shown = |character: char| match character {
        '"' | '\\' => '?',
        ' '..='~' => character,
        _ => '?',
    };
    text.chars().take(64).map(shown).collect()
}
