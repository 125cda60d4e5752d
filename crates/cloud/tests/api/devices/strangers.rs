//! Who connects and is not the device that it says, or has no code.

use std::{net::TcpStream, sync::Arc};

use cloud::SystemClock;
use def_protocol::token::{Policy, Realm};
use fiscal::{Epoch, PrivateKey, PublicKey, RecordHash, Signature, UtcOffset};
use ledger::Clock;
use pki::{Activator, Binding};
use serde_json::{Value, json};
use signing::{Attester, AwsLcKey, SignerFault};
use tungstenite::{Message, WebSocket, client};

use super::{Proxy, active, bench};
use crate::{bench::Bench, patience::PATIENCE};

const SERIAL: &str = "DEF-000001";
const OTHER: &str = "DEF-000002";

#[test]
fn a_device_of_which_nobody_showed_the_code_is_not_activated_whatever_it_says() {
    let (bench, _) = bench("");
    bench.register(SERIAL);
    let (_device, initialised) = forged(&bench);
    let mut caller = Caller::hello(&bench, SERIAL, json!("0123456789abcdef"));
    assert_eq!(caller.hear()["type"], "challenge");
    caller.say(&json!({ "type": "activated", "initialised": initialised }));
    caller.hears_refusal("ACTIVATION_REFUSED");
    let device = bench.device(SERIAL);
    assert_eq!((&device["state"], &device["certificate"]), (&json!("registered"), &Value::Null), "{device}");
}

#[test]
fn a_code_that_was_shown_activates_no_device_with_an_activation_of_another() {
    let (bench, root) = bench("");
    let code = bench.register(SERIAL);
    let (device, initialised) = forged(&bench);
    drop(activation(&bench, &code));
    let mut caller = Caller::hello(&bench, SERIAL, json!("0123456789abcdef"));
    assert_eq!(caller.hear()["type"], "challenge");
    caller.say(&json!({ "type": "activated", "initialised": initialised }));
    caller.hears_refusal("ACTIVATION_REFUSED");
    let (mut caller, _) = activation(&bench, &code);
    caller.say(&json!({ "type": "activated", "initialised": initialised }));
    caller.hears_refusal("ACTIVATION_REFUSED");
    assert_eq!(bench.device(SERIAL)["state"], "registered");
    drop(device);
    // The code is good for the device that is meant.
    let folder = bench.folder.path().join("meant");
    let _proxy = Proxy::start(bench.address, folder, SERIAL, root, Some(code));
    bench.await_device(SERIAL, |device| device["state"] == "pending_homologation");
}

#[test]
fn a_device_whose_connection_broke_behind_init_is_activated_when_it_comes_back() {
    let (bench, root) = bench("");
    let code = bench.register(SERIAL);
    let proxy = Proxy::start(bench.address, bench.folder.path().join("device"), SERIAL, root, None);
    proxy.be_away(true);
    let (caller, activation) = activation(&bench, &code);
    let initialised = init(&proxy, &activation["token"], &activation["public_key_pem"]);
    drop(caller);
    let mut caller = Caller::hello(&bench, SERIAL, proxy.ask("QRY|STATUS")["public_key_id"].clone());
    let challenge = caller.hear();
    caller.say(&json!({ "type": "activated", "initialised": initialised }));
    assert_eq!(caller.hear()["type"], "certificate");
    caller.say(&presence(&proxy, &challenge));
    assert_eq!(caller.hear()["type"], "welcome");
    assert_eq!(bench.device(SERIAL)["state"], "activated");
}

#[test]
fn who_tries_activations_is_slow_at_it() {
    let (bench, _) = bench("");
    bench.register(SERIAL);
    for _ in 0..200 {
        let mut caller = Caller::hello(&bench, SERIAL, json!("0123456789abcdef"));
        assert_eq!(caller.hear()["type"], "challenge");
        caller.say(&json!({ "type": "activated", "initialised": {} }));
        let said = caller.hear();
        assert_eq!(said["code"], "ACTIVATION_REFUSED", "{said}");
        if said["detail"].as_str().unwrap().contains("too many") {
            return;
        }
    }
    panic!("it may try as often as it likes");
}

#[test]
fn a_proxy_that_does_not_prove_its_device_gets_nothing() {
    let (bench, root) = bench("");
    let meant = active(&bench, root, SERIAL);
    meant.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let key = meant.ask("QRY|STATUS")["public_key_id"].clone();
    let activator = Activator::new(Arc::new(Key::make()), Realm::Development);
    let folder = bench.folder.path().join("stranger");
    let stranger = Proxy::start(bench.address, folder, OTHER, activator.public_key(), None);
    Caller::hello(&bench, OTHER, Value::Null).hears_refusal("DEVICE_UNKNOWN");
    // It has a key, of another's making.
    let operator = operator(&bench);
    init(&stranger, &json!(bound(&activator, operator, OTHER)), &json!(operator.to_pem().as_str()));
    let mut caller = Caller::hello(&bench, SERIAL, key.clone());
    let challenge = caller.hear();
    caller.say(&presence(&stranger, &challenge));
    caller.hears_refusal("PROOF_INVALID");
    // What the device said once proves nothing another time.
    let mut caller = Caller::hello(&bench, SERIAL, key.clone());
    let challenge = caller.hear();
    let said = presence(&meant, &challenge);
    caller.say(&said);
    assert_eq!(caller.hear()["type"], "welcome");
    let mut caller = Caller::hello(&bench, SERIAL, key);
    assert_ne!(caller.hear()["challenge"], challenge["challenge"]);
    caller.say(&said);
    caller.hears_refusal("PROOF_INVALID");
    let plain = bench.client().ask("GET /api/v1/tunnel", &[], None);
    assert_eq!((plain.status, plain.code().as_str()), (400, "REQUEST_INVALID"));
}

