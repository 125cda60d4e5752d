//! Journals of the formats that were released are read for ever. How they were made: `examples/make_images.rs`.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{fs, path::Path};

use def_engine::Memory;
use def_sim::{ManualClock, SoftElement, World};
use def_trials::{Authority, Host, Sale, authority::at};
use serde_json::Value;

/// The board that an image is of, and what is known of it.
fn board(name: &str) -> (World, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("images");
    let known = fs::read(folder.join(format!("{name}.json"))).unwrap();
    let known: Value = serde_json::from_slice(&known).unwrap();
    let world = match known["over"].as_str() {
        Some(below) => board(below).0,
        None => World::new(known["sectors"].as_u64().unwrap() as usize, 1),
    };
    let spans = fs::read(folder.join(format!("{name}.bin"))).unwrap();
    world.change(|state| {
        let mut rest = spans.as_slice();
        while let [a0, a1, a2, a3, l0, l1, following @ ..] = rest {
            let start = u32::from_be_bytes([*a0, *a1, *a2, *a3]);
            let (bytes, following) = following.split_at(u16::from_be_bytes([*l0, *l1]).into());
            (start..).zip(bytes).for_each(|(address, byte)| state.flash.program(address, &[*byte]));
            rest = following;
        }
        assert_eq!(rest, b"");
        state.clock = ManualClock::at(at(known["time"].as_str().unwrap()));
        let element = &known["secure_element"];
        let key: Vec<u8> = element["key"].as_str().unwrap().as_bytes().chunks(2).map(hex).collect();
        let counter = element["counter"].as_u64().unwrap();
        state.element = SoftElement::with(Some(key.as_slice().try_into().unwrap()), counter).unwrap();
    });
    (world, known)
}

fn hex(digits: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
}

fn digest(host: &mut Host<'_>) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let chunk = host.ask(&format!(r#"ADM|DUMPLOG {{"format":"digest","after":{after}}}"#));
        assert_eq!(chunk["status"], "OK", "{chunk}");
        for record in chunk["records"].as_array().unwrap() {
            let [kind, hash] = ["kind", "record_hash"].map(|name| record[name].as_str().unwrap());
            let number = format!("{}/{}", record["epoch"], record["invoice_seq"]);
            lines.push(format!("{} {kind} {number} {hash}", record["position"]));
        }
        after = chunk["chunk_index"].as_u64().unwrap();
        if chunk["last"] == true {
            return lines;
        }
    }
}

/// Mounts it twice: what was decided the first time holds. Everything that is known of it is there, and it goes on.
fn is_read(name: &str) {
    let (world, known) = board(name);
    let authority = Authority::default();
    for start in 1..=2 {
        let mut memory = Box::new(Memory::new());
        let mut host = Host::start(&world, authority.factory(), &mut memory);
        let status = host.ask("QRY|STATUS");
        assert_eq!(status["corrupt"], Value::Null, "{name}: {status}");
        for (member, value) in known["status"].as_object().unwrap() {
            assert_eq!(&status[member], value, "{name}, start {start}: {member}");
        }
        let records: Vec<_> =
            known["records"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let found = digest(&mut host);
        let (found, new) = found.split_at(records.len());
        assert_eq!(found, records, "{name}, start {start}");
        let recovered = new.iter().any(|line| line.contains(" recovery "));
        assert_eq!(recovered, known["recovered"] == true, "{name}: {new:?}");
        assert_eq!(new.iter().filter(|line| line.contains(" boot ")).count(), start, "{name}: {new:?}");
        let closure = &known["closure"];
        let again = host.ask(&format!(r#"RPT|Z {{"date":{}}}"#, closure["last_day"]));
        for (member, value) in closure.as_object().unwrap() {
            let expected = if member == "repeated" { &Value::Bool(true) } else { value };
            assert_eq!(&again[member], expected, "{name}: closure, {member}");
        }
        for line in found.iter().filter(|line| line.contains(" invoice ")) {
            let [_, _, number, hash] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let entry = host.ask(&format!("QRY|LOG {number}"));
            assert_eq!(entry["log_entry"]["sealed"]["record_hash"], hash, "{name}: {entry}");
        }
        drop(host);
        world.cut();
        world.reboot();
    }
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    host.rest();
    let sale = Sale::of("CAISSE-9", at(known["time"].as_str().unwrap()), 2, 77);
    let sealed = host.sell(&sale.payload());
    assert_eq!(sealed["invoice_seq"], known["status"]["next_invoice_seq"], "{name}: {sealed}");
}

#[test]
fn a_day_with_returns_a_closure_and_reboots_is_read() {
    is_read("v1-day");
}

#[test]
fn a_second_epoch_after_a_reset_is_read() {
    is_read("v1-epoch");
}

#[test]
fn a_journal_with_a_torn_record_is_read_and_says_so() {
    is_read("v1-torn");
}

#[test]
fn a_journal_whose_newest_record_has_no_mark_is_read_with_it() {
    is_read("v1-unmarked");
}

#[test]
fn hand_overs_that_do_not_name_the_devices_own_record_are_read() {
    is_read("v1-line");
}

#[test]
fn a_device_that_stood_by_and_a_line_that_came_and_went_are_read() {
    is_read("v2-line");
}
