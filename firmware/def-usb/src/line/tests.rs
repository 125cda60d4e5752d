#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{collections::VecDeque, vec, vec::Vec};

use core::task::Poll;

use embassy_futures::poll_once;
use proptest::prelude::*;

use super::{Change, INCOMING_BYTES, Line, OUTGOING_BYTES, Offered, PACKET_BYTES, Received};

/// A line to a host that asked something.
pub(crate) fn asked() -> Line {
    let line = Line::new();
    line.change(Change::Dtr(true));
    line.push(b"?");
    assert_eq!(line.take(&mut [0; 8]), Received::Bytes(1));
    line
}

/// The next packet, if one is due.
pub(crate) fn fetch(line: &Line) -> Option<Vec<u8>> {
    match poll_once(line.packet(line.session())) {
        Poll::Ready(Ok(packet)) => Some(packet.bytes().to_vec()),
        Poll::Ready(Err(_)) => panic!("the session is this one"),
        Poll::Pending => None,
    }
}

fn has_room(line: &Line) -> bool {
    matches!(poll_once(line.room(line.session())), Poll::Ready(Ok(())))
}

fn take(line: &Line, most: usize) -> (Received, Vec<u8>) {
    let mut buffer = vec![0; most];
    let received = line.take(&mut buffer);
    buffer.truncate(if let Received::Bytes(count) = received { count } else { 0 });
    (received, buffer)
}

#[derive(Clone, Debug)]
enum Event {
    /// The host sends a packet.
    Sends(usize),
    Goes,
    /// The engine takes so much.
    Takes(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (1..=PACKET_BYTES).prop_map(Event::Sends),
        2 => Just(Event::Goes),
        3 => (1..600_usize).prop_map(Event::Takes),
    ];
    prop::collection::vec(event, 0..150)
}

/// What the engine is to hear: bytes, and goings.
#[derive(Default)]
struct Heard {
    queue: VecDeque<Option<u8>>,
    spoke: bool,
}

impl Heard {
    fn goes(&mut self) {
        if !std::mem::take(&mut self.spoke) {
            return;
        }
        match self.queue.iter().position(Option::is_none) {
            // Of a host that came after one of whose going the engine does not know, it never hears.
            Some(going) => self.queue.truncate(going + 1),
            None => self.queue.push_back(None),
        }
    }

    fn takes(&mut self, most: usize) -> (Received, Vec<u8>) {
        if self.queue.front() == Some(&None) {
            self.queue.pop_front();
            return (Received::Closed, Vec::new());
        }
        let mut bytes = Vec::new();
        while bytes.len() < most
            && let Some(Some(byte)) = self.queue.front()
        {
            bytes.push(*byte);
            self.queue.pop_front();
        }
        (if bytes.is_empty() { Received::Nothing } else { Received::Bytes(bytes.len()) }, bytes)
    }
}

