//! Who may ask over the LAN.

use std::net::IpAddr;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use super::{guard::Peer, *};
use crate::{clock, metrics::Metrics, spool::Reader};

fn entropy(bytes: &mut [u8]) {
    bytes.fill(7);
}

struct Place {
    _folder: tempfile::TempDir,
    local: Arc<Local>,
}

fn place() -> Place {
    let place = place_with_a_queue();
    // Nobody is at the port: what is asked of the device is refused at once.
    place.local.desk.queue.close();
    place
}

fn place_with_a_queue() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy.sqlite");
    let reader = Reader::open(&path).unwrap();
    let desk = Arc::new(Desk::new(reader, Metrics::new("0", clock::now()), None, Vec::new()));
    let tills = Mutex::new(Tills::open(&path).unwrap());
    let local = Arc::new(Local { desk, tills, entropy, names: Vec::new() });
    Place { _folder: folder, local }
}

impl Place {
    async fn ask(
        &self,
        from: &str,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (StatusCode, Value) {
        let from: IpAddr = from.parse().unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "192.168.1.4:7717")
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(Peer { from, to: Some("192.168.1.4".parse().unwrap()) });
        let answer = TowerToHyperService::new(router(Arc::clone(&self.local))).call(request).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

const TILL: &str = "192.168.1.9";

fn sale(till: &str) -> String {
    format!(
        r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"{till}","cashier_id":"C-07","invoice_type":"sale","timestamp":"2026-02-04T10:15:30","items":[{{"code":"PAIN","description":"Pain","quantity":2,"unit_price":50,"tax_group":"exempt"}}],"payments":[{{"method":"cash"}}]}}"#
    )
}

#[tokio::test]
async fn a_till_that_is_not_paired_is_told_to_pair() {
    let place = place();
    for path in ["/v1/status", "/v1/invoices?idempotency_key=12345678", "/v1/journal", "/metrics"] {
        let (status, problem) = place.ask(TILL, "GET", path, None, "").await;
        assert_eq!((status.as_u16(), &problem["code"]), (401, &"UNAUTHENTICATED".into()), "{path}");
        let (status, _) = place.ask(TILL, "GET", path, Some("wrong"), "").await;
        assert_eq!(status.as_u16(), 401, "{path}");
    }
    assert_eq!(place.ask(TILL, "GET", "/healthz", None, "").await.0.as_u16(), 200);
    assert_eq!(place.ask("127.0.0.1", "GET", "/v1/status", None, "").await.0.as_u16(), 200);
}

#[tokio::test]
async fn a_paired_till_sells_for_itself_only() {
    let place = place();
    let code = {
        let tills = place.local.tills.lock().unwrap();
        tills.new_code("POS-01".parse().unwrap(), clock::now(), entropy).unwrap().to_string()
    };
    let wrong = r#"{"pos_terminal_id":"POS-01","code":"AAAA-AAAA"}"#;
    let (status, problem) = place.ask(TILL, "POST", "/v1/pairings", None, wrong).await;
    assert_eq!((status.as_u16(), &problem["code"]), (403, &"PAIRING_REFUSED".into()));
    let right = format!(r#"{{"pos_terminal_id":"POS-01","code":"{code}"}}"#);
    let (status, paired) = place.ask(TILL, "POST", "/v1/pairings", None, &right).await;
    assert_eq!(status.as_u16(), 201, "{paired}");
    let token = paired["token"].as_str();
    let (status, problem) =
        place.ask(TILL, "POST", "/v1/invoices?complete=true", token, &sale("POS-02")).await;
    assert_eq!((status.as_u16(), &problem["member"]), (403, &"pos_terminal_id".into()), "{problem}");
    let (status, problem) =
        place.ask(TILL, "POST", "/v1/invoices?complete=true", token, &sale("POS-01")).await;
    assert_eq!((status.as_u16(), &problem["code"]), (503, &"DEVICE_UNREACHABLE".into()), "{problem}");
    assert_eq!(place.ask(TILL, "GET", "/v1/journal", token, "").await.0.as_u16(), 403);
    let code = r#"{"code":"X"}"#;
    assert_eq!(place.ask(TILL, "POST", "/v1/activation", token, code).await.0.as_u16(), 403);
}

#[tokio::test]
async fn a_till_with_too_much_waiting_is_told_to_come_back_and_another_is_not() {
    let place = place_with_a_queue();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let desk = Arc::clone(&place.local.desk);
        waiting.spawn(async move { desk.seal(canonical("POS-01"), None).await });
    }
    while place.local.desk.queue.len() < 32 {
        tokio::task::yield_now().await;
    }
    let (status, problem) =
        place.ask("127.0.0.1", "POST", "/v1/invoices?complete=true", None, &sale("POS-01")).await;
    assert_eq!((status.as_u16(), &problem["code"]), (429, &"DEVICE_BUSY".into()));
    let desk = Arc::clone(&place.local.desk);
    waiting.spawn(async move { desk.seal(canonical("POS-02"), None).await });
    while place.local.desk.queue.len() < 33 {
        tokio::task::yield_now().await;
    }
}

fn canonical(till: &str) -> String {
    let draft = draft::Draft::read(sale(till).as_bytes()).unwrap();
    let complete =
        draft::Complete { manifest: &fiscal::DEFAULT_MANIFEST, day: "2026-02-04".parse().unwrap() };
    draft.canonical(&draft::Defaults::default(), Some(complete)).unwrap()
}
