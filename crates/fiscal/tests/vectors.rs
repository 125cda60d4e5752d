//! The payloads that must pass or fail, with the path that each fault names.

use std::{collections::BTreeMap, fs, path::PathBuf};

use fiscal::{Invoice, Path, Validated};
use serde_json::Value;

fn vectors() -> BTreeMap<String, Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/canonical");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path));
    let payloads = named.filter(|(name, _)| name.contains("valid_"));
    payloads.map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

fn expected() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/canonical/expected.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn there_are_sixteen_valid_and_fifty_four_invalid_vectors() {
    let vectors = vectors();
    let valid = vectors.keys().filter(|name| name.starts_with("valid_")).count();
    assert_eq!((valid, vectors.len() - valid), (16, 54));
    assert_eq!(expected().as_object().unwrap().len(), 54);
}

#[test]
fn valid_vectors_are_read_and_written_back_byte_for_byte() {
    for (name, payload) in vectors().iter().filter(|(name, _)| name.starts_with("valid_")) {
        let sale = Validated::read(payload).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let mut written = String::new();
        sale.invoice().write(&mut written).unwrap();
        assert_eq!(written.as_bytes(), payload, "{name}");
    }
}

#[test]
fn invalid_vectors_are_refused_with_the_expected_path() {
    let expected = expected();
    for (name, payload) in vectors().iter().filter(|(name, _)| name.starts_with("invalid_")) {
        let fault = Validated::read(payload).expect_err(name);
        if let Some(path) = expected[name]["path"].as_str() {
            assert_eq!(fault.path.to_string(), path, "{name}: {fault}");
        }
    }
}

#[test]
fn faults_of_sums_and_values_are_found_in_payloads_that_are_well_formed() {
    for (name, payload) in vectors().iter().filter(|(name, _)| name.starts_with("invalid_sum_")) {
        assert!(Invoice::read(payload).is_ok(), "{name}");
    }
}

#[test]
fn a_payload_cut_anywhere_is_refused_without_a_panic() {
    for (name, payload) in vectors().iter().filter(|(name, _)| name.starts_with("valid_")) {
        for length in 0..payload.len().min(4_096) {
            assert!(Validated::read(&payload[..length]).is_err(), "{name} cut at {length}");
        }
    }
}

#[test]
fn a_fault_of_the_whole_payload_has_no_path() {
    assert_eq!(Validated::read(b"\xFF").unwrap_err().path, Path::ROOT);
}

#[test]
fn the_facts_of_an_invoice_are_those_of_its_sale() {
    let number = fiscal::InvoiceNumber::new(105).unwrap();
    for (name, payload) in vectors().iter().filter(|(name, _)| name.starts_with("valid_")) {
        let sale = Validated::read(payload).unwrap();
        let facts = fiscal::InvoiceFacts::of_invoice(sale.invoice(), number);
        assert_eq!(facts, fiscal::InvoiceFacts::of(&sale.sale(), number), "{name}");
    }
}
