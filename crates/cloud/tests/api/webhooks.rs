//! Webhooks over HTTP, and someone's server that is told.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use registry::{Reach, Role};
use serde_json::{Value, json};

use crate::{
    bench::{Answer, Bench, bearer, make_key, make_merchant, payload},
    tenants::{OPERATOR, OWNER, send},
};

/// The owner of another merchant.
const STRANGER: u8 = 21;
const PRIVATE: &str = "[webhooks]\nallow_private_networks = true\n";

#[test]
fn a_sale_is_told_within_seconds_with_a_signature_that_the_secret_verifies() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, secret) = make(&bench, &receiver, json!({}));
    let sealed = bench.client().sell(1, None, &payload(1)).json();
    let told = receiver.wait_for(1).remove(0);
    assert!(told.is_signed_by(&secret) && !told.is_signed_by("whsec_AAAA"));
    let event: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(event["type"], "invoice.sealed");
    assert_eq!(event["data"]["fiscal_number"], sealed["fiscal_number"]);
    assert_eq!(event["id"], told.headers["webhook-id"].as_str());

    let log = ask(&bench, &format!("GET /api/v1/webhooks/{id}/deliveries"), OWNER, None).json();
    let entry = &log["deliveries"][0];
    assert_eq!(
        (&entry["delivery_id"], &entry["record"]["outlet_id"]),
        (&event["id"], &json!("KIN-GOMBE-01"))
    );
    let path = format!("/api/v1/webhooks/{id}/deliveries/{}", told.headers["webhook-id"]);
    let delivery = until(&bench, &format!("GET {path}"), |delivery| delivery["state"] == "delivered");
    assert_eq!(
        (&delivery["sent"], &delivery["attempts"][0]["status"]),
        (&json!(1), &json!(200)),
        "{delivery}"
    );

    let resent = ask(&bench, &format!("POST {path}/resend"), OWNER, None);
    assert_eq!((resent.status, resent.json()["state"].as_str()), (200, Some("waiting")), "{resent:?}");
    let again = receiver.wait_for(2).remove(1);
    assert_eq!((&again.headers["webhook-id"], &again.body), (&told.headers["webhook-id"], &told.body));
    let delivery = until(&bench, &format!("GET {path}"), |delivery| delivery["sent"] == 2);
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_told_is_counted() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make(&bench, &receiver, json!({}));
    bench.client().sell(1, None, &payload(1));
    receiver.wait_for(1);
    let counted = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        let metrics = bench.client().ask("GET /metrics", &[], None).body;
        metrics.contains("\nstelala_webhook_delivered_total 1\n")
            && metrics.contains("\nstelala_webhook_waiting 0\n")
    });
    assert!(counted, "the delivery was not counted");
}

#[test]
fn what_was_sealed_while_a_receiver_was_away_is_in_the_log_with_the_reason() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    receiver.answer(503);
    let (id, _) = make(&bench, &receiver, json!({}));
    bench.client().sell(1, None, &payload(1));
    let told = receiver.wait_for(1).remove(0);
    let line = format!("GET /api/v1/webhooks/{id}/deliveries/{}", told.headers["webhook-id"]);
    let delivery = until(&bench, &line, |delivery| delivery["sent"] == 1);
    assert_eq!((&delivery["state"], &delivery["attempts"][0]["status"]), (&json!("waiting"), &json!(503)));
    assert!(delivery["due"].as_str().unwrap().ends_with('Z'), "{delivery}");
    let listed = |state: &str| {
        let line = format!("GET /api/v1/webhooks/{id}/deliveries?state={state}");
        ask(&bench, &line, OWNER, None).json()["deliveries"].as_array().unwrap().len()
    };
    assert_eq!((listed("waiting"), listed("delivered"), listed("failed")), (1, 0, 0));
}

#[test]
fn after_a_rotation_both_secrets_sign() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, old) = make(&bench, &receiver, json!({}));
    let rotated = ask(&bench, &format!("POST /api/v1/webhooks/{id}/secret"), OWNER, None);
    assert_eq!((rotated.status, rotated.json()["webhook"]["webhook_id"].as_str()), (200, Some(id.as_str())));
    let new = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None);
    assert_eq!((ping.status, ping.json()["event"].as_str()), (201, Some("webhook.ping")), "{ping:?}");
    let told = receiver.wait_for(1).remove(0);
    assert_eq!(Some(told.headers["webhook-id"].as_str()), ping.json()["delivery_id"].as_str());
    assert!(told.is_signed_by(&new) && told.is_signed_by(&old));
}

