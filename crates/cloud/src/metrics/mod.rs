//! What a cloud counts, in the text form of Prometheus.

mod authority;
mod histogram;
mod webhooks;
mod write;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::webhooks::Figures;
use sync::AgentFigures;

use self::{histogram::Histogram, write::Text};

/// All counters. Adding to one takes no longer than a short lock.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<Request, u64>>,
    problems: Mutex<BTreeMap<&'static str, u64>>,
    sealed: AtomicU64,
    repeated: AtomicU64,
    seal_seconds: Histogram,
    connections: AtomicU64,
    webhooks: Mutex<Option<Figures>>,
    authority: Mutex<Option<(sync::Figures, AgentFigures)>>,
    devices: Devices,
}

/// What came of devices.
#[derive(Default)]
struct Devices {
    sealed: AtomicU64,
    seconds: Histogram,
    delivered: AtomicU64,
    non_compliant: AtomicU64,
    unfit: AtomicU64,
    left: AtomicU64,
}

/// Which requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) route: String,
    pub(crate) status: u16,
}

/// What is asked when the counters are shown.
pub(crate) struct Gauges {
    pub(crate) queue_depth: usize,
    pub(crate) queue_capacity: usize,
    pub(crate) signer_active: bool,
    /// None where no devices are served.
    pub(crate) devices: Option<u64>,
}

impl Metrics {
    /// The media type.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    pub(crate) fn answered(&self, request: Request, code: Option<&'static str>) {
        *lock(&self.requests).entry(request).or_default() += 1;
        if let Some(code) = code {
            *lock(&self.problems).entry(code).or_default() += 1;
        }
    }

    /// A sale was answered with its seal after this time.
    pub(crate) fn sealed(&self, took: Duration, repeated: bool) {
        let counter = if repeated { &self.repeated } else { &self.sealed };
        counter.fetch_add(1, Ordering::Relaxed);
        self.seal_seconds.observe(took);
    }

    /// What became of webhooks' deliveries, as it was found out a moment ago: counting those that wait asks the database.
    pub(crate) fn told(&self, figures: Figures) {
        *lock(&self.webhooks) = Some(figures);
    }

    /// How much waits on its way to the authority, as it was found out a moment ago.
    pub(crate) fn on_the_way(&self, figures: sync::Figures, agent: AgentFigures) {
        *lock(&self.authority) = Some((figures, agent));
    }

    /// A device answered a sale with its seal after this time.
    pub(crate) fn device_sealed(&self, took: Duration) {
        self.devices.sealed.fetch_add(1, Ordering::Relaxed);
        self.devices.seconds.observe(took);
    }

    /// So many records of devices are in the ledger now, so many of them flagged; so many have no place in it.
    pub(crate) fn delivered(&self, entered: u64, non_compliant: u64, unfit: u64) {
        self.devices.delivered.fetch_add(entered, Ordering::Relaxed);
        self.devices.non_compliant.fetch_add(non_compliant, Ordering::Relaxed);
        self.devices.unfit.fetch_add(unfit, Ordering::Relaxed);
    }

    /// A device's tunnel is over.
    pub(crate) fn device_left(&self) {
        self.devices.left.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// All of it as text.
    pub(crate) fn write(&self, gauges: &Gauges) -> String {
        let mut text = Text::default();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        text.family("stelala_http_requests_total", "counter", "Answers, by method, route and status.");
        for (Request { method, route, status }, count) in &*lock(&self.requests) {
            let status = status.to_string();
            text.sample(&[("method", method), ("route", route), ("status", &status)], *count);
        }
        text.family("stelala_problems_total", "counter", "Requests that were refused, by code.");
        for (code, count) in &*lock(&self.problems) {
            text.sample(&[("code", code)], *count);
        }
        text.family("stelala_invoices_sealed_total", "counter", "Invoices sealed.");
        text.sample(&[], load(&self.sealed));
        text.family(
            "stelala_invoices_repeated_total",
            "counter",
            "Sales answered with the seal that they had.",
        );
        text.sample(&[], load(&self.repeated));
        text.family("stelala_seal_seconds", "histogram", "From a sale's last byte to its durable seal.");
        self.seal_seconds.write(&mut text);
        text.family("stelala_queue_depth", "gauge", "Sales that wait for a writer.");
        text.sample(&[], gauges.queue_depth as u64);
        text.family("stelala_queue_capacity", "gauge", "Sales that may wait.");
        text.sample(&[], gauges.queue_capacity as u64);
        text.family("stelala_signer_active", "gauge", "1 while the signer has a key that has proven itself.");
        text.sample(&[], u64::from(gauges.signer_active));
        text.family("stelala_connections", "gauge", "Connections of clients.");
        text.sample(&[], load(&self.connections));
        if let Some(connected) = gauges.devices {
            self.devices.write(&mut text, connected);
        }
        if let Some(figures) = *lock(&self.webhooks) {
            webhooks::write(&mut text, &figures);
        }
        if let Some((figures, agent)) = &*lock(&self.authority) {
            authority::write(&mut text, figures, agent);
        }
        text.into_string()
    }
}

