//! What a cloud counts, in the text form of Prometheus.

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
        if let Some(figures) = *lock(&self.webhooks) {
            webhooks::write(&mut text, &figures);
        }
        text.into_string()
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
        let text = metrics.write(&Gauges { queue_depth: 3, queue_capacity: 8, signer_active: true });
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
            "stelala_webhook_delivered_total 7",
            "stelala_webhook_retried_total 2",
            "stelala_webhook_failed_total 1",
            "stelala_webhook_waiting 4",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }
}