#[test]
fn a_secret_is_shown_once_and_kept_in_no_file_and_no_log() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, secret) = make(&bench, &receiver, json!({}));
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None).json();
    let whole = format!("/api/v1/webhooks/{id}");
    let delivery = format!("{whole}/deliveries/{}", ping["delivery_id"].as_str().unwrap());
    let patch = ask(&bench, &format!("PATCH {whole}"), OWNER, Some(&json!({ "events": ["report.closed"] })));
    let mut shown = vec![patch];
    for path in ["/api/v1/webhooks", &whole, &format!("{whole}/deliveries"), &delivery, "/api/v1/audit/acts"]
    {
        shown.push(ask(&bench, &format!("GET {path}"), OWNER, None));
    }
    for answer in shown {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("whsec_") && !answer.body.contains("\"secret\""), "{answer:?}");
    }
    let bytes = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
    for file in std::fs::read_dir(bench.folder.path()).unwrap().map(|file| file.unwrap().path()) {
        let held = if file.is_file() { std::fs::read(&file).unwrap() } else { Vec::new() };
        let has = |part: &[u8]| held.windows(part.len()).any(|window| window == part);
        assert!(!has(&bytes) && !has(&secret.as_bytes()[6..]), "{}", file.display());
    }
}

#[test]
fn another_merchants_webhook_is_not_found_like_none() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make_stranger(&bench);
    let (id, _) = make(&bench, &receiver, json!({}));
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None).json();
    let delivery = ping["delivery_id"].as_str().unwrap();
    let [none, no_delivery] = ["whk_00000000000000000000", "dlv_00000000000000000000"];
    let change = json!({ "url": receiver.url() });
    for (line, body) in [
        ("GET /api/v1/webhooks/WHK", None),
        ("PATCH /api/v1/webhooks/WHK", Some(&change)),
        ("DELETE /api/v1/webhooks/WHK", None),
        ("POST /api/v1/webhooks/WHK/secret", None),
        ("POST /api/v1/webhooks/WHK/ping", None),
        ("GET /api/v1/webhooks/WHK/deliveries", None),
        ("GET /api/v1/webhooks/WHK/deliveries/DLV", None),
        ("POST /api/v1/webhooks/WHK/deliveries/DLV/resend", None),
    ] {
        let of = |webhook, delivery| line.replace("WHK", webhook).replace("DLV", delivery);
        let theirs = ask(&bench, &of(&id, delivery), STRANGER, body);
        let nobodys = ask(&bench, &of(none, no_delivery), STRANGER, body);
        assert_eq!((theirs.status, &theirs.body), (404, &nobodys.body), "{line}");
        // Nor who has a key of one outlet, and the webhook is of all.
        assert_eq!(ask(&bench, &of(&id, delivery), 1, body).status, 404, "{line}");
    }
    let listed = ask(&bench, "GET /api/v1/webhooks", STRANGER, None).json();
    assert_eq!(listed["webhooks"], json!([]));
    let theirs = format!("GET /api/v1/webhooks?merchant_id={}", bench.merchant());
    assert_eq!(ask(&bench, &theirs, STRANGER, None).status, 404);
    // A delivery is found under its own webhook only.
    let (other, _) = make(&bench, &receiver, json!({}));
    let line = format!("GET /api/v1/webhooks/{other}/deliveries/{delivery}");
    assert_eq!(ask(&bench, &line, OWNER, None).status, 404);
    let line = format!("POST /api/v1/webhooks/{other}/deliveries/{delivery}/resend");
    assert_eq!(ask(&bench, &line, OWNER, None).status, 404);
}

#[test]
fn a_key_of_one_outlet_makes_a_webhook_that_is_told_of_that_one_alone() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    let made = ask(&bench, "POST /api/v1/webhooks", 1, Some(&body)).json();
    assert_eq!(made["webhook"]["outlet_id"], "KIN-GOMBE-01", "{made}");
    let mut of_next = body;
    of_next["outlet_id"] = json!("KIN-LIMETE-02");
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", 1, Some(&of_next)).status, 404);
    let listed = |number| {
        ask(&bench, "GET /api/v1/webhooks", number, None).json()["webhooks"].as_array().unwrap().len()
    };
    assert_eq!((listed(1), listed(2), listed(OWNER)), (1, 0, 1));
}

