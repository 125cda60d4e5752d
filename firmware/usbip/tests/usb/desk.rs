//! Devices to plug in.

use std::{net::SocketAddr, thread, time::Duration};

use def_engine::{Device, Memory};
use def_protocol::{FrameReader, Output};
use def_sim::{HostTicks, ManualClock, World};
use def_trials::{
    Authority,
    authority::{OPENING, at},
};
use def_usb::{Identity, Line, Pace, Received};
use usbip::{Controller, Desk, HostTime, Server, Stop, serve};

pub(crate) const SERIAL: &str = "DEF-000001";
pub(crate) const BUILD: u32 = 20_417;

/// A device and the server that offers it; the server ends first.
pub(crate) struct Table {
    server: Server,
    desk: Desk,
}

impl Table {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn cable(&self) -> &Controller {
        self.desk.controller()
    }

    /// No thread of the device panicked.
    #[track_caller]
    pub(crate) fn expect_alive(&self) {
        assert!(!self.desk.has_ended());
    }

    fn with(engine: impl FnOnce(&Line, &Stop) + Send + 'static) -> Self {
        let identity = Identity { serial: SERIAL.parse().unwrap(), build: BUILD };
        let desk = Desk::start(identity, engine).unwrap();
        let server = Server::start("127.0.0.1:0", desk.controller()).unwrap();
        Self { server, desk }
    }
}

/// A fiscal memory without an outlet.
pub(crate) fn fiscal_memory() -> Table {
    Table::with(|line, stop| {
        let world = World::new(64, 7);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let mut memory = Box::new(Memory::new());
        serve(Device::start(world.parts(), Authority::new(SERIAL).factory(), &mut memory), line, stop);
    })
}

/// A device that answers `COUNT NAME` with a frame of that many bytes, STX and ETX among them, made of the name; and
/// before that sleeps as long as `COUNT NAME MILLISECONDS` says. It knows frames and no more.
pub(crate) fn parrot() -> Table {
    Table::with(parrot_sits)
}

fn parrot_sits(line: &Line, stop: &Stop) {
    let mut reader = FrameReader::for_requests();
    let mut pace = HostTime(HostTicks::start());
    let mut buffer = [0; 200];
    while !stop.is_set() {
        match line.take(&mut buffer) {
            Received::Bytes(count) => {
                let mut answers = line.answers(&mut pace);
                for byte in &buffer[..count] {
                    if reader.push(*byte) == Some(Ok(())) {
                        speak(&String::from_utf8_lossy(reader.content()), &mut answers);
                    }
                }
            }
            Received::Closed => reader.reset(),
            Received::Nothing => pace.pause(),
        }
    }
}

fn speak(request: &str, answers: &mut impl Output) {
    let mut words = request.split(' ');
    let count: usize = words.next().and_then(|count| count.parse().ok()).unwrap_or(20).clamp(2, 40_000);
    let name = words.next().filter(|name| !name.is_empty()).unwrap_or("?");
    if let Some(pause) = words.next().and_then(|pause| pause.parse().ok()) {
        thread::sleep(Duration::from_millis(pause));
    }
    answers.send(&[2]);
    // In pieces, as the engine does.
    for piece in spoken(count, name).as_bytes().chunks(7) {
        answers.send(piece);
    }
    answers.send(&[3]);
}

/// What stands in such an answer.
pub(crate) fn spoken(count: usize, name: &str) -> String {
    name.chars().cycle().take(count - 2).collect()
}
