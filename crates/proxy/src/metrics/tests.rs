use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_780_000_000 + seconds).unwrap()
}

/// A device's answer to `QRY|STATUS` as docs/protocol.md shows it, with some members changed.
pub(crate) fn status(changes: serde_json::Value) -> Status {
    let mut status: serde_json::Value = serde_json::from_str(include_str!("status.json")).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        status[name] = value.clone();
    }
    serde_json::from_value(status).unwrap()
}

fn shows(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|shown| shown == *line), "{line} is not in\n{text}");
    }
}

#[test]
fn what_was_counted_is_shown_and_told_to_the_cloud() {
    let metrics = Metrics::new("0.1.0", at(0));
    metrics.prepared();
    metrics.prepared();
    metrics.nonce_expired();
    metrics.retried();
    metrics.line_opened();
    metrics.sealed(Duration::from_millis(30));
    metrics.sealed(Duration::from_millis(70));
    metrics.refused("INVALID_TOTALS");
    metrics.depth(Depth { queued: 3, unresolved: 1, kept: 12, waiting: 5 });
    shows(
        &metrics.write(at(60)),
        &[
            r#"stelala_proxy_info{version="0.1.0"} 1"#,
            "stelala_proxy_uptime_seconds 60",
            "stelala_proxy_prepares_total 2",
            "stelala_proxy_expired_nonces_total 1",
            "stelala_proxy_retries_total 1",
            "stelala_proxy_lines_opened_total 1",
            r#"stelala_proxy_refusals_total{code="INVALID_TOTALS"} 1"#,
            r#"stelala_proxy_seal_seconds_bucket{le="0.05"} 1"#,
            "stelala_proxy_seal_seconds_count 2",
            "stelala_proxy_queue_depth 3",
            "stelala_proxy_unresolved 1",
            "stelala_proxy_records_kept 12",
            "stelala_proxy_records_waiting 5",
            "stelala_proxy_device_up 0",
        ],
    );
    let health = metrics.health(at(60));
    assert_eq!((health.version.as_str(), health.uptime_seconds, health.line_up), ("0.1.0", 60, false));
    assert_eq!((health.queued, health.unresolved, health.spooled), (3, 1, 5));
    assert_eq!(health.seal_ms, Figure { count: 2, sum: 100, max: 70 });
    assert_eq!((health.expired_nonces, health.retries, health.lines_opened), (1, 1, 1));
    assert_eq!(health.errors.len(), 1);
    assert_eq!((health.errors[0].code.as_str(), health.errors[0].count), ("INVALID_TOTALS", 1));
}

#[test]
fn a_device_that_answers_is_shown_and_one_that_does_not_is_not() {
    let metrics = Metrics::new("0.1.0", at(0));
    let time = at(100).to_string();
    let said = status(serde_json::json!({
        "time": time, "clock": "ok", "warnings": ["flash"], "firmware_version": "1.0\" \u{1b}x",
    }));
    metrics.device(&said, at(107));
    shows(
        &metrics.write(at(107)),
        &[
            "stelala_proxy_device_up 1",
            "stelala_device_clock_drift_seconds -7",
            "stelala_device_clock_good 1",
            r#"stelala_device_warning{warning="flash"} 1"#,
            r#"stelala_device_warning{warning="debug"} 0"#,
            &format!("stelala_device_next_invoice {}", said.next_invoice_seq),
            &format!("stelala_device_counter {}", said.secure_element.counter),
            &format!(
                r#"stelala_device_info{{device="{}",firmware="1.0? ?x",lifecycle="active"}} 1"#,
                said.device_id
            ),
        ],
    );
    assert_eq!(metrics.health(at(107)).clock_drift_seconds, Some(-7));
    metrics.device_gone();
    let text = metrics.write(at(108));
    assert!(text.contains("stelala_proxy_device_up 0") && !text.contains("stelala_device_"), "{text}");
    assert_eq!(metrics.health(at(108)).clock_drift_seconds, None);
}

#[test]
fn a_clock_that_lost_its_time_has_no_drift() {
    let metrics = Metrics::new("0.1.0", at(0));
    metrics.device(&status(serde_json::json!({"time": null, "clock": "lost"})), at(1));
    let text = metrics.write(at(1));
    assert!(
        text.contains("stelala_device_clock_good 0") && !text.contains("stelala_device_clock_drift"),
        "{text}"
    );
}

#[test]
fn each_cloud_has_its_own_tunnel() {
    let metrics = Metrics::new("0.1.0", at(0));
    metrics.tunnel("https://one.example", TunnelState::Up);
    metrics.behind("https://one.example", 4);
    metrics.cloud_time("https://one.example", at(12), at(10));
    metrics.tunnel("https://two.example", TunnelState::Refused);
    shows(
        &metrics.write(at(10)),
        &[
            r#"stelala_proxy_tunnel{cloud="https://one.example",state="up"} 1"#,
            r#"stelala_proxy_tunnel{cloud="https://one.example",state="down"} 0"#,
            r#"stelala_proxy_tunnel{cloud="https://two.example",state="refused"} 1"#,
            r#"stelala_proxy_records_behind{cloud="https://one.example"} 4"#,
            r#"stelala_proxy_cloud_clock_drift_seconds{cloud="https://one.example"} 2"#,
        ],
    );
}

#[test]
fn whatever_codes_a_device_makes_up_so_many_are_told_apart() {
    let metrics = Metrics::new("0.1.0", at(0));
    for wrong in ["", "a b", "x\"} 1\nforged 1", &"X".repeat(41)] {
        metrics.refused(wrong);
    }
    for index in 0..100 {
        metrics.refused(&format!("CODE_{index}"));
    }
    let text = metrics.write(at(1));
    assert!(!text.contains("forged"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("stelala_proxy_refusals_total{")).count(), 65 - 1);
    assert_eq!(metrics.health(at(1)).errors.iter().map(|error| error.count).sum::<u64>(), 104);
}
