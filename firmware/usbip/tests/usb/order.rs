//! What happens between two turns of the device's executor, without threads.

use std::{
    pin::{Pin, pin},
    sync::mpsc::{self, Receiver},
    task::{Context, Waker},
};

use def_protocol::Output;
use def_sim::HostTicks;
use def_usb::{DATA_IN, Identity, Line, Memory, Port, Received};
use usbip::{
    Controller, HostTime,
    wire::{Direction, Done, Reply, Urb},
};

use crate::desk::{BUILD, SERIAL};

/// A host and a device that moves only when it is told to.
struct Bench<'b, F> {
    controller: &'b Controller,
    replies: Receiver<Reply>,
    port: Pin<&'b mut F>,
}

impl<F: Future> Bench<'_, F> {
    fn turn(&mut self) {
        assert!(self.port.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }

    /// Hands a transfer over and stops in the moment in which it ends.
    fn transfer(&mut self, urb: Urb) -> Done {
        self.controller.submit(urb);
        for _ in 0..20 {
            if let Some(done) = self.ended() {
                return done;
            }
            self.turn();
        }
        panic!("the transfer does not end");
    }

    fn ended(&mut self) -> Option<Done> {
        match self.replies.try_recv() {
            Ok(Reply::Done(done)) => Some(done),
            _ => None,
        }
    }

    fn set_dtr(&mut self, dtr: u8) {
        assert_eq!(self.transfer(urb(0, Direction::Out, [0x21, 0x22, dtr, 0, 0, 0, 0, 0], b"")).status, 0);
    }
}

fn urb(endpoint: u8, direction: Direction, setup: [u8; 8], data: &[u8]) -> Urb {
    let length = if direction == Direction::In { 512 } else { data.len() as u32 };
    Urb { seqnum: 1, endpoint, direction, flags: 0, length, setup, data: data.to_vec() }
}

#[test]
fn when_a_host_learns_that_the_port_is_closed_what_was_for_it_is_gone() {
    let (controller, line) = (Controller::new(), Line::new());
    let mut memory = Memory::new();
    let identity = Identity { serial: SERIAL.parse().unwrap(), build: BUILD };
    let mut port = Port::new(controller.driver(), identity, &line, &mut memory);
    let running = pin!(port.run(|| controller.withdraw(DATA_IN)));
    let (sender, replies) = mpsc::channel();
    assert!(controller.plug(sender));
    let mut bench = Bench { controller: &controller, replies, port: running };
    bench.transfer(urb(0, Direction::Out, [0, 9, 1, 0, 0, 0, 0, 0], b""));
    bench.set_dtr(1);
    bench.transfer(urb(1, Direction::Out, [0; 8], b"?"));
    bench.turn();
    assert_eq!(line.take(&mut [0; 8]), Received::Bytes(1));
    line.answers(HostTime(HostTicks::start())).send(b"\x02old\x03");
    (0..3).for_each(|_| bench.turn());
    assert_eq!(line.unsent(), 0, "the controller holds it");
    bench.set_dtr(0);
    // The next host could fetch now, before the device has another turn.
    controller.submit(urb(2, Direction::In, [0; 8], b""));
    assert_eq!(bench.ended(), None);
}
