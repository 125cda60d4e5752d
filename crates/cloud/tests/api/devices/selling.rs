use cloud::SystemClock;
use fiscal::UtcOffset;
use ledger::Clock;
use serde_json::json;

use super::{bench, selling};
use crate::{
    bench::payload,
    patience::{look, until},
};

const SERIAL: &str = "DEF-000001";

#[test]
fn a_device_is_activated_sells_and_gives_the_line_back_without_a_gap() {
    let (bench, root) = bench("");
    let mut client = bench.client();
    let first = client.sell(1, Some("cloud-0001"), &payload(1));
    assert_eq!((first.status, first.json()["fiscal_number"].as_str()), (201, Some("KINGOMBE01-0-00000001")));
    let _proxy = selling(&bench, root, SERIAL);
    let second = client.sell(1, Some("device-0001"), &payload(2));
    assert_eq!(second.status, 201, "{second:?}");
    assert_eq!(second.json()["fiscal_number"], "KINGOMBE01-0-00000002");
    assert_eq!(second.json()["device_id"], SERIAL);
    let mode = bench.switched(&json!({ "mode": "cloud" }));
    assert_eq!(mode["line"]["holder"], "cloud", "{mode}");
    let third = client.sell(1, Some("cloud-0002"), &payload(3));
    assert_eq!((third.status, third.json()["fiscal_number"].as_str()), (201, Some("KINGOMBE01-0-00000003")));
    assert_eq!(third.json()["device_id"], "CLOUD-01");
    // What the device sealed is in the ledger like what the cloud did.
    let read = client.get("/api/v1/invoices/KINGOMBE01-0-00000002", 1);
    assert_eq!((read.status, &read.json()["device_id"]), (200, &json!(SERIAL)));
}

#[test]
fn a_device_that_is_away_is_an_error_and_nobody_seals_in_its_place() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let mut client = bench.client();
    let answer = client.sell(1, Some("sale-0001"), &payload(1));
    assert_eq!((answer.status, answer.code().as_str()), (503, "DEVICE_UNREACHABLE"));
    assert!(answer.header("retry-after").is_some());
    let refused = bench.switch(&json!({ "mode": "cloud" }));
    assert_eq!((refused.status, refused.code().as_str()), (503, "DEVICE_UNREACHABLE"));
    assert_eq!(
        client.get("/api/v1/outlets/KIN-GOMBE-01/mode", 3).json()["mode"],
        "def",
        "nothing was changed"
    );
    proxy.be_away(false);
    bench.await_device(SERIAL, |device| device["reachable"] == true);
    let sealed = client.sell(1, Some("sale-0001"), &payload(1));
    assert_eq!((sealed.status, &sealed.json()["device_id"]), (201, &json!(SERIAL)), "{sealed:?}");
}

#[test]
fn a_device_that_is_unplugged_is_not_reachable_though_its_proxy_is_connected() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    bench.await_device(SERIAL, |device| device["reachable"] == true && device["clock"].is_object());
    assert_eq!(bench.device(SERIAL)["line_holder"], SERIAL);
    proxy.be_unplugged(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let device = bench.device(SERIAL);
    assert_eq!(
        (&device["proxy_connected"], &device["reachable_since"]),
        (&json!(true), &json!(null)),
        "{device}"
    );
    assert_eq!(device["clock"], json!(null), "what it said before tells no time now");
    proxy.be_unplugged(false);
    bench.await_device(SERIAL, |device| device["reachable"] == true);
}

#[test]
fn a_device_that_nobody_activated_yet_is_not_taken_for_one_that_does_not_answer() {
    let (bench, _) = bench("");
    bench.register(SERIAL);
    let refused = bench.switch(&json!({ "mode": "def", "device": SERIAL }));
    assert_eq!((refused.status, refused.code().as_str()), (409, "DEVICE_NOT_READY"), "{refused:?}");
    assert!(refused.json()["detail"].as_str().unwrap().contains(SERIAL), "{refused:?}");
}

