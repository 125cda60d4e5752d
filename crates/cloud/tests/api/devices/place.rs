//! A cloud that serves devices.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding};
use cloud::{DatabaseConfig, SystemClock};
use fiscal::{PublicKey, Timestamp};
use ledger::Clock;
use pki::{
    AuthorityCertificate, CertificateRequest, Chain, IssuingAuthority, RootAuthority, SerialNumber, Validity,
};
use registry::{Reach, Registry};
use rusqlite::Connection;
use serde_json::{Value, json};
use signing::{KeyRing, Passphrase, Purpose, RingSettings, SoftwareKeys};
use tempfile::TempDir;
use webhooks::Webhooks;

use crate::{
    bench::{Answer, Bench, CHEAP, bearer, config, entropy, make_tenants},
    patience::{look, until},
};

pub(crate) const DEVICES: &str = "[devices]\nrealm = \"development\"\ndgi_key = \"dgi.pem\"\n";

/// A cloud with a root and an issuing authority for devices, and the root's key that devices are made with.
pub(crate) fn bench(more: &str) -> (Bench, PublicKey) {
    let folder = TempDir::new().unwrap();
    let config = config(&folder, &format!("{DEVICES}{more}"));
    let database = cloud::database(&config.database).unwrap();
    cloud::make_key(&config, CHEAP, &*database, &SystemClock, entropy).unwrap();
    let ring = cloud::open_signer(&config, entropy).unwrap();
    ring.wait_until_ready(Duration::from_secs(20)).unwrap();
    for purpose in [Purpose::Certify, Purpose::Operate, Purpose::Activate] {
        await_key(&ring, purpose);
    }
    certify(&folder, &ring);
    let root = ring.key_for(Purpose::Activate).unwrap();
    drop(ring);
    Registry::prepare(&mut *database.connect().unwrap()).unwrap();
    Webhooks::prepare(&mut *database.connect().unwrap()).unwrap();
    make_tenants(&*database, &config);
    (Bench::serve(folder, config), root)
}

/// A ring's threads may be late on a busy machine.
fn await_key(ring: &KeyRing, purpose: Purpose) {
    until("the ring has a key", || ring.ensure(purpose, SystemClock.now()).is_ok());
}

/// Makes the files that `stelala cloud ca` makes, and a key of the tax authority.
fn certify(folder: &TempDir, ring: &KeyRing) {
    let now = SystemClock.now();
    let store = folder.path().join("root.json");
    let passphrase = Passphrase::new("another horse".to_owned()).unwrap();
    let keys = SoftwareKeys::create(&store, &passphrase, CHEAP, entropy).unwrap();
    let settings = RingSettings::new("ROOT-01".parse().unwrap());
    let root_ring = KeyRing::start(Arc::new(keys), settings, entropy);
    let _ = root_ring.wait_until_ready(Duration::from_secs(20));
    await_key(&root_ring, Purpose::Certify);
    let attester = Arc::new(root_ring.attester_for(Purpose::Certify).unwrap());
    let number = |first: u8| SerialNumber::from_random([first; 16]);
    let root_name = "Stelala test root".parse().unwrap();
    let validity = Validity::days(now, Validity::ROOT_DAYS).unwrap();
    let root = RootAuthority::make(&root_name, attester, validity, number(1)).unwrap();
    let issuing_name = "Stelala test devices".parse().unwrap();
    let request =
        CertificateRequest::make(&issuing_name, &ring.attester_for(Purpose::Certify).unwrap()).unwrap();
    let validity = Validity::days(now, Validity::ISSUING_DAYS).unwrap();
    let issuing: AuthorityCertificate = root.sign(&request, validity, number(2)).unwrap();
    let certificates = folder.path().join("certificates");
    fs::create_dir(&certificates).unwrap();
    fs::write(certificates.join("root.pem"), root.certificate().pem()).unwrap();
    fs::write(certificates.join("issuing.pem"), issuing.pem()).unwrap();
    let dgi = ring.key_for(Purpose::Operate).unwrap().to_pem();
    fs::write(folder.path().join("dgi.pem"), dgi.as_str()).unwrap();
}

