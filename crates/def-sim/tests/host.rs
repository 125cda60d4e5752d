//! The parts that files keep.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod support;

use std::{fs, os::unix::fs::MetadataExt};

use def_engine::board::{Clock, SecureElement, Ticks};
use def_sim::{
    ElementError, FileElement, FileFlash, FlashError, HostClock, HostFault, HostTicks, Seeded, StateDirectory,
};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use fiscal::RecordHash;
use support::{bytes, time};

#[test]
fn a_fresh_part_of_full_size_is_erased_and_takes_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash");
    let mut flash = FileFlash::open(&path, FileFlash::DEFAULT_BYTES).unwrap();
    let end = flash.capacity() as u32;
    assert_eq!(end, 64 << 20);
    assert_eq!(bytes(&mut flash, end - 4), [0xFF; 4]);
    flash.write(end - 1, &[0x00]).unwrap();
    flash.sync().unwrap();
    let file = fs::metadata(path).unwrap();
    assert_eq!(file.len(), 64 << 20);
    assert!(file.blocks() * 512 < 1 << 20, "{} blocks", file.blocks());
}

#[test]
fn power_fails_in_the_middle_of_a_program_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash");
    let mut flash = FileFlash::open(&path, 8192).unwrap();
    flash.power().fail_within(4);
    flash.write(0, &[0; 4]).unwrap();
    assert!(!flash.power().is_off(), "what begins a sector is its header");
    flash.write(4, &[0; 3]).unwrap();
    flash.erase(4096, 8192).unwrap();
    assert!(!flash.power().is_off(), "neither a short program nor an erase is cut");
    assert_eq!(flash.write(8, &[0; 4]), Err(FlashError::PowerLost));
    assert!(flash.power().is_off());
    flash.power().stay_on();
    assert!(flash.power().is_off(), "it does not come again");
    assert_eq!(flash.write(12, &[0; 4]), Err(FlashError::PowerLost));
    assert_eq!(flash.erase(0, 4096), Err(FlashError::PowerLost));
    assert_eq!(flash.read(0, &mut [0; 4]), Err(FlashError::PowerLost));
    drop(flash);
    let mut flash = FileFlash::open(&path, 8192).unwrap();
    let mut cells = [0; 16];
    flash.read(0, &mut cells).unwrap();
    assert_eq!(cells, [0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
}

#[test]
fn power_that_was_told_to_fail_can_be_told_to_stay_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut flash = FileFlash::open(folder.path().join("flash"), 4096).unwrap();
    flash.power().fail_within(1);
    flash.power().stay_on();
    flash.write(8, &[0; 300]).unwrap();
    assert!(!flash.power().is_off());
}

#[test]
fn a_flash_of_another_size_or_of_no_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash");
    FileFlash::open(&path, 8192).unwrap();
    let fault = FileFlash::open(&path, 4096).unwrap_err();
    assert!(matches!(fault, HostFault::FlashSize { found: 8192, expected: 4096, .. }), "{fault}");
    for bytes in [0, 4095, 4097, 1 << 32] {
        assert_eq!(FileFlash::open(folder.path().join("new"), bytes).unwrap_err().code(), "SIM_PART_SIZE");
    }
    fs::write(folder.path().join("empty"), "").unwrap();
    let mut flash = FileFlash::open(folder.path().join("empty"), 4096).unwrap();
    assert_eq!(bytes(&mut flash, 4095), [0xFF], "killed while it was made");
}

#[test]
fn a_secure_element_keeps_key_and_counter_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("element");
    let open = || FileElement::open(&path, Seeded::new(3)).unwrap();
    assert_eq!(open().public_key(), Ok(None));
    assert_eq!(open().increment(), Ok(1));
    let mut element = open();
    let key = element.make_key().unwrap();
    assert_eq!(element.increment(), Ok(2));
    let signature = element.sign(&RecordHash([1; 32])).unwrap();
    // Nothing is said to the old one: it is as if killed.
    let mut again = open();
    assert_eq!(again.public_key(), Ok(Some(key)));
    assert_eq!(again.counter(), Ok(2));
    assert_eq!(again.sign(&RecordHash([1; 32])), Ok(signature));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_half_written_successor_of_the_elements_file_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("element");
    let open = || FileElement::open(&path, Seeded::new(3)).unwrap();
    assert_eq!(open().increment(), Ok(1));
    fs::write(path.with_extension("new"), "secure elem").unwrap();
    assert_eq!(open().counter(), Ok(1));
    assert_eq!(open().increment(), Ok(2));
    assert_eq!(open().counter(), Ok(2));
}