#[test]
fn an_outcome_that_is_lost_is_found_by_the_same_sale_with_the_same_key() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.be_mute(true);
    proxy.hold_back(true);
    let mut client = bench.client();
    let lost = client.sell(1, Some("sale-0001"), &payload(1));
    assert_eq!((lost.status, lost.code().as_str()), (503, "DEVICE_OUTCOME_UNKNOWN"));
    proxy.be_mute(false);
    let found = client.sell(1, Some("sale-0001"), &payload(1));
    assert_eq!(found.status, 201, "{found:?}");
    assert_eq!(proxy.sealed(), 1, "it has one seal");
    let again = client.sell(1, Some("sale-0001"), &payload(1));
    assert_eq!((again.status, again.body == found.body), (200, true), "{again:?}");
    assert_eq!(proxy.sealed(), 1);
}

#[test]
fn a_device_without_its_homologation_or_a_stranger_does_not_get_the_line() {
    let (bench, root) = bench("");
    let code = bench.register(SERIAL);
    let folder = bench.folder.path().join("device");
    let _proxy = super::Proxy::start(bench.address, folder, SERIAL, root, Some(code));
    bench.await_device(SERIAL, |device| device["state"] == "pending_homologation");
    let refused = bench.switch(&json!({ "mode": "def", "device": SERIAL }));
    assert_eq!((refused.status, refused.code().as_str()), (409, "DEVICE_NOT_READY"));
    let unknown = bench.switch(&json!({ "mode": "def", "device": "DEF-000009" }));
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "NOT_FOUND"));
    let sold = bench.client().sell(1, None, &payload(1));
    assert_eq!((sold.status, &sold.json()["device_id"]), (201, &json!("CLOUD-01")));
}

#[test]
fn a_lost_device_loses_the_line_by_force_and_is_told_when_it_comes_back() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let manager = bench.say(
        1,
        "PUT /api/v1/outlets/KIN-GOMBE-01/mode",
        Some(&json!({ "mode": "cloud", "force": true, "reason": "lost" })),
    );
    assert_eq!((manager.status, manager.code().as_str()), (403, "FORBIDDEN"));
    let forced = bench.switch(&json!({ "mode": "cloud", "force": true, "reason": "lost" }));
    assert_eq!(forced.status, 200, "{forced:?}");
    assert_eq!(
        (&forced.json()["line"]["holder"], &forced.json()["line"]["epoch"]),
        (&json!("cloud"), &json!(1))
    );
    let sold = client.sell(1, None, &payload(2));
    assert_eq!((sold.status, sold.json()["fiscal_number"].as_str()), (201, Some("KINGOMBE01-1-00000001")));
    assert_eq!(bench.device(SERIAL)["state"], "lost");
    proxy.be_away(false);
    until("it is told so", || proxy.ask("QRY|STATUS")["lifecycle"] == "revoked");
}

#[test]
fn a_day_is_closed_by_the_device_that_holds_the_line_and_the_ledger_repeats_it() {
    let (bench, root) = bench("");
    let _proxy = selling(&bench, root, SERIAL);
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
    let today = SystemClock.now().date_at(UtcOffset::KINSHASA).to_string();
    let close = || {
        bench.say(3, "POST /api/v1/reports/z", Some(&json!({ "outlet_id": "KIN-GOMBE-01", "date": today })))
    };
    let closed = close();
    assert_eq!(closed.status, 201, "{closed:?}");
    assert_eq!((&closed.json()["sequence_start"], &closed.json()["sequence_end"]), (&json!(1), &json!(1)));
    let repeated = close();
    assert_eq!(
        (repeated.status, &repeated.json()["record"]),
        (200, &closed.json()["record"]),
        "{repeated:?}"
    );
}

#[test]
fn a_return_of_a_sale_from_before_the_switch_gets_its_voucher_by_itself() {
    let (bench, root) = bench("");
    let mut client = bench.client();
    let sold = client.sell(1, None, &payload(1)).json();
    let _proxy = selling(&bench, root, SERIAL);
    let note = |nature: &str| {
        json!({
            "invoice_type": "credit_note", "timestamp": format!("{}Z", SystemClock.now()), "cashier_id": "GRACE",
            "pos_terminal_id": "TILL-1", "currency": "CDF", "payments": [{ "method": "cash" }],
            "reference": { "nature": nature, "outlet_id": "KIN-GOMBE-01", "epoch": 0, "invoice_seq": 1,
                "auth_code": sold["auth_code"] },
            "annex": { "price_mode": "ttc" },
            "items": [{ "code": "PAIN-200", "description": "Pain baguette 200 g", "quantity": -1, "unit_price": 500,
                "tax_group": "exempt" }],
        })
    };
    let headers_key = |client: &mut crate::bench::Client, body: &serde_json::Value| {
        let bearer = crate::bench::bearer(1);
        let headers = [
            ("Authorization", &*bearer),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "return-0001"),
        ];
        client.ask("POST /api/v1/invoices?complete=true", &headers, Some(&body.to_string()))
    };
    let body = note("RAM");
    let returned = headers_key(&mut client, &body);
    assert_eq!(returned.status, 201, "{returned:?}");
    assert_eq!(returned.json()["device_id"], SERIAL);
    assert!(returned.json()["payload"].as_str().unwrap().contains("\"voucher\""), "{returned:?}");
    std::thread::sleep(std::time::Duration::from_millis(600));
    let again = headers_key(&mut client, &body);
    assert_eq!(
        (again.status, &again.json()["fiscal_number"]),
        (200, &returned.json()["fiscal_number"]),
        "{again:?}"
    );
}