/// Puts a certificate that has ended into the place of a device's own.
pub(crate) fn expire(bench: &Bench, serial: &str) {
    let ring = cloud::open_signer(&bench.config, entropy).unwrap();
    await_key(&ring, Purpose::Certify);
    let read = |name: &str| fs::read_to_string(bench.folder.path().join("certificates").join(name)).unwrap();
    let chain = Chain::from_pem(&read("issuing.pem"), &read("root.pem")).unwrap();
    let authority =
        IssuingAuthority::new(chain, Arc::new(ring.attester_for(Purpose::Certify).unwrap())).unwrap();
    let database = cloud::database(&bench.config.database).unwrap();
    let mut store = database.connect().unwrap();
    let own = Registry::over(&mut *store)
        .certificates(&Reach::Platform, serial.parse().unwrap())
        .unwrap()
        .remove(0)
        .certificate;
    let ago = |seconds| Timestamp::from_unix(SystemClock.now().unix() - seconds).unwrap();
    // The issuing certificate holds from an hour ago.
    let validity = Validity::new(ago(3_000), ago(600)).unwrap();
    let ended =
        authority.issue(own.subject(), own.key(), validity, SerialNumber::from_random([9; 16])).unwrap();
    let other = Connection::open(file(bench)).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    let form: String = other.query_row("SELECT der FROM device_certificates", [], |row| row.get(0)).unwrap();
    assert_eq!(form, Base64UrlUnpadded::encode_string(own.der()), "the form in which it is kept");
    let changed = other.execute(
        "UPDATE device_certificates SET der = ?1, not_after = ?2 WHERE device = ?3",
        (Base64UrlUnpadded::encode_string(ended.der()), ended.not_after().unix() as i64, serial),
    );
    assert_eq!(changed.unwrap(), 1);
}

/// Has it that a device was heard of last long ago.
pub(crate) fn unseen(bench: &Bench, serial: &str) {
    let other = Connection::open(file(bench)).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    let changed = other.execute("UPDATE device_health SET seen = seen - 1000 WHERE device = ?1", [serial]);
    assert_eq!(changed.unwrap(), 1);
}

pub(super) fn file(bench: &Bench) -> PathBuf {
    let DatabaseConfig::Sqlite(path) = &bench.config.database else { panic!("SQLite") };
    path.clone()
}

impl Bench {
    /// Says something with a key.
    pub(crate) fn say(&self, number: u8, line: &str, body: Option<&Value>) -> Answer {
        let bearer = bearer(number);
        let body = body.map(Value::to_string);
        let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
        self.client().ask(line, &headers, body.as_deref())
    }

    /// Registers a device of the outlet in Gombe; its activation code.
    pub(crate) fn register(&self, serial: &str) -> String {
        let body = json!({ "serial": serial, "outlet_id": "KIN-GOMBE-01" });
        let made = self.say(3, "POST /api/v1/devices", Some(&body));
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["activation_code"].as_str().unwrap().to_owned()
    }

    /// How a device is by the API.
    pub(crate) fn device(&self, serial: &str) -> Value {
        let answer = self.client().get(&format!("/api/v1/devices/{serial}"), 3);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Waits until a device is as a test wants it.
    pub(crate) fn await_device(&self, serial: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        look(serial, || self.device(serial), wanted)
    }

    /// The authority lets it seal.
    pub(crate) fn homologate(&self, serial: &str) {
        let line = format!("POST /api/v1/devices/{serial}/homologation");
        let answer = self.say(9, &line, Some(&json!({ "reference": "DGI-1" })));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Switches the outlet in Gombe.
    pub(crate) fn switch(&self, body: &Value) -> Answer {
        self.say(3, "PUT /api/v1/outlets/KIN-GOMBE-01/mode", Some(body))
    }

    /// Switches it, and waits until it is so.
    pub(crate) fn switched(&self, body: &Value) -> Value {
        let answer = self.switch(body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let mode = || self.client().get("/api/v1/outlets/KIN-GOMBE-01/mode", 3).json();
        look("it is no longer under way", mode, |now| now["switching"] == false)
    }
}
