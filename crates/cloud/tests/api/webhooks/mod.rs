//! Webhooks over HTTP, and someone's server that is told.

mod bounds;
mod devices;
mod telling;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use registry::{Reach, Role};
use serde_json::{Value, json};

use crate::{
    bench::{Answer, Bench, bearer, make_key, make_merchant},
    patience::look,
    tenants::{OWNER, send},
};

/// The owner of another merchant.
const STRANGER: u8 = 21;
const PRIVATE: &str = "[webhooks]\nallow_private_networks = true\n";

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

/// Asks until an answer is as expected.
fn until(bench: &Bench, line: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
    look(line, || ask(bench, line, OWNER, None).json(), is_expected)
}

/// Someone's server on this machine.
struct Receiver {
    address: SocketAddr,
    status: Arc<Mutex<u16>>,
    told: Arc<Mutex<Vec<Told>>>,
}

#[derive(Clone, Debug)]
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

    /// Waits for so many requests.
    fn wait_for(&self, count: usize) -> Vec<Told> {
        look("so many are told", || self.told(), |told| told.len() >= count)
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
