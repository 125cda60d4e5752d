//! Answers, however they are read.

use usbip::wire::status::{ECONNRESET, EOVERFLOW};

use crate::{
    desk::{parrot, spoken},
    host::{QUIET, SOON},
    port::{IN, Port, frame},
};

#[test]
fn an_answer_of_any_length_is_one_transfer_of_just_its_bytes() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for length in (2..=330).chain([2_047, 2_048, 2_049, 4_031, 4_032]) {
        port.send_frame(&format!("{length} abcde"));
        let answer = port.read(SOON).expect("an answer of a full packet has an end too");
        assert_eq!(answer, frame(&spoken(length, "abcde")), "{length} bytes");
    }
    port.expect_silence();
}

#[test]
fn two_answers_are_two_transfers_also_when_the_first_ends_with_a_full_packet() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for first in [63, 64, 65, 128] {
        port.send(&[frame(&format!("{first} one 5")), frame("20 two 30")].concat());
        assert_eq!(port.read(SOON), Some(frame(&spoken(first, "one"))));
        assert_eq!(port.read(SOON), Some(frame(&spoken(20, "two"))));
    }
}

#[test]
fn an_answer_is_read_whole_by_reads_of_any_number_of_packets() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for length in [2, 63, 64, 65, 127, 128, 129, 192, 1_000, 1_024] {
        for buffer in [64, 128, 192, 256, 320, 512, 1_024, 2_048] {
            port.send_frame(&format!("{length} abcde"));
            let mut answer: Vec<u8> = Vec::new();
            loop {
                let read = port.host.submit_in(IN, buffer);
                let done = port.host.end(read);
                assert_eq!(done.status, 0);
                answer.extend(&done.data);
                if done.data.len() < buffer {
                    break;
                }
            }
            assert_eq!(answer, frame(&spoken(length, "abcde")), "{length} bytes by {buffer}");
        }
    }
}

#[test]
fn a_read_that_is_too_small_for_a_packet_loses_nothing() {
    let table = parrot();
    let mut port = Port::open(table.address());
    for buffer in 1..=200 {
        port.send_frame("150 abcde");
        let mut answer: Vec<u8> = Vec::new();
        let mut size = buffer;
        while answer.len() < 150 {
            let read = port.host.submit_in(IN, size);
            let done = port.host.end(read);
            answer.extend(&done.data);
            // A host that got less than a packet asks for a whole one.
            let fits = done.status == 0;
            assert!(fits || done.status == EOVERFLOW && !size.is_multiple_of(64), "{done:?}");
            size = if fits { buffer } else { 64 };
        }
        assert_eq!(answer, frame(&spoken(150, "abcde")), "by {buffer}");
    }
}

#[test]
fn reads_may_wait_before_the_question() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let reads: Vec<_> = (0..16).map(|_| port.host.submit_in(IN, 128)).collect();
    port.send_frame("300 abcde");
    let mut answer: Vec<u8> = Vec::new();
    for read in &reads[..3] {
        answer.extend(port.host.end(*read).data);
    }
    assert_eq!(answer, frame(&spoken(300, "abcde")));
    assert_eq!(port.host.wait(reads[3], QUIET), None);
}

#[test]
fn a_read_that_is_taken_back_takes_nothing_with_it() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let read = port.host.submit_in(IN, 512);
    assert_eq!(port.host.wait(read, QUIET), None);
    assert_eq!(port.host.unlink(read), ECONNRESET);
    assert_eq!(port.ask("100 abcde"), spoken(100, "abcde"));
    assert_eq!(port.host.wait(read, QUIET), None, "no end comes for what was taken back");
    assert_eq!(port.host.unlink(read), 0, "there is nothing to take back");
    assert_eq!(port.host.unlink(99_999), 0);
}

#[test]
fn the_interrupt_endpoint_is_silent() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let notice = port.host.submit_in(1, 8);
    assert_eq!(port.ask("100 abcde"), spoken(100, "abcde"));
    assert_eq!(port.host.wait(notice, QUIET), None);
}