#[test]
fn an_element_that_cannot_save_says_so_and_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/element");
    fs::create_dir(folder.path().join("state")).unwrap();
    let mut element = FileElement::open(&path, Seeded::new(3)).unwrap();
    assert_eq!(element.increment(), Ok(1));
    fs::remove_dir_all(folder.path().join("state")).unwrap();
    assert_eq!(element.increment(), Err(ElementError::Host(std::io::ErrorKind::NotFound)));
    assert_eq!(element.make_key(), Err(ElementError::Host(std::io::ErrorKind::NotFound)));
    assert_eq!((element.counter(), element.public_key()), (Ok(1), Ok(None)));
}

#[test]
fn an_elements_file_that_says_anything_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("element");
    let zero = "0".repeat(64);
    let wrong = [
        "",
        "secure element 1\ncounter 1\nkey none",
        "secure element 1\ncounter 2097152\nkey none\n",
        "secure element 1\ncounter -1\nkey none\n",
        "secure element 2\ncounter 1\nkey none\n",
        "secure element 1\ncounter 1\nkey 12\n",
        &format!("secure element 1\ncounter 1\nkey {zero}\n"),
    ];
    for text in wrong {
        fs::write(&path, text).unwrap();
        assert_eq!(FileElement::open(&path, Seeded::new(3)).unwrap_err().code(), "SIM_DAMAGED", "{text:?}");
    }
    fs::write(&path, "secure element 1\ncounter 7\nkey none\n").unwrap();
    assert_eq!(FileElement::open(&path, Seeded::new(3)).unwrap().counter(), Ok(7));
}

#[test]
fn an_element_in_a_file_fails_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut element = FileElement::open(folder.path().join("element"), Seeded::new(3)).unwrap();
    element.soft().fail_next(2);
    assert_eq!(element.increment(), Err(ElementError::Failing));
    assert_eq!(element.make_key(), Err(ElementError::Failing));
    assert_eq!(element.increment(), Ok(1));
}

#[test]
fn a_host_clock_keeps_its_offset_until_it_loses_power() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock");
    let mut clock = HostClock::open(&path).unwrap();
    assert_eq!(clock.now(), None);
    clock.set(time(4_000_000_000));
    assert!(clock.take_fault().is_none());
    let near = |now: Option<fiscal::Timestamp>| now.unwrap().seconds_after(time(4_000_000_000)) < 60;
    assert!(near(clock.now()));
    assert!(near(HostClock::open(&path).unwrap().now()));
    clock.lose_power().unwrap();
    assert_eq!(clock.now(), None);
    assert_eq!(HostClock::open(&path).unwrap().now(), None);
    clock.lose_power().unwrap();
    fs::write(&path, "offset later\n").unwrap();
    assert_eq!(HostClock::open(&path).unwrap_err().code(), "SIM_DAMAGED");
}

#[test]
fn a_host_clock_that_cannot_be_saved_says_so_and_runs_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut clock = HostClock::open(folder.path().join("nowhere/clock")).unwrap();
    clock.set(time(1000));
    assert!(clock.now().is_some());
    assert_eq!(clock.take_fault().unwrap().code(), "SIM_IO");
    assert!(clock.take_fault().is_none());
}

#[test]
fn host_ticks_begin_at_0_and_rise() {
    let mut ticks = HostTicks::start();
    assert!(ticks.milliseconds() < 1000);
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(ticks.milliseconds() >= 20);
}

#[test]
fn a_second_simulator_on_the_same_state_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = StateDirectory::open(&path).unwrap();
    let fault = StateDirectory::open(&path).unwrap_err();
    assert_eq!(fault.code(), "SIM_IN_USE");
    let process = std::process::id();
    let expected = format!(
        "{} is in use by another simulator (process {process}): stop that one, or choose another directory",
        path.display()
    );
    assert_eq!(fault.to_string(), expected);
    drop(first);
    StateDirectory::open(&path).unwrap();
}

#[test]
fn a_lock_file_that_a_killed_simulator_left_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lock"), "999999999\n").unwrap();
    let _first = StateDirectory::open(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("lock")).unwrap(), format!("{}\n", std::process::id()));
}

#[test]
fn the_parts_of_a_state_directory_are_there_again_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/state");
    let state = StateDirectory::open(&path).unwrap();
    state.flash(8192).unwrap().write(5, &[0x42]).unwrap();
    let key = state.secure_element().unwrap().make_key().unwrap();
    state.clock().unwrap().set(time(4_000_000_000));
    drop(state);
    let state = StateDirectory::open(&path).unwrap();
    let mut parts = state.parts(8192).unwrap();
    assert_eq!(bytes(&mut parts.flash, 5), [0x42]);
    assert_eq!(parts.element.public_key(), Ok(Some(key)));
    assert!(parts.clock.now().is_some());
    assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o700);
}
