use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::*;

fn made(folder: &Path, names: &str) -> Files {
    let pair = rcgen::generate_simple_self_signed([names.to_owned()]).unwrap();
    let files = Files { certificate: folder.join("proxy.pem"), key: folder.join("proxy.key") };
    fs::write(&files.certificate, pair.cert.pem()).unwrap();
    fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).unwrap();
    files
}

#[test]
fn beyond_this_machine_there_is_tls_and_pairing_or_nothing() {
    let files = Files { certificate: "a".into(), key: "b".into() };
    for near in ["127.0.0.1:8765", "127.8.8.8:1", "[::1]:8765", "[::ffff:127.0.0.1]:8765"] {
        let listen = near.parse().unwrap();
        assert!(!Reach::of(listen, None).unwrap().needs_pairing(), "{near}");
        assert_eq!(Reach::of(listen, Some(files.clone())).unwrap().files(), Some(&files), "{near}");
    }
    for far in ["0.0.0.0:8765", "[::]:8765", "192.168.1.4:8765", "[fe80::1]:8765"] {
        let listen = far.parse().unwrap();
        assert_eq!(Reach::of(listen, None).unwrap_err().code(), "EXPOSED", "{far}");
        let reach = Reach::of(listen, Some(files.clone())).unwrap();
        assert!(reach.needs_pairing() && reach.listen() == listen && reach.files().is_some(), "{far}");
    }
}

#[test]
fn a_certificate_that_was_renewed_is_shown_once_both_files_rest() {
    let folder = tempfile::tempdir().unwrap();
    let files = made(folder.path(), "till.local");
    let certificate = Certificate::read(&files).unwrap();
    let first = certificate.chain();
    assert!(!certificate.look().unwrap());
    made(folder.path(), "till.local");
    assert!(!certificate.look().unwrap(), "they may be half replaced");
    assert!(certificate.look().unwrap());
    assert_ne!(certificate.chain(), first);
    assert!(!certificate.look().unwrap());
}

#[test]
fn a_new_certificate_that_is_wrong_is_told_once_and_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let files = made(folder.path(), "till.local");
    let certificate = Certificate::read(&files).unwrap();
    let first = certificate.chain();
    fs::write(&files.certificate, "no certificate").unwrap();
    assert!(!certificate.look().unwrap());
    assert_eq!(certificate.look().unwrap_err().code(), "CERTIFICATE_ABSENT");
    assert!(!certificate.look().unwrap());
    assert_eq!(certificate.chain(), first);
    made(folder.path(), "till.local");
    certificate.look().unwrap();
    assert!(certificate.look().unwrap());
}

#[test]
fn files_that_cannot_be_used_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let files = made(folder.path(), "till.local");
    let code = |files: &Files| Certificate::read(files).err().map(|fault| fault.code());
    assert_eq!(code(&files), None);
    let mixed = Files { key: made(other.path(), "till.local").key, ..files.clone() };
    assert_eq!(code(&mixed), Some("CERTIFICATE_OF_ANOTHER_KEY"));
    let swapped = Files { certificate: files.key.clone(), ..files.clone() };
    assert_eq!(code(&swapped), Some("CERTIFICATE_ABSENT"));
    let keyless = Files { key: folder.path().join("none"), ..files.clone() };
    assert_eq!(code(&keyless), Some("CERTIFICATE_UNREADABLE"));
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(code(&files), Some("CERTIFICATE_KEY_FOR_ALL"));
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&files.key, "").unwrap();
    assert_eq!(code(&files), Some("CERTIFICATE_KEY_ABSENT"));
}
