use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
};

use rcgen::{CertifiedKey as Pair, KeyPair, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;
use crate::config::SecretFault;

fn pair() -> Pair<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

/// As programs that renew certificates do: another file takes the name.
fn put(path: &Path, text: &str, mode: u32) {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn folder() -> (TempDir, TlsFiles) {
    let folder = TempDir::new().unwrap();
    let files = TlsFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    let pair = pair();
    put(&files.certificate, &pair.cert.pem(), 0o644);
    put(&files.key, &pair.signing_key.serialize_pem(), 0o600);
    (folder, files)
}

fn fault(files: &TlsFiles) -> CertificateFault {
    Certificate::read(files).err().unwrap()
}

#[test]
fn a_certificate_and_its_key_are_read_with_those_that_lead_to_a_root() {
    let (_folder, files) = folder();
    assert_eq!(Certificate::read(&files).unwrap().chain().len(), 1);
    let own = fs::read_to_string(&files.certificate).unwrap();
    put(&files.certificate, &format!("{own}\n{}", pair().cert.pem()), 0o644);
    assert_eq!(Certificate::read(&files).unwrap().chain().len(), 2);
}

#[test]
fn what_cannot_be_shown_is_told_by_file() {
    let (_folder, files) = folder();
    let (own, key) =
        (fs::read_to_string(&files.certificate).unwrap(), fs::read_to_string(&files.key).unwrap());
    let other = pair();
    for (certificate, key, mode, code, word) in [
        (other.cert.pem(), key.clone(), 0o600, "CERTIFICATE_OF_ANOTHER_KEY", "made together"),
        (own.clone(), other.signing_key.serialize_pem(), 0o600, "CERTIFICATE_OF_ANOTHER_KEY", "cert.pem"),
        (key.clone(), key.clone(), 0o600, "CERTIFICATE_ABSENT", "http.tls_certificate"),
        (String::new(), key.clone(), 0o600, "CERTIFICATE_ABSENT", "cert.pem"),
        (own.replace('M', "!"), key.clone(), 0o600, "CERTIFICATE_ABSENT", "cert.pem"),
        (own.clone(), own.clone(), 0o600, "CERTIFICATE_KEY_ABSENT", "http.tls_key"),
        (own.clone(), String::new(), 0o600, "CERTIFICATE_KEY_ABSENT", "key.pem"),
        (
            own.clone(),
            key.replace("PRIVATE", "ENCRYPTED PRIVATE"),
            0o600,
            "CERTIFICATE_KEY_ABSENT",
            "passphrase",
        ),
        (own.clone(), key.clone(), 0o640, "CERTIFICATE_KEY", "chmod 600"),
    ] {
        put(&files.certificate, &certificate, 0o644);
        put(&files.key, &key, mode);
        let fault = fault(&files);
        assert!(fault.code() == code && fault.to_string().contains(word), "{fault}");
        assert!(!fault.to_string().contains("PRIVATE"), "{fault}");
    }
    put(&files.key, &key, 0o600);
    fs::remove_file(&files.certificate).unwrap();
    assert_eq!(fault(&files).code(), "CERTIFICATE_UNREADABLE");
}

#[test]
fn another_certificate_is_shown_once_both_files_have_come_to_rest() {
    let (_folder, files) = folder();
    let certificate = Certificate::read(&files).unwrap();
    let first = certificate.chain();
    for _ in 0..3 {
        assert!(!certificate.look().unwrap());
    }
    let next = pair();
    put(&files.certificate, &next.cert.pem(), 0o644);
    assert!(!certificate.look().unwrap(), "it has just changed");
    put(&files.key, &next.signing_key.serialize_pem(), 0o600);
    assert!(!certificate.look().unwrap(), "the other has just changed");
    assert_eq!(certificate.chain(), first);
    assert!(certificate.look().unwrap());
    assert_eq!(certificate.chain(), [next.cert.der().clone()]);
    assert!(!certificate.look().unwrap());
}

#[test]
fn a_wrong_certificate_leaves_the_old_one_and_is_told_once() {
    let (_folder, files) = folder();
    let certificate = Certificate::read(&files).unwrap();
    let first = certificate.chain();
    let text = fs::read_to_string(&files.certificate).unwrap();
    for wrong in ["not a certificate", &pair().cert.pem()] {
        put(&files.certificate, wrong, 0o644);
        assert!(!certificate.look().unwrap());
        assert!(certificate.look().is_err());
        assert!(!certificate.look().unwrap());
        assert_eq!(certificate.chain(), first);
    }
    fs::remove_file(&files.key).unwrap();
    assert!(!certificate.look().unwrap());
    assert_eq!(certificate.look().unwrap_err().code(), "CERTIFICATE_KEY");
    put(&files.certificate, &text, 0o644);
    let next = pair();
    put(&files.certificate, &next.cert.pem(), 0o644);
    put(&files.key, &next.signing_key.serialize_pem(), 0o600);
    assert!(!certificate.look().unwrap());
    assert!(certificate.look().unwrap(), "what is right again is shown");
}

#[test]
fn a_certificate_that_could_not_be_read_for_a_moment_is_shown_without_another_change() {
    let (_folder, files) = folder();
    let certificate = Certificate::read(&files).unwrap();
    let next = pair();
    put(&files.certificate, &next.cert.pem(), 0o644);
    put(&files.key, &next.signing_key.serialize_pem(), 0o600);
    assert!(!certificate.look().unwrap(), "it has just changed");
    let too_many = || std::io::Error::from_raw_os_error(24);
    let by_certificate = certificate.look_by(|files, _| {
        Err(CertificateFault::Unreadable { path: files.certificate.display().to_string(), cause: too_many() })
    });
    assert_eq!(by_certificate.unwrap_err().code(), "CERTIFICATE_UNREADABLE");
    let by_key = certificate.look_by(|files, _| {
        let path = files.key.display().to_string();
        Err(CertificateFault::Key(SecretFault::Unreadable { path, cause: too_many() }))
    });
    assert!(!by_key.unwrap(), "it is told once");
    assert!(certificate.look().unwrap(), "it can be read again");
    assert_eq!(certificate.chain(), [next.cert.der().clone()]);
}