#[test]
fn a_deleted_webhook_is_told_nothing_for_ever() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, _) = make(&bench, &receiver, json!({}));
    let path = format!("/api/v1/webhooks/{id}");
    for _ in 0..2 {
        assert_eq!(ask(&bench, &format!("DELETE {path}"), OWNER, None).status, 204);
    }
    let shown = ask(&bench, &format!("GET {path}"), OWNER, None).json();
    assert!(shown["stopped"] == true && shown["stopped_at"].as_str().unwrap().ends_with('Z'), "{shown}");
    let change = json!({ "events": ["report.closed"] });
    for (line, body) in [
        (format!("POST {path}/ping"), None),
        (format!("POST {path}/secret"), None),
        (format!("PATCH {path}"), Some(&change)),
    ] {
        assert_eq!(ask(&bench, &line, OWNER, body).code(), "CONFLICT", "{line}");
    }
    // Who is told of the same sale shows that it was looked for.
    let other = Receiver::start();
    make(&bench, &other, json!({}));
    bench.client().sell(1, None, &payload(1));
    other.wait_for(1);
    assert_eq!(receiver.told().len(), 0);
}

#[test]
fn the_platform_says_for_whom_and_the_act_is_in_the_merchants_log() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make_stranger(&bench);
    let mut body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body)).code(), "MEMBER_INVALID");
    assert_eq!(ask(&bench, "GET /api/v1/webhooks", OPERATOR, None).code(), "REQUEST_INVALID");
    body["merchant_id"] = json!("mer_00000000000000000000");
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body)).status, 404);
    body["merchant_id"] = json!(bench.merchant().as_str());
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", STRANGER, Some(&body)).status, 404);
    let made = ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body));
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["webhook"]["webhook_id"].as_str().unwrap().to_owned();
    ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OPERATOR, None);
    ask(&bench, &format!("DELETE /api/v1/webhooks/{id}"), OPERATOR, None);
    let line = format!("GET /api/v1/webhooks?merchant_id={}", bench.merchant());
    assert_eq!(ask(&bench, &line, OPERATOR, None).json()["webhooks"][0]["webhook_id"], id.as_str());
    let acts = |number| ask(&bench, "GET /api/v1/audit/acts", number, None).body;
    for act in ["webhook.create", "webhook.ping", "webhook.stop"] {
        assert!(acts(OWNER).contains(act) && !acts(STRANGER).contains(act), "{act}");
    }
}

#[test]
fn what_no_webhook_can_be_is_refused_in_both_languages() {
    let bench = Bench::start();
    let new = |url: &str, events: Value| json!({ "url": url, "events": events });
    for (body, member) in [
        (new("http://erp.example.cd/", json!(["invoice.sealed"])), "url"),
        (new("https://127.0.0.1/", json!(["invoice.sealed"])), "url"),
        (new("https://me:word@erp.example.cd/", json!(["invoice.sealed"])), "url"),
        (new("https://erp.example.cd/", json!([])), "events"),
        (new("https://erp.example.cd/", json!(["invoice.sold"])), "events[0]"),
        (new("https://erp.example.cd/", json!(["webhook.ping"])), "events[0]"),
    ] {
        let english = ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&body));
        assert_eq!((english.status, english.code()), (422, "MEMBER_INVALID".to_owned()), "{body}");
        assert_eq!(english.json()["member"], member, "{body}");
        let bearer = bearer(OWNER);
        let said = ["fr", "en"].map(|language| {
            let headers = [
                ("Authorization", &*bearer),
                ("Content-Type", "application/json"),
                ("Accept-Language", language),
            ];
            let answer = bench.client().ask("POST /api/v1/webhooks", &headers, Some(&body.to_string()));
            answer.json()["detail"].clone()
        });
        assert_ne!(said[0], said[1], "{body}");
    }
}

