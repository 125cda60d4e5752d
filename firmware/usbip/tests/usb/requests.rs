//! Requests, however they are cut into transfers.

use std::time::{Duration, Instant};

use usbip::wire::ZERO_PACKET;

use crate::{
    desk::{parrot, spoken},
    host::{QUIET, SOON},
    port::{OUT, Port, frame},
};

/// A request of that many bytes in all, and its answer.
fn request(length: usize) -> (Vec<u8>, String) {
    let head = "30 ";
    let name: String = ('a'..='z').cycle().take(length - 2 - head.len()).collect();
    (frame(&format!("{head}{name}")), spoken(30, &name))
}

#[test]
fn a_request_may_be_cut_into_two_transfers_anywhere() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let (request, answer) = request(200);
    for cut in 1..request.len() {
        port.send(&request[..cut]);
        port.send(&request[cut..]);
        assert_eq!(port.read_frame(SOON).as_deref(), Some(answer.as_str()), "cut at {cut}");
    }
}

#[test]
fn a_request_may_come_in_transfers_of_any_size() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let (request, answer) = request(1_000);
    for size in 1..=200 {
        // All at once under way, as a kernel has them.
        let transfers: Vec<_> =
            request.chunks(size).map(|piece| port.host.submit_out(OUT, 0, piece)).collect();
        for transfer in transfers {
            assert_eq!(port.host.end(transfer).status, 0);
        }
        assert_eq!(port.read_frame(SOON).as_deref(), Some(answer.as_str()), "in pieces of {size}");
    }
}

#[test]
fn a_request_of_any_length_is_answered_with_and_without_an_empty_packet_at_its_end() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for length in 8..=200 {
        let (request, answer) = request(length);
        for flags in [0, ZERO_PACKET] {
            let transfer = port.host.submit_out(OUT, flags, &request);
            assert_eq!(port.host.end(transfer).actual, length);
            assert_eq!(port.read_frame(SOON).as_deref(), Some(answer.as_str()), "{length} bytes");
        }
    }
}

#[test]
fn empty_transfers_change_nothing() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let (request, answer) = request(90);
    for piece in request.chunks(30) {
        port.send(&[]);
        port.send(piece);
        port.send(&[]);
    }
    assert_eq!(port.read_frame(SOON), Some(answer));
}

#[test]
fn a_busy_device_takes_no_more_than_its_queue_holds_and_loses_nothing() {
    let table = parrot();
    let mut port = Port::open(table.address());
    #[allow(clippy::disallowed_methods, reason = "how long a host is held off is what this shows")]
    let begun = Instant::now();
    port.send_frame("10 slow 2000");
    let requests: Vec<_> =
        (0..150).map(|number| frame(&format!("40 n{number:03} 0 {}", "x".repeat(50)))).collect();
    let bytes = requests.concat();
    let all = port.host.submit_out(OUT, 0, &bytes);
    assert_eq!(port.host.wait(all, QUIET), None, "{} bytes do not fit", bytes.len());
    assert_eq!(port.read_frame(SOON), Some(spoken(10, "slow")));
    for number in 0..150 {
        assert_eq!(port.read_frame(SOON), Some(spoken(40, &format!("n{number:03}"))));
    }
    assert_eq!(port.host.end(all).actual, bytes.len());
    assert!(begun.elapsed() >= Duration::from_secs(2));
}