#[test]
fn an_activation_code_is_good_once_and_for_its_device() {
    let (bench, root) = bench("");
    let code = bench.register(SERIAL);
    bench.register(OTHER);
    let show = |serial: &str, code: &str| {
        let mut caller = Caller::hello(&bench, serial, Value::Null);
        caller.say(&json!({ "type": "activate", "code": code }));
        caller
    };
    show(OTHER, &code).hears_refusal("ACTIVATION_REFUSED");
    show(SERIAL, "0000-0000-0000-0000").hears_refusal("ACTIVATION_REFUSED");
    assert_eq!(bench.device(OTHER)["state"], "registered");
    let folder = bench.folder.path().join("device");
    let _proxy = Proxy::start(bench.address, folder, SERIAL, root, Some(code.clone()));
    bench.await_device(SERIAL, |device| device["state"] == "pending_homologation");
    show(SERIAL, &code).hears_refusal("ACTIVATION_REFUSED");
}

/// A connection that says what it likes.
struct Caller(WebSocket<TcpStream>);

impl Caller {
    fn hello(bench: &Bench, serial: &str, key: Value) -> Self {
        let stream = TcpStream::connect(bench.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = client(format!("ws://{}{}", bench.address, tunnel::PATH), stream).unwrap();
        let mut caller = Self(socket);
        caller.say(&json!({ "type": "hello", "protocol": 1, "proxy_version": "test", "device": serial,
            "public_key_id": key }));
        caller
    }

    fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    fn hear(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    fn hears_refusal(mut self, code: &str) {
        let said = self.hear();
        assert_eq!((&said["type"], &said["code"]), (&json!("refused"), &json!(code)), "{said}");
    }
}

/// A code is shown: what the cloud answers.
fn activation(bench: &Bench, code: &str) -> (Caller, Value) {
    let mut caller = Caller::hello(bench, SERIAL, Value::Null);
    caller.say(&json!({ "type": "activate", "code": code }));
    let said = caller.hear();
    assert_eq!(said["type"], "activation", "{said}");
    (caller, said)
}

/// A device made with another root and bound to the outlet by that: its answer to INIT.
fn forged(bench: &Bench) -> (Proxy, Value) {
    let activator = Activator::new(Arc::new(Key::make()), Realm::Development);
    let folder = bench.folder.path().join("forged");
    let device = Proxy::start(bench.address, folder, SERIAL, activator.public_key(), None);
    device.be_away(true);
    let operator = operator(bench);
    let token = bound(&activator, operator, SERIAL);
    let initialised = init(&device, &json!(token), &json!(operator.to_pem().as_str()));
    (device, initialised)
}

/// All that it says is as the cloud would say it.
fn bound(activator: &Activator, operator: PublicKey, serial: &str) -> String {
    let binding = Binding {
        nif: "A1234567X".parse().unwrap(),
        outlet: "KIN-GOMBE-01".parse().unwrap(),
        prefix: "KINGOMBE01".parse().unwrap(),
        epoch: Epoch(0),
        offset: UtcOffset::KINSHASA,
        policy: Policy::default(),
        dgi: operator,
        operator,
    };
    activator.activate(serial.parse().unwrap(), &binding, SystemClock.now()).unwrap()
}

fn init(device: &Proxy, token: &Value, operator: &Value) -> Value {
    let answer =
        device.ask(&format!("CFG|INIT {}", json!({ "activation_code": token, "public_key": operator })));
    assert_eq!(answer["status"], "OK", "{answer}");
    answer
}

fn presence(device: &Proxy, challenge: &Value) -> Value {
    let presence = device.ask(&format!("QRY|PROOF {}", json!({ "challenge": challenge["challenge"] })));
    json!({ "type": "presence", "presence": presence })
}

/// The operator's key is the authority's as well at this cloud.
fn operator(bench: &Bench) -> PublicKey {
    PublicKey::from_pem(&std::fs::read_to_string(bench.folder.path().join("dgi.pem")).unwrap()).unwrap()
}

struct Key(AwsLcKey);

impl Key {
    fn make() -> Self {
        Self(AwsLcKey::generate().unwrap())
    }
}

impl Attester for Key {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        let signature = self.0.sign(&RecordHash(*hash)).unwrap();
        Ok(*Signature::normalised(signature).unwrap().as_bytes())
    }
}
