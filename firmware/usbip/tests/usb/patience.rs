//! A host that does not read.

use std::time::{Duration, Instant};

use def_usb::{OUTGOING_BYTES, PATIENCE_MS};

use crate::{
    desk::{parrot, spoken},
    host::SOON,
    port::{IN, Port},
};

const PATIENCE: Duration = Duration::from_millis(PATIENCE_MS);

#[allow(clippy::disallowed_methods, reason = "how long a device waits is what this shows")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_host_that_does_not_read_is_waited_for_once_and_the_device_goes_on() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let begun = now();
    for _ in 0..3 {
        port.send_frame("20000 unread");
    }
    // Its answer would not come before the device is through with the others.
    port.close();
    port.set_dtr(true);
    assert_eq!(port.ask("30 next"), spoken(30, "next"));
    assert!(begun.elapsed() < PATIENCE * 9 / 10, "a host that is gone is not waited for");

    for _ in 0..3 {
        port.send_frame("20000 unread");
    }
    // Until the device is through, this stays in the queue; it answers to no one.
    let begun = now();
    port.send_frame("30 last");
    while port.host.control_in(0xA1, 0x21, 0, 0, 7).is_ok() && begun.elapsed() < 2 * PATIENCE {}
    port.reopen();
    let begun = now();
    assert_eq!(port.ask("30 next"), spoken(30, "next"));
    assert!(begun.elapsed() < PATIENCE * 9 / 10, "it had given up before, and once for all three");
}

#[test]
fn a_host_that_reads_late_finds_no_frame_with_a_hole() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send_frame("20000 unread");
    port.send_frame("20000 unheard");
    std::thread::sleep(2 * PATIENCE);
    // The beginning of the first is there; the rest of it and the other one are lost. Then it reads, and asks.
    let mut seen: Vec<u8> = Vec::new();
    while seen.len() < OUTGOING_BYTES / 2 {
        let read = port.host.submit_in(IN, 512);
        seen.extend(port.host.end(read).data);
    }
    port.send_frame("300 heard");
    while !seen.ends_with(b"\x03") {
        let read = port.host.submit_in(IN, 512);
        seen.extend(port.host.end(read).data);
    }
    let frames: Vec<_> = seen.split(|byte| *byte == 2).skip(1).collect();
    assert_eq!(frames.len(), 2, "{}", String::from_utf8_lossy(&seen));
    let (torn, whole) = (frames[0], frames[1]);
    assert!(spoken(20_000, "unread").as_bytes().starts_with(torn), "{}", String::from_utf8_lossy(torn));
    assert_eq!(whole, [spoken(300, "heard").as_bytes(), b"\x03"].concat());
}

#[test]
fn a_slow_host_gets_a_long_answer_whole() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send_frame("30000 slowly");
    let mut answer: Vec<u8> = Vec::new();
    let begun = now();
    while !answer.ends_with(b"\x03") {
        let read = port.host.submit_in(IN, 512);
        answer.extend(port.host.wait(read, SOON).unwrap().data);
        if answer.len() < 5_000 {
            std::thread::sleep(Duration::from_millis(250));
        }
    }
    assert!(begun.elapsed() > PATIENCE, "it took longer than a host is waited for that takes nothing");
    assert_eq!(&answer[1..answer.len() - 1], spoken(30_000, "slowly").as_bytes());
}