proptest! {
    #[test]
    fn the_engine_hears_every_byte_of_a_host_and_then_that_it_went(events in events()) {
        let (line, mut heard, mut next) = (Line::new(), Heard::default(), 0_u8);
        for event in events {
            match event {
                Event::Sends(count) if has_room(&line) => {
                    let packet: Vec<u8> = (0..count).map(|_| { next = next.wrapping_add(1); next }).collect();
                    line.push(&packet);
                    heard.queue.extend(packet.into_iter().map(Some));
                    heard.spoke = true;
                }
                Event::Sends(_) => {
                    let bytes = heard.queue.iter().flatten().count();
                    prop_assert!(bytes > INCOMING_BYTES - PACKET_BYTES, "no room beside {bytes} bytes");
                }
                Event::Goes => {
                    line.change(Change::Interrupted);
                    heard.goes();
                }
                Event::Takes(most) => prop_assert_eq!(take(&line, most), heard.takes(most)),
            }
            let arrived = poll_once(line.arrived()).is_ready();
            prop_assert_eq!(arrived, !heard.queue.is_empty());
        }
    }

    #[test]
    fn the_host_gets_every_byte_and_sees_the_end_of_every_frame(
        pieces in prop::collection::vec((prop::collection::vec(b'a'..=b'z', 0..150), any::<bool>(), 0..4_usize), 0..40),
    ) {
        let line = asked();
        let (mut sent, mut got) = (Vec::new(), Vec::new());
        for (mut piece, ends, fetches) in pieces {
            if ends {
                piece.push(3);
            }
            let mut rest = piece.as_slice();
            while !rest.is_empty() {
                match line.offer(rest) {
                    Offered::Taken(count) => rest = &rest[count..],
                    Offered::Full => got.extend(fetch(&line).unwrap()),
                    Offered::Lost => panic!("the host is there"),
                }
            }
            sent.extend(&piece);
            for _ in 0..fetches {
                got.extend(fetch(&line).unwrap_or_default());
            }
            if ends && fetches == 3 {
                let mut last = None;
                while let Some(packet) = fetch(&line) {
                    got.extend(&packet);
                    last = Some(packet.len());
                }
                prop_assert_eq!(&got, &sent, "all of a frame goes out");
                prop_assert_ne!(last, Some(PACKET_BYTES), "a transfer ends with a short packet");
            }
        }
        line.release();
        std::iter::from_fn(|| fetch(&line)).for_each(|packet| got.extend(packet));
        prop_assert_eq!(got, sent);
    }

    #[test]
    fn a_frame_of_which_something_was_lost_has_no_end(
        frames in prop::collection::vec((1..1_500_usize, 1..200_usize, 0..12_usize), 1..30),
    ) {
        let line = asked();
        let mut got = Vec::new();
        for (number, (length, piece, fetches)) in frames.iter().enumerate() {
            let letter = b'a' + (number % 26) as u8;
            let frame = [vec![2], vec![letter; *length], vec![3]].concat();
            for mut rest in frame.chunks(*piece) {
                while !rest.is_empty() {
                    match line.offer(rest) {
                        Offered::Taken(count) => rest = &rest[count..],
                        Offered::Full => line.give_up(),
                        Offered::Lost => break,
                    }
                }
                // The host reads in the middle of a frame, too.
                if fetches % 3 == 0 {
                    got.extend(fetch(&line).unwrap_or_default());
                }
            }
            (0..*fetches).for_each(|_| got.extend(fetch(&line).unwrap_or_default()));
        }
        std::iter::from_fn(|| fetch(&line)).for_each(|packet| got.extend(packet));
        for frame in got.split(|byte| *byte == 2).skip(1) {
            let whole = frame.ends_with(&[3]);
            let letters = if whole { &frame[..frame.len() - 1] } else { frame };
            prop_assert!(letters.iter().all(|letter| letters.first() == Some(letter)));
            if whole {
                let known = frames.iter().enumerate().any(|(number, (length, ..))| {
                    b'a' + (number % 26) as u8 == letters[0] && *length == letters.len()
                });
                prop_assert!(known, "a frame of {} bytes was not sent", letters.len());
            }
        }
    }
}

#[test]
fn answers_to_a_host_that_went_are_lost_also_when_another_one_came() {
    let line = asked();
    assert_eq!(line.offer(b"one"), Offered::Taken(3));
    line.change(Change::Dtr(false));
    assert_eq!((line.offer(b"two"), line.unsent()), (Offered::Lost, 0));
    line.change(Change::Dtr(true));
    line.push(b"?");
    assert_eq!(line.offer(b"three"), Offered::Lost);
    assert_eq!(take(&line, 8).0, Received::Closed);
    assert_eq!(line.offer(b"four"), Offered::Lost);
    assert_eq!(take(&line, 8).0, Received::Bytes(1));
    assert_eq!(line.offer(b"five\x03"), Offered::Taken(5));
    assert_eq!(fetch(&line).unwrap(), b"five\x03");
}

#[test]
fn what_a_host_said_that_went_is_answered_to_no_one() {
    let line = Line::new();
    line.push(b"?");
    line.change(Change::Interrupted);
    assert_eq!(take(&line, 8).0, Received::Bytes(1));
    assert_eq!(line.offer(b"one"), Offered::Lost);
}

#[test]
fn a_host_is_no_other_for_setting_what_is_set() {
    let line = asked();
    let session = line.session();
    line.change(Change::Dtr(true));
    assert_eq!(line.session(), session);
    line.change(Change::Dtr(false));
    line.change(Change::Dtr(false));
    assert_eq!(line.session(), session + 1);
}

#[test]
fn a_reset_lowers_dtr_and_a_sleep_does_not() {
    let line = asked();
    line.change(Change::Interrupted);
    let session = line.session();
    line.change(Change::Dtr(true));
    assert_eq!(line.session(), session);
    line.change(Change::Reset);
    line.change(Change::Dtr(true));
    assert_eq!(line.session(), session + 2);
}

#[test]
fn a_full_queue_takes_no_more_until_a_packet_is_fetched() {
    let line = asked();
    let mut taken = 0;
    while let Offered::Taken(count) = line.offer(&[b'x'; 100]) {
        taken += count;
    }
    assert_eq!(taken, OUTGOING_BYTES);
    assert_eq!(fetch(&line).unwrap().len(), PACKET_BYTES);
    assert_eq!(line.offer(&[b'x'; 100]), Offered::Taken(PACKET_BYTES));
}
