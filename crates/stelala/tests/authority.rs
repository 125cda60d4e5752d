//! What the authority's commands print, and which devices obey it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use def_engine::{Factory, Firmware, Memory};
use def_protocol::token::Realm;
use def_sim::{ManualClock, World};
use def_trials::{Host, Sale, authority::at};
use fiscal::{PublicKey, Timestamp};
use serde_json::{Value, json};

const NOW: &str = "2026-03-14T07:15:00";
const SERIAL: &str = "DEF-000001";

/// A folder with new keys.
struct Keys(PathBuf);

impl Keys {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        let keys = Self(folder);
        let made = authority(&["new", "--out", keys.0.to_str().unwrap()]);
        assert!(made.status.success(), "{made:?}");
        keys
    }

    /// What a command prints, for the device and the time of these tests.
    fn issue(&self, what: &str, more: &[&str]) -> String {
        let validity = ["--from", "2026-03-14T00:00:00", "--until", "2026-03-15T00:00:00"];
        let more = [more, if what == "time" { &[] } else { &validity }].concat();
        self.issue_as_it_is(what, &more)
    }

    fn issue_as_it_is(&self, what: &str, more: &[&str]) -> String {
        let keys = [what, "--keys", self.0.to_str().unwrap(), "--device", SERIAL];
        let output = authority(&[&keys, more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn activation(&self) -> String {
        let shop = ["--nif", "A2301457K", "--outlet", "KIN-GOMBE-01", "--prefix", "KING"];
        self.issue("activate", &[&shop[..], &["--max-invoices", "3"]].concat())
    }

    fn init(&self) -> String {
        let operator = fs::read_to_string(self.0.join("operator.pem")).unwrap();
        let request = json!({ "activation_code": self.activation(), "public_key": operator });
        format!("CFG|INIT {request}")
    }

    fn factory(&self, realm: Realm) -> Factory {
        let root = fs::read_to_string(self.0.join("root.pem")).unwrap();
        let root = PublicKey::from_pem(&root).unwrap();
        Factory {
            serial: SERIAL.parse().unwrap(),
            realm,
            root,
            firmware: Firmware { version: "1", build: 1 },
        }
    }
}

fn authority(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stelala")).arg("authority").args(arguments).output().unwrap()
}

fn world() -> World {
    let world = World::new(64, 7);
    world.change(|state| state.clock = ManualClock::at(at(NOW)));
    world
}

fn sell(host: &mut Host<'_>, seed: u32) -> Value {
    let answer = host.sell(&Sale::of("CAISSE-1", at(NOW), 2, seed).payload());
    host.rest();
    answer
}

/// `EPOCH/NUMBER:HASH` of a seal.
fn newest(seal: &Value) -> String {
    format!("{}/{}:{}", seal["epoch"], seal["invoice_seq"], seal["record_hash"].as_str().unwrap())
}

#[test]
fn a_device_with_this_root_obeys_every_order() {
    let keys = Keys::new("obeys");
    let (world, mut memory) = (world(), Box::new(Memory::new()));
    let mut host = Host::start(&world, keys.factory(Realm::Development), &mut memory);
    let obeys = |host: &mut Host<'_>, request: &str| {
        let answer = host.ask(request);
        assert_eq!(answer["status"], "OK", "{request}: {answer}");
        host.rest();
        answer
    };
    obeys(&mut host, &keys.init());
    let challenge = host.ask("QRY|STATUS")["challenge"].as_str().unwrap().to_owned();
    let setting = keys.issue("time", &["--challenge", &challenge, "--at", "2026-03-14T07:20:00", "--json"]);
    assert_eq!(obeys(&mut host, &format!("CFG|TIME {setting}"))["timestamp"], "2026-03-14T07:20:00");
    let order = |command: &str, token: String| format!(r#"CFG|{command} {{"token":"{token}"}}"#);
    obeys(&mut host, &order("MANIFEST", keys.issue("manifest", &["--default", "--version", "2"])));
    let seals: Vec<_> = (0..3).map(|seed| sell(&mut host, seed)).collect();
    assert_eq!(sell(&mut host, 3)["code"], "SYNC_REQUIRED", "the activation code's bound");
    obeys(&mut host, &order("ACK", keys.issue("acknowledge", &["--newest", &newest(&seals[2])])));
    obeys(&mut host, r#"RPT|Z {"date":"2026-03-14"}"#);
    let reset = keys.issue("reset", &["--epoch", "1", "--newest", &newest(&seals[2])]);
    obeys(&mut host, &format!(r#"ADM|RESET {{"dgi_authorization":"{reset}"}}"#));
    let left = obeys(&mut host, &order("HANDOVER", keys.issue("leave", &["--epoch", "1"])));
    assert_eq!(sell(&mut host, 4)["code"], "HANDED_OVER", "{left}");
    let head = host.ask("QRY|STATUS")["head_hash"].as_str().unwrap().to_owned();
    let entry = ["--epoch", "1", "--next", "1", "--previous", &head, "--floor", "2026-03-14T07:20:00"];
    let early = host.ask(&order("HANDOVER", keys.issue("enter", &entry)));
    assert_eq!(early["code"], "UNAUTHORIZED", "an order from before the last hand-over");
    world.pass(std::time::Duration::from_secs(2));
    let later = ["--from", "2026-03-14T07:20:01", "--until", "2026-03-15T00:00:00"];
    let enter = keys.issue_as_it_is("enter", &[&entry[..], &later].concat());
    obeys(&mut host, &order("HANDOVER", enter));
    assert_eq!(sell(&mut host, 5)["fiscal_number"], "KING-1-00000001");
    obeys(&mut host, &order("STATE", keys.issue("revoke", &["--reason", "a trial"])));
    assert_eq!(sell(&mut host, 6)["code"], "DEVICE_REVOKED");
    obeys(&mut host, &order("STATE", keys.issue("decommission", &["--reason", "a trial"])));
    assert_eq!(host.ask("QRY|STATUS")["lifecycle"], "decommissioned");
}

#[test]
fn a_device_for_production_obeys_nothing_that_is_made_here() {
    let keys = Keys::new("production");
    let init = keys.init();
    let refuses = |factory: Factory| {
        let (world, mut memory) = (world(), Box::new(Memory::new()));
        let mut host = Host::start(&world, factory, &mut memory);
        let answer = host.ask(&init);
        assert_eq!(answer["code"], "UNAUTHORIZED", "{answer}");
        assert_eq!(host.ask("QRY|STATUS")["lifecycle"], "factory");
    };
    // Not even when the keys of trials are its root, and less when they are not.
    refuses(keys.factory(Realm::Production));
    let another = Keys::new("production_root");
    refuses(another.factory(Realm::Production));
    refuses(another.factory(Realm::Development));
}

#[test]
fn a_token_holds_from_five_minutes_ago_for_a_day_and_an_activation_code_for_a_month() {
    let keys = Keys::new("validity");
    let bounds = |token: &str| {
        // Version, realm and kind, then the serial number with its length, then the two times.
        let bytes = unbase64(token);
        let time = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
        (time(4 + SERIAL.len()), time(12 + SERIAL.len()))
    };
    let (from, until) = bounds(&keys.issue_as_it_is("manifest", &["--default"]));
    assert_eq!(until - from, 24 * 60 * 60 + 5 * 60);
    let (from, until) = bounds(&keys.issue_as_it_is("leave", &["--epoch", "0"]));
    assert_eq!(until - from, 24 * 60 * 60, "an order to leave has to be from after the last hand-over");
    let shop = ["--nif", "A2301457K", "--outlet", "KIN-GOMBE-01", "--prefix", "KING"];
    let (from, until) = bounds(&keys.issue_as_it_is("activate", &shop));
    assert_eq!(until - from, 30 * 24 * 60 * 60 + 5 * 60);
    assert!(Timestamp::from_unix(from).is_some());
}

#[test]
fn a_manifest_comes_from_a_file() {
    let keys = Keys::new("manifest");
    let file = keys.0.join("groups.json");
    let group = json!({
        "code": "standard_vat", "letter": "B", "french": "TVA 18%", "english": "VAT 18%",
        "rate": "0.18", "valid_from": "2026-01-01", "classifications": ["Individual"],
    });
    fs::write(&file, json!([group]).to_string()).unwrap();
    let token = keys.issue("manifest", &["--file", file.to_str().unwrap(), "--version", "3"]);
    let (world, mut memory) = (world(), Box::new(Memory::new()));
    let mut host = Host::start(&world, keys.factory(Realm::Development), &mut memory);
    assert_eq!(host.ask(&keys.init())["status"], "OK");
    assert_eq!(host.ask(&format!(r#"CFG|MANIFEST {{"token":"{token}"}}"#))["status"], "OK");
    assert!(sell(&mut host, 1)["detail"].as_str().unwrap().contains("rate"), "16 % is not the rate any more");

    fs::write(&file, r#"[{"code":"standard_vat"}]"#).unwrap();
    let command = ["manifest", "--keys", keys.0.to_str().unwrap(), "--device", SERIAL];
    let refused = authority(&[&command[..], &["--file", file.to_str().unwrap()]].concat());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("missing field `letter`"), "{said}");
}

#[test]
fn keys_are_for_their_owner_and_never_overwritten() {
    let keys = Keys::new("overwrite");
    for name in ["root.key", "dgi.key", "operator.key"] {
        assert_eq!(fs::metadata(keys.0.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let before = fs::read(keys.0.join("root.key")).unwrap();
    let again = authority(&["new", "--out", keys.0.to_str().unwrap()]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && said.contains("never overwritten"), "{said}");
    assert_eq!(fs::read(keys.0.join("root.key")).unwrap(), before);
}

/// base64url, as a reader of the document would write it.
fn unbase64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for character in text.chars() {
        let value = ALPHABET.find(character).unwrap();
        bits.extend((0..6).rev().map(|bit| (value >> bit & 1) as u8));
    }
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}
