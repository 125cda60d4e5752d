//! The authority of device certificates and the registry of devices, from the command line.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{fs, path::Path, process::Command};

use pki::{ActivationCode, CertificateRequest, Chain};
use tempfile::TempDir;

/// What is on the standard output, what on the standard error, and with which code it ends.
fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    command.args(arguments).current_dir(folder).env("STELALA_PASSPHRASE", "only for this run");
    let output = command.output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out, err, output.status.code().unwrap())
}

#[track_caller]
fn good(folder: &Path, line: &str) -> String {
    let (out, err, code) = run(folder, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{line}: {out}{err}");
    out
}

#[track_caller]
fn refused(folder: &Path, line: &str, why: &str) {
    let (out, err, code) = run(folder, &line.split(' ').collect::<Vec<_>>());
    assert!(code == 2 && err.contains(why), "{line}: {code} {out}{err}");
}

/// A cloud without certificates, which has an outlet.
fn cloud() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    good(at, "authority new --out authority");
    let config = "[devices]\nrealm = \"development\"\ndgi_key = \"authority/dgi.pem\"\n";
    fs::write(at.join("cloud.toml"), config).unwrap();
    good(at, "cloud rotate-key");
    good(at, "cloud outlet add --id KIN-GOMBE-01 --nif A2301457K --prefix KINGOMBE01");
    folder
}

#[test]
fn a_root_apart_signs_what_the_cloud_asks_for() {
    let folder = cloud();
    let at = folder.path();
    refused(at, "cloud ca show", "`stelala cloud ca install` puts it there");
    good(at, "authority ca new --out root");
    refused(at, "authority ca new --out root", "never overwritten");
    let request = good(at, "cloud ca request");
    let key = |pem: &str| *CertificateRequest::from_pem(pem).unwrap().key();
    assert_eq!(key(&request), key(&good(at, "cloud ca request")), "the key that is there is asked for");
    fs::write(at.join("request.pem"), request).unwrap();
    fs::write(at.join("issuing.pem"), good(at, "authority ca sign --root root --request request.pem"))
        .unwrap();
    good(at, "authority ca new --out other");
    refused(at, "cloud ca install issuing.pem --root other/root.pem", "not signed by this root");
    good(at, "cloud ca install issuing.pem --root root/root.pem");
    let read = |name: &str| fs::read_to_string(at.join("certificates").join(name)).unwrap();
    let chain = Chain::from_pem(&read("issuing.pem"), &read("root.pem")).unwrap();
    let shown = good(at, "cloud ca show");
    assert!(shown.contains(&format!("signs certificates: {}", chain.issuing().key().id())), "{shown}");
    assert!(good(at, "cloud ca device-root").starts_with("-----BEGIN PUBLIC KEY-----"));

    fs::write(at.join("issuing.pem"), good(at, "authority ca sign --root other --request request.pem"))
        .unwrap();
    refused(at, "cloud ca install issuing.pem --root other/root.pem", "--replace-root");
    assert_eq!(read("root.pem"), chain.root().pem());
    good(at, "cloud ca install issuing.pem --root other/root.pem --replace-root");
}

#[test]
fn a_device_is_expected_with_a_code_and_its_life_is_ended_once() {
    let folder = cloud();
    let at = folder.path();
    let code = good(at, "cloud device add --serial DEF-000123 --outlet KIN-GOMBE-01");
    let again = good(at, "cloud device code DEF-000123");
    let [code, again] = [code, again].map(|line| line.trim_end().parse::<ActivationCode>().unwrap());
    assert_ne!(code, again);
    refused(at, "cloud device add --serial DEF-000123 --outlet KIN-GOMBE-01", "registered already");
    refused(at, "cloud device add --serial DEF-000124 --outlet NOWHERE", "NOWHERE");
    good(at, "cloud device homologate DEF-000123 --reference DGI-1734");
    let listed = good(at, "cloud device list");
    assert!(listed.contains("DEF-000123") && listed.contains("activation code is good until"), "{listed}");
    good(at, "cloud device lost DEF-000123 --reason taxi");
    let shown = good(at, "cloud device show DEF-000123");
    for part in ["state: lost", "DGI-1734", "taxi", "wanted to seal at KIN-GOMBE-01: cloud"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    refused(at, "cloud device revoke DEF-000123 --reason taxi", "ended already (lost)");
    refused(at, "cloud device code DEF-000123", "ended already (lost)");
    refused(at, "cloud device show DEF-9", "there is no such device");
}