#[test]
fn a_merchant_has_sixteen_webhooks_and_reads_them_page_by_page() {
    let bench = Bench::start();
    let new = json!({ "url": "https://erp.example.cd/", "events": ["invoice.sealed"] });
    for _ in 0..16 {
        assert_eq!(ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&new)).status, 201);
    }
    let seventeenth = ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&new));
    assert_eq!((seventeenth.status, seventeenth.code()), (409, "CONFLICT".to_owned()));
    let mut ids = Vec::new();
    let mut line = "GET /api/v1/webhooks?limit=7".to_owned();
    loop {
        let page = ask(&bench, &line, OWNER, None).json();
        ids.extend(
            page["webhooks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["webhook_id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        line = format!("GET /api/v1/webhooks?limit=7&cursor={next}");
    }
    assert!(ids.len() == 16 && ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    // The log, likewise, the newest first.
    let path = format!("/api/v1/webhooks/{}", ids[0]);
    let pinged: Vec<Value> = (0..3)
        .map(|_| ask(&bench, &format!("POST {path}/ping"), OWNER, None).json()["delivery_id"].clone())
        .collect();
    let first = ask(&bench, &format!("GET {path}/deliveries?limit=2"), OWNER, None).json();
    let line = format!("GET {path}/deliveries?limit=2&cursor={}", first["next"].as_str().unwrap());
    let second = ask(&bench, &line, OWNER, None).json();
    let shown = [
        &first["deliveries"][0]["delivery_id"],
        &first["deliveries"][1]["delivery_id"],
        &second["deliveries"][0]["delivery_id"],
    ];
    assert_eq!(shown, [&pinged[2], &pinged[1], &pinged[0]]);
    assert!(second["next"].is_null());
    for wrong in ["limit=0", "state=lost", "cursor=x", "page=2"] {
        let answer = ask(&bench, &format!("GET {path}/deliveries?{wrong}"), OWNER, None);
        assert_eq!(answer.code(), "REQUEST_INVALID", "{wrong}");
    }
}

fn ask(bench: &Bench, line: &str, number: u8, body: Option<&Value>) -> Answer {
    send(&mut bench.client(), line, &bearer(number), body)
}

/// A webhook of the owner for all events, and its secret.
fn make(bench: &Bench, receiver: &Receiver, more: Value) -> (String, String) {
    let mut body =
        json!({ "url": receiver.url(), "events": ["invoice.sealed", "report.closed", "epoch.opened"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = ask(bench, "POST /api/v1/webhooks", OWNER, Some(&body));
    assert_eq!(made.status, 201, "{made:?}");
    let text = |pointer: &str| made.json().pointer(pointer).unwrap().as_str().unwrap().to_owned();
    (text("/webhook/webhook_id"), text("/secret"))
}

fn make_stranger(bench: &Bench) {
    let database = cloud::database(&bench.config.database).unwrap();
    let outlets = [("GOMA-01", "GOMA01")];
    let other = make_merchant(&*database, &bench.config, "Kivu Frais", "B7654321X", &outlets);
    make_key(&*database, STRANGER, Role::Owner, Reach::Merchant(other));
}

/// Asks until an answer is as expected, no longer than 20 s.
fn until(bench: &Bench, line: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..400 {
        let answer = ask(bench, line, OWNER, None).json();
        if is_expected(&answer) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{line}: {:?}", ask(bench, line, OWNER, None));
}

/// Someone's server on this machine.
struct Receiver {
    address: SocketAddr,
    status: Arc<Mutex<u16>>,
    told: Arc<Mutex<Vec<Told>>>,
}

#[derive(Clone)]
struct Told {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { address, status: Arc::new(Mutex::new(200)), told: Arc::default() };
        let (status, told) = (Arc::clone(&receiver.status), Arc::clone(&receiver.told));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // Who hangs up is no fault of the receiver.
                let Ok(request) = read(&stream) else { continue };
                told.lock().unwrap().push(request);
                let status = *status.lock().unwrap();
                let answer =
                    format!("HTTP/1.1 {status} So\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Waits for so many requests, no longer than 20 s.
    fn wait_for(&self, count: usize) -> Vec<Told> {
        for _ in 0..400 {
            if self.told().len() >= count {
                return self.told();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{} of {count} requests", self.told().len());
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Told> {
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        input.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    input.read_exact(&mut body)?;
    Ok(Told { headers, body: String::from_utf8(body).unwrap() })
}

impl Told {
    /// As the Standard Webhooks specification has a receiver check it.
    fn is_signed_by(&self, secret: &str) -> bool {
        let secret = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let signed =
            format!("{}.{}.{}", self.headers["webhook-id"], self.headers["webhook-timestamp"], self.body);
        self.headers["webhook-signature"].split(' ').any(|signature| {
            let tag = Base64::decode_vec(signature.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
        })
    }
}
