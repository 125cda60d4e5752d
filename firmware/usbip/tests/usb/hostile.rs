//! A host that means no good.

use std::time::Duration;

use crate::{
    desk::{Table, parrot, spoken},
    host::{Host, QUIET, SOON},
    port::{OUT, Port},
};

/// Marsaglia's xorshift: the same numbers each time.
struct Dice(u32);

impl Dice {
    fn roll(&mut self, most: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % most
    }

    fn byte(&mut self) -> u8 {
        self.roll(256) as u8
    }

    fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.roll(things.len() as u32) as usize]
    }
}

/// What hosts ask, to be changed a little.
const REQUESTS: [[u8; 8]; 14] = [
    [0x80, 6, 0, 1, 0, 0, 18, 0],
    [0x80, 6, 0, 2, 0, 0, 255, 0],
    [0x80, 6, 3, 3, 9, 4, 255, 0],
    [0x80, 6, 0, 15, 0, 0, 64, 0],
    [0x80, 0, 0, 0, 0, 0, 2, 0],
    [0x81, 10, 0, 0, 1, 0, 1, 0],
    [0x82, 0, 0, 0, 0x82, 0, 2, 0],
    [0x00, 5, 9, 0, 0, 0, 0, 0],
    [0x00, 9, 1, 0, 0, 0, 0, 0],
    [0x02, 1, 0, 0, 0x01, 0, 0, 0],
    [0x01, 11, 0, 0, 1, 0, 0, 0],
    [0x21, 0x20, 0, 0, 0, 0, 7, 0],
    [0x21, 0x22, 3, 0, 0, 0, 0, 0],
    [0xA1, 0x21, 0, 0, 0, 0, 7, 0],
];

#[track_caller]
fn expect_well(table: &Table) {
    let mut port = Port::open(table.address());
    assert_eq!(port.ask("100 well"), spoken(100, "well"));
    table.expect_alive();
}

#[test]
fn no_control_request_stops_the_device() {
    let table = parrot();
    let mut dice = Dice(1);
    let mut host = Host::attach(table.address());
    let (mut answered, mut refused, mut ignored) = (0, 0, 0);
    for _ in 0..4_000 {
        let mut setup = dice.one_of(&REQUESTS);
        for _ in 0..dice.roll(3) {
            setup[dice.roll(8) as usize] = dice.one_of(&[0, 1, 2, 6, 7, 0x21, 0x80, 0x82, 0xA1, 0xFF]);
        }
        let says = u16::from_le_bytes([setup[6], setup[7]]);
        // Mostly what the request says, else anything.
        let length = if dice.roll(4) == 0 { dice.roll(5_000) as usize } else { usize::from(says) };
        let reads = if dice.roll(8) == 0 { dice.roll(2) == 0 } else { setup[0] & 0x80 != 0 };
        let data = vec![dice.byte(); if reads { 0 } else { length }];
        let transfer = host.submit(reads, 0, 0, length, setup, &data);
        // One that reads nothing is left without an answer by the USB stack.
        match host
            .wait(transfer, if says == 0 && setup[0] & 0x80 != 0 { Duration::from_millis(3) } else { SOON })
        {
            Some(done) if done.status == 0 => answered += 1,
            Some(_) => refused += 1,
            None => {
                assert!(setup[0] & 0x80 != 0 && says == 0, "{setup:02x?}");
                ignored += 1;
                host.unlink(transfer);
            }
        }
    }
    assert!(answered > 300 && refused > 300 && ignored > 10, "{answered} {refused} {ignored}");
    drop(host);
    expect_well(&table);
}

#[test]
fn no_bytes_on_any_endpoint_stop_the_device() {
    let table = parrot();
    let mut dice = Dice(2);
    let mut port = Port::open(table.address());
    for _ in 0..400 {
        let bytes: Vec<u8> =
            (0..dice.roll(700)).map(|_| dice.one_of(&[2, 3, 0x1E, b'1', b' ', 0xFF])).collect();
        let endpoint = dice.one_of(&[OUT, OUT, OUT, 2, 3, 15]);
        let transfer = port.host.submit_out(endpoint, dice.roll(128), &bytes);
        // The answers to what is a request by chance are in no one's way.
        let read = port.host.submit_in(dice.one_of(&[2, 2, 2, 1, 7]), dice.roll(5_000) as usize);
        while port.host.wait(transfer, QUIET).is_none() {
            let more = port.host.submit_in(2, 4_096);
            port.host.wait(more, QUIET);
        }
        if port.host.wait(read, Duration::from_millis(1)).is_none() {
            port.host.unlink(read);
        }
    }
    drop(port);
    expect_well(&table);
}

#[test]
fn a_client_that_does_not_keep_to_the_protocol_is_dropped_and_the_next_one_served() {
    let table = parrot();
    let word = |word: u32| word.to_be_bytes();
    let submit = |direction: u32, endpoint: u32, length: u32| {
        let mut message =
            [word(1), word(1), word(0), word(direction), word(endpoint), word(0), word(length)].concat();
        message.resize(48, 0);
        message
    };
    let bad = [
        vec![0xFF; 48],              // no command
        submit(0, 1, u32::MAX),      // a transfer of 4 GiB
        submit(1, 2, (1 << 20) + 1), // one byte too much
        submit(2, 1, 8),             // neither in nor out
        submit(0, 16, 8),            // endpoint 16
    ];
    for message in bad {
        let mut host = Host::attach(table.address());
        host.raw(&message);
        assert!(host.is_dropped(), "{message:02x?}");
        expect_well(&table);
    }
}

#[test]
fn a_client_that_breaks_off_anywhere_pulls_the_plug() {
    let table = parrot();
    let message = [vec![0, 0, 0, 1, 0, 0, 0, 9], vec![0; 40], b"\x0230 half".to_vec()].concat();
    for cut in (0..message.len()).step_by(5) {
        let mut host = Host::attach(table.address());
        host.raw(&message[..cut]);
    }
    expect_well(&table);
}

#[test]
fn a_host_that_asks_and_never_takes_back_what_it_asked_gets_no_more_of_it() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let reads: Vec<_> = (0..5_000).map(|_| port.host.submit_in(1, 8)).collect();
    assert_eq!(port.host.end(*reads.last().unwrap()).status, usbip::wire::status::EPROTO);
    drop(port);
    expect_well(&table);
}
