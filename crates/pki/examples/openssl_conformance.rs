//! What OpenSSL says of the certificates and lists that this crate makes, with the system's own `openssl`.
//!
//! ```sh
//! cargo run --package pki --example openssl_conformance
//! ```

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program of tests says what it does and stops at a fault"
)]

#[path = "../tests/world/mod.rs"]
mod world;

use std::{fs, path::Path, process::Command};

use pki::{CertificateRequest, RevocationReason, RevokedCertificate};
use world::*;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let ours = World::new("Trial");
    let theirs = World::new("Trial");
    let good = issue(&ours.issuing, 4);
    let write = |name: &str, bytes: &[u8]| fs::write(at.join(name), bytes).unwrap();
    write("root.pem", ours.root.certificate().pem().as_bytes());
    write("issuing.pem", ours.issuing.chain().issuing().pem().as_bytes());
    write("device.pem", good.pem().as_bytes());
    write("revoked.pem", ours.device.pem().as_bytes());
    write("theirs.pem", theirs.device.pem().as_bytes());
    let lost = RevokedCertificate {
        serial: ours.device.serial(),
        time: now(),
        reason: RevocationReason::KeyCompromise,
    };
    let list = ours.issuing.crl(&[lost], 4711, now(), after(86_400)).unwrap();
    write("issuing.crl", list.der());
    write("issuing.crl.pem", list.pem().as_bytes());
    let request = CertificateRequest::make(&title("Another"), Key::make().as_ref()).unwrap();
    write("request.pem", request.pem().as_bytes());

    let moment = now().unix().to_string();
    let verify = |more: &[&str], certificate: &str| {
        let fixed = [
            "verify",
            "-x509_strict",
            "-attime",
            &moment,
            "-CAfile",
            "root.pem",
            "-untrusted",
            "issuing.pem",
        ];
        openssl(at, &[&fixed, more, &[certificate]].concat())
    };
    accepts("a device certificate leads to its root", verify(&[], "device.pem"), "device.pem: OK");
    accepts("the issuing certificate leads to it too", verify(&[], "issuing.pem"), "issuing.pem: OK");
    refuses("a device certificate of another authority", verify(&[], "theirs.pem"), "verification failed");
    let checked = ["-crl_check", "-CRLfile", "issuing.crl.pem"];
    accepts("one that is not on the list is good", verify(&checked, "device.pem"), "device.pem: OK");
    refuses("a revoked one", verify(&checked, "revoked.pem"), "certificate revoked");
    let later = (now().unix() + 3 * 365 * 86_400).to_string();
    let expired =
        ["verify", "-attime", &later, "-CAfile", "root.pem", "-untrusted", "issuing.pem", "device.pem"];
    refuses("one that is over", openssl(at, &expired), "certificate has expired");

    let crl = ["crl", "-inform", "DER", "-in", "issuing.crl", "-noout", "-text", "-CAfile", "issuing.pem"];
    let text = openssl(at, &crl);
    for part in ["verify OK", "Version 2", "4711", "Key Compromise", &list_serial(&lost)] {
        accepts(&format!("the list is read: {part}"), text.clone(), part);
    }
    let text = openssl(at, &["x509", "-in", "device.pem", "-noout", "-text"]);
    for part in [
        "URI:urn:stelala:device:DEF-000_123",
        "Digital Signature",
        "CA:FALSE",
        "URI:https://cloud.example/pki/issuing.crl",
        "O = A2301457K, OU = KIN-GOMBE-01, CN = DEF-000_123",
        "ecdsa-with-SHA256",
    ] {
        accepts(&format!("the certificate is read: {part}"), text.clone(), part);
    }
    let text = openssl(at, &["x509", "-in", "issuing.pem", "-noout", "-text"]);
    accepts("no authority is below the issuing one", text, "CA:TRUE, pathlen:0");
    accepts(
        "a request is verified",
        openssl(at, &["req", "-in", "request.pem", "-noout", "-verify"]),
        "verify OK",
    );
}

/// As OpenSSL writes it.
fn list_serial(of: &RevokedCertificate) -> String {
    of.serial.to_string().to_uppercase()
}

/// Whether it went well, and all that it said.
fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let run = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn accepts(what: &str, (good, said): (bool, String), part: &str) {
    assert!(good && said.contains(part), "{what}: {said}");
    println!("ok: {what}");
}

fn refuses(what: &str, (good, said): (bool, String), part: &str) {
    assert!(!good && said.contains(part), "{what}: {said}");
    println!("ok: {what} is refused");
}