impl Devices {
    fn write(&self, text: &mut Text, connected: u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        text.family("stelala_devices_connected", "gauge", "Devices whose tunnel is open.");
        text.sample(&[], connected);
        text.family("stelala_device_tunnels_ended_total", "counter", "Tunnels of devices that ended.");
        text.sample(&[], load(&self.left));
        text.family("stelala_device_sealed_total", "counter", "Sales that devices answered with their seal.");
        text.sample(&[], load(&self.sealed));
        text.family(
            "stelala_device_seal_seconds",
            "histogram",
            "From a sale's last byte to its device's seal.",
        );
        self.seconds.write(text);
        text.family("stelala_device_records_total", "counter", "Records of devices that entered the ledger.");
        text.sample(&[], load(&self.delivered));
        text.family("stelala_device_non_compliant_total", "counter", "Those of them that break a rule.");
        text.sample(&[], load(&self.non_compliant));
        text.family(
            "stelala_device_unfit_total",
            "counter",
            "Records of devices that have no place in their chain.",
        );
        text.sample(&[], load(&self.unfit));
    }
}

fn lock<T>(counters: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked between two counts left them whole.
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_shown() {
        let metrics = Metrics::default();
        let request = |status| Request { method: "POST", route: "/api/v1/invoices".into(), status };
        metrics.answered(request(201), None);
        metrics.answered(request(201), None);
        metrics.answered(request(409), Some("REPLAY_DETECTED"));
        metrics.sealed(Duration::from_micros(900), false);
        metrics.sealed(Duration::from_millis(30), true);
        metrics.told(Figures { delivered: 7, retried: 2, failed: 1, waiting: Some(4) });
        let text = metrics.write(&Gauges {
            queue_depth: 3,
            queue_capacity: 8,
            signer_active: true,
            devices: Some(2),
        });
        for line in [
            r#"stelala_http_requests_total{method="POST",route="/api/v1/invoices",status="201"} 2"#,
            r#"stelala_problems_total{code="REPLAY_DETECTED"} 1"#,
            "stelala_invoices_sealed_total 1",
            "stelala_invoices_repeated_total 1",
            r#"stelala_seal_seconds_bucket{le="0.001"} 1"#,
            r#"stelala_seal_seconds_bucket{le="0.05"} 2"#,
            r#"stelala_seal_seconds_bucket{le="+Inf"} 2"#,
            "stelala_seal_seconds_sum 0.030900",
            "stelala_seal_seconds_count 2",
            "stelala_queue_depth 3",
            "stelala_signer_active 1",
            "stelala_devices_connected 2",
            "stelala_webhook_delivered_total 7",
            "stelala_webhook_retried_total 2",
            "stelala_webhook_failed_total 1",
            "stelala_webhook_waiting 4",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }
}