#[test]
fn the_certificates_the_list_of_revoked_ones_and_the_trust_bundle_can_be_read_by_anybody() {
    let (bench, root) = bench("");
    let _proxy = selling(&bench, root, SERIAL);
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
    for (path, kind) in [
        ("/pki/root.pem", "application/x-pem-file"),
        ("/pki/issuing.pem", "application/x-pem-file"),
        ("/pki/issuing.crl", "application/pkix-crl"),
        ("/.well-known/fiscal-trust.jwt", "application/jwt"),
    ] {
        let answer = bench.client().ask(&format!("GET {path}"), &[], None);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
    }
    let request = bench.client().get(&format!("/api/v1/devices/{SERIAL}/registration-request"), 3);
    assert_eq!(
        (request.status, request.header("content-type")),
        (200, Some("application/jose")),
        "{request:?}"
    );
    let renewed = bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/rotation"), None);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert!(renewed.json()["certificate"]["days_left"].as_i64().unwrap() > 700);
}

#[test]
fn a_sale_that_two_signers_sealed_is_taken_back_once_by_itself() {
    let (bench, root) = bench("");
    let sale = payload(1);
    assert_eq!(bench.client().sell(1, None, &sale).status, 201);
    let proxy = selling(&bench, root, SERIAL);
    // A till beside the device, which heard nothing of the cloud's answer.
    let prepared = proxy.ask(&format!("TXN|PREPARE {sale}"));
    let committed = proxy.ask(&format!("TXN|COMMIT {}", json!({ "nonce": prepared["nonce"] })));
    assert_eq!(committed["fiscal_number"], "KINGOMBE01-0-00000002", "{committed}");
    let mut client = bench.client();
    let status = || client.get("/api/v1/invoices/KINGOMBE01-0-00000002/status", 1).json();
    let status = look("it is credited", status, |status| status["state"] == "credited");
    assert_eq!(status["credit_notes"].as_array().map(Vec::len), Some(1));
    let first = client.get("/api/v1/invoices/KINGOMBE01-0-00000001/status", 1).json();
    assert_eq!(first["state"], "sealed", "{first}");
}

#[test]
fn the_page_of_devices_comes_from_here_and_takes_nothing_from_elsewhere() {
    let (bench, _) = bench("");
    for (path, kind) in [
        ("/devices", "text/html; charset=utf-8"),
        ("/devices/page.js", "text/javascript; charset=utf-8"),
        ("/devices/page.css", "text/css; charset=utf-8"),
    ] {
        let answer = bench.client().ask(&format!("GET {path}"), &[], None);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.body.contains("http://") && !answer.body.contains("https://"), "{path}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what is tested is how long it takes")]
fn a_device_that_brings_much_and_answers_late_holds_no_sale_up() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.hold_back(true);
    for number in 1..30 {
        let prepared = proxy.ask(&format!("TXN|PREPARE {}", payload(number)));
        let committed = proxy.ask(&format!("TXN|COMMIT {}", json!({ "nonce": prepared["nonce"] })));
        assert_eq!(committed["status"], "OK", "{prepared} {committed}");
    }
    proxy.be_slow();
    proxy.hold_back(false);
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_secs(6) {
        let asked = std::time::Instant::now();
        let sold = bench.client().sell(1, None, &payload(30 + begun.elapsed().as_millis() as u64));
        assert_eq!(sold.status, 201, "{sold:?}");
        assert!(asked.elapsed() < std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
}
