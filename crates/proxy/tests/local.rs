//! Tills on this machine, with and without a cloud.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{Running, config, device::SimDevice, payload};

#[tokio::test(flavor = "multi_thread")]
async fn a_till_sells_without_a_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let sale = payload("POS-01");
    let sold = proxy.till.sell(&sale, Some("key-00000001")).await;
    assert_eq!(sold.status, 201, "{:?}", sold.body);
    assert_eq!(sold.number(), "KING-0-00000001");
    assert!(sold.head.contains("/v1/invoices/KING-0-00000001"));
    let again = proxy.till.sell(&sale, Some("key-00000001")).await;
    assert_eq!((again.status, &again.body), (200, &sold.body));
    let other_key = proxy.till.sell(&sale, Some("key-00000002")).await;
    assert_eq!(
        (other_key.status, other_key.code(), other_key.number()),
        (409, "REPLAY_DETECTED", "KING-0-00000001")
    );
    let other_bytes = proxy.till.sell(&payload("POS-01"), Some("key-00000001")).await;
    assert_eq!((other_bytes.status, other_bytes.code()), (409, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(device.sealed(), 1);
    let found = proxy.till.get("/v1/invoices?idempotency_key=key-00000001").await;
    assert_eq!(found.body, sold.body);
    let shown = proxy.till.get("/v1/invoices/KING-0-00000001").await;
    assert_eq!(shown.body["payload"], sale);
    let reprint = proxy.till.get("/v1/invoices/KING-0-00000001/reprint").await;
    assert_eq!((&reprint.body["duplicate"], &reprint.body["seal"]), (&true.into(), &sold.body));
    let status = proxy.till.get("/v1/status").await;
    assert_eq!(status.body["device"]["next_invoice_seq"], 2);
    let journal = proxy.till.get("/v1/journal").await;
    assert_eq!(journal.body["last"], true, "{:?}", journal.body);
    let x = proxy.till.get("/v1/reports/x").await;
    assert_eq!(x.body["transaction_count"], 1, "{:?}", x.body);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_cannot_sell() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let sale = payload("POS-01");
    let canonical = "Content-Type: application/vnd.stelala.canonical+json\r\n";
    let host = format!("Host: {}\r\n", proxy.till.address);
    for headers in [
        format!("{host}{canonical}Origin: https://evil.example\r\n"),
        format!("{host}{canonical}Sec-Fetch-Site: cross-site\r\n"),
        format!("Host: evil.example\r\n{canonical}"),
    ] {
        let answer = proxy.till.ask_as("POST", "/v1/invoices", &headers, &sale).await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{headers}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer =
            proxy.till.ask("POST", "/v1/invoices", &format!("Content-Type: {kind}\r\n"), &sale).await;
        assert_eq!((answer.status, answer.code()), (415, "MEDIA_TYPE_UNSUPPORTED"));
    }
    assert_eq!(proxy.till.ask("OPTIONS", "/v1/invoices", "", "").await.status, 405);
    assert_eq!(device.sealed(), 0);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_friendly_invoice_is_made_canonical_with_what_the_device_knows() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    support::until("the device is there", || async {
        proxy.till.get("/v1/status").await.body["device"].is_object()
    })
    .await;
    let draft = format!(
        r#"{{"pos_terminal_id":"POS-01","cashier_id":"C-07","invoice_type":"sale","timestamp":"{}","items":[{{"code":"PAIN","description":"Pain","quantity":2,"unit_price":50,"tax_group":"exempt"}}],"payments":[{{"method":"cash"}}]}}"#,
        support::now()
    );
    let sold = proxy.till.post("/v1/invoices?complete=true", &draft).await;
    assert_eq!(sold.status, 201, "{:?}", sold.body);
    assert!(sold.body["payload"].as_str().unwrap().contains("KIN-GOMBE-01"));
    let wrong = proxy
        .till
        .ask("POST", "/v1/invoices", "Content-Type: application/json\r\nAccept-Language: fr\r\n", "{}")
        .await;
    assert_eq!((wrong.status, wrong.code()), (422, "SCHEMA_INVALID"));
    assert!(wrong.head.to_ascii_lowercase().contains("content-language: fr"));
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_friendly_sale_at_an_unplugged_device_is_told_that_it_is_away() {
    let draft = format!(
        r#"{{"pos_terminal_id":"POS-01","cashier_id":"C-07","invoice_type":"sale","timestamp":"{}","items":[{{"code":"PAIN","description":"Pain","quantity":2,"unit_price":50,"tax_group":"exempt"}}],"payments":[{{"method":"cash"}}]}}"#,
        support::now()
    );
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    device.unplug();
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let never_seen = proxy.till.post("/v1/invoices?complete=true", &draft).await;
    assert_eq!((never_seen.status, never_seen.code()), (503, "DEVICE_UNREACHABLE"), "{:?}", never_seen.body);
    device.plug();
    support::until("the device is there", || async {
        proxy.till.get("/v1/status").await.body["device"].is_object()
    })
    .await;
    proxy.stop().await;
    device.unplug();
    // Whose it is was kept, so that it is the same sale as before: also over a start.
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let away = proxy.till.post("/v1/invoices?complete=true", &draft).await;
    assert_eq!((away.status, away.code()), (503, "DEVICE_UNREACHABLE"), "{:?}", away.body);
    let wrong = proxy.till.post("/v1/invoices?complete=true", "{}").await;
    assert_eq!((wrong.status, wrong.code()), (422, "SCHEMA_INVALID"));
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activated_device_is_told_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    support::until("the device is there", || async {
        proxy.till.get("/v1/status").await.body["device"].is_object()
    })
    .await;
    let again = proxy.till.post("/v1/activation", r#"{"code":"7K2M-9Q4X-1C5V-8B3N"}"#).await;
    assert_eq!((again.status, again.code()), (409, "ALREADY_PROVISIONED"));
    let detail = again.body["detail"].as_str().unwrap();
    assert!(detail.starts_with("DEF-") && detail.ends_with(" is activated already"), "{detail}");
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_every_route() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let document = proxy.till.get("/openapi.json").await.body;
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/v1/invoices",
        "/v1/invoices/{fiscal_number}",
        "/v1/invoices/{fiscal_number}/reprint",
        "/v1/status",
        "/v1/reports/z",
        "/v1/reports/x",
        "/v1/reports/a",
        "/v1/journal",
        "/v1/pairings",
        "/v1/vouchers",
        "/v1/activation",
        "/healthz",
        "/metrics",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    assert!(proxy.till.get("/metrics").await.body.as_str().unwrap().contains("stelala_proxy_info"));
    assert_eq!(proxy.till.get("/healthz").await.status, 200);
    assert_eq!(proxy.till.get("/nowhere").await.code(), "NOT_FOUND");
    proxy.stop().await;
}
