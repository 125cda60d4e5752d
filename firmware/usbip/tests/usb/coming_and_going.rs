//! Hosts come and go, at any moment.

use crate::{
    desk::{Table, parrot, spoken},
    host::{QUIET, SOON},
    port::{IN, Port, frame},
};

/// A way for a host to go, after which there is one again.
type Going = fn(&Table, Port) -> Port;

const GOINGS: [(&str, Going); 7] = [
    ("unplugged", |table, port| {
        drop(port);
        Port::open(table.address())
    }),
    ("closed", |_, mut port| {
        port.reopen();
        port
    }),
    ("reset by the wire's request", |_, mut port| {
        port.host.control_out(0x23, 3, 4, 1, &[]).unwrap();
        port.configure();
        port.set_dtr(true);
        port
    }),
    ("reset", |table, mut port| {
        table.cable().reset();
        port.configure();
        port.set_dtr(true);
        port
    }),
    ("asleep, with the port open", |table, mut port| {
        table.cable().suspend();
        table.cable().resume();
        // Linux asks a device that woke up how it is.
        port.host.control_in(0x80, 0, 0, 0, 2).unwrap();
        port
    }),
    ("configured again", |_, mut port| {
        port.host.control_out(0x00, 9, 0, 0, &[]).unwrap();
        port.configure();
        port.set_dtr(true);
        port
    }),
    ("set to the same setting", |_, mut port| {
        port.host.control_out(0x01, 11, 0, 1, &[]).unwrap();
        port
    }),
];

#[test]
fn half_a_request_goes_with_its_host() {
    for (name, go) in GOINGS {
        println!("{name}");
        let table = parrot();
        let mut port = Port::open(table.address());
        port.send(b"\x0230 half");
        let mut port = go(&table, port);
        // Whatever goes on with the half would be answered.
        port.send(b"ed\x03");
        port.expect_silence();
        assert_eq!(port.ask("30 whole"), spoken(30, "whole"), "{name}");
        port.expect_silence();
        table.expect_alive();
    }
}

#[test]
fn what_one_host_did_not_read_is_not_for_the_next() {
    for (name, go) in GOINGS {
        println!("{name}");
        for length in [20, 64, 128, 1_500] {
            let table = parrot();
            let mut port = Port::open(table.address());
            port.send_frame(&format!("{length} old"));
            // The answer to this waits behind the other, which is ready then.
            port.send_frame("30 late");
            std::thread::sleep(QUIET);
            let mut port = go(&table, port);
            port.expect_silence();
            assert_eq!(port.ask("70 new"), spoken(70, "new"), "{name}, {length} bytes");
            port.expect_silence();
        }
    }
}

#[test]
fn an_answer_that_is_still_being_made_is_not_for_the_next_host() {
    for (name, go) in GOINGS {
        println!("{name}");
        let table = parrot();
        let mut port = Port::open(table.address());
        port.send_frame("300 old 100");
        std::thread::sleep(QUIET);
        let mut port = go(&table, port);
        assert_eq!(port.ask("70 new"), spoken(70, "new"), "{name}");
        port.expect_silence();
    }
}

#[test]
fn what_one_host_read_in_part_goes_on_with_a_new_frame() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send_frame("1000 old");
    let first = port.host.submit_in(IN, 64);
    assert_eq!(port.host.end(first).data, frame(&spoken(1_000, "old"))[..64]);
    port.reopen();
    assert_eq!(port.ask("70 new"), spoken(70, "new"));
}

#[test]
fn what_a_host_sent_whole_before_it_closed_is_done() {
    let table = parrot();
    let mut port = Port::open(table.address());
    #[allow(clippy::disallowed_methods, reason = "that the device was busy is what this shows")]
    let begun = std::time::Instant::now();
    // The parrot sleeps, so that the second request waits in the queue when the host goes.
    port.send_frame("30 one 500");
    port.send_frame("30 two 500");
    port.reopen();
    assert_eq!(port.ask("30 three"), spoken(30, "three"));
    assert!(begun.elapsed().as_millis() >= 1_000);
}

#[test]
fn hosts_that_come_and_go_while_the_device_is_busy_leave_no_trace() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send_frame("30 busy 200");
    port.send(b"\x02half of");
    for _ in 0..5 {
        port.reopen();
        port.send(b" more\x03\x0230 unheard\x03\x0230 half");
    }
    port.reopen();
    port.send(b" again\x03");
    assert_eq!(port.ask("30 last"), spoken(30, "last"));
    port.expect_silence();
}

#[test]
fn a_packet_that_the_controller_took_while_the_queue_was_full_goes_with_its_host() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send_frame("30 busy 2000");
    std::thread::sleep(QUIET);
    // More than fits: the last packets stay at the controller and on the wire.
    let half = format!("\x0230 half{}", "x".repeat(56));
    let flood = port.host.submit_out(1, 0, half.repeat(100).as_bytes());
    assert_eq!(port.host.wait(flood, QUIET), None);
    let reopen = |port: &mut Port| {
        port.set_dtr(false);
        port.host.unlink(flood);
        port.set_dtr(true);
    };
    reopen(&mut port);
    port.send(b"ed\x03");
    assert_eq!(port.ask("30 after"), spoken(30, "after"));
    port.expect_silence();
}

#[test]
fn two_hosts_in_turn_get_their_own_answers_only() {
    let table = parrot();
    for turn in 0..20 {
        let mut port = Port::open(table.address());
        let name = format!("turn{turn}-");
        assert_eq!(port.ask(&format!("500 {name}")), spoken(500, &name));
        port.send_frame(&format!("{} unread", 40 + turn * 30));
    }
    table.expect_alive();
}

#[test]
fn a_program_that_never_raises_dtr_is_answered_too() {
    let table = parrot();
    let mut port = Port::plug_in(table.address());
    assert_eq!(port.ask("100 plain"), spoken(100, "plain"));
    // One that opens the port properly is another.
    port.send_frame("100 unread");
    port.send(b"\x0230 half");
    std::thread::sleep(QUIET);
    port.set_dtr(true);
    port.send(b"ed\x03");
    port.expect_silence();
    assert_eq!(port.ask("100 proper"), spoken(100, "proper"));
}

#[test]
fn to_raise_rts_or_dtr_again_changes_nothing() {
    let table = parrot();
    let mut port = Port::open(table.address());
    port.send(b"\x02100 ");
    for lines in [3, 1, 3, 1] {
        port.host.control_out(0x21, 0x22, lines, 0, &[]).unwrap();
    }
    port.send(b"whole\x03");
    assert_eq!(port.read_frame(SOON), Some(spoken(100, "whole")));
}

#[test]
fn a_halted_endpoint_goes_on_when_the_host_clears_it() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for endpoint in [0x01, 0x82] {
        port.host.control_out(0x02, 3, 0, endpoint, &[]).unwrap();
        assert_eq!(port.host.control_in(0x82, 0, 0, endpoint, 2).unwrap(), [1, 0]);
        let number = endpoint as u8 & 15;
        let transfer = if endpoint & 0x80 == 0 {
            port.host.submit_out(number, 0, b"x")
        } else {
            port.host.submit_in(number, 64)
        };
        assert_eq!(port.host.end(transfer).status, usbip::wire::status::EPIPE);
        port.host.control_out(0x02, 1, 0, endpoint, &[]).unwrap();
        assert_eq!(port.host.control_in(0x82, 0, 0, endpoint, 2).unwrap(), [0, 0]);
        assert_eq!(port.ask("100 on"), spoken(100, "on"));
    }
}
