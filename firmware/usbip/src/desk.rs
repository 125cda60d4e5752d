//! A device on a desk: its USB port and its engine, each on a thread.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use def_engine::{
    Device,
    board::{Board, Ticks},
};
use def_sim::HostTicks;
use def_usb::{DATA_IN, Identity, Line, Memory, Pace, Port, Received};

use crate::{Controller, executor};

/// How much a board takes from the line at once, in bytes.
const BUFFER: usize = 512;

/// A device that runs until this is dropped.
pub struct Desk {
    controller: Controller,
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

/// When a thread should end.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// As soon as it looks.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it should.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Desk {
    /// Starts the device's USB port, and its engine by calling that on a thread of its own: [`serve`], or whatever
    /// else takes bytes from a line and answers, until it should stop.
    pub fn start(identity: Identity, engine: impl FnOnce(&Line, &Stop) + Send + 'static) -> io::Result<Self> {
        let (controller, stop, line) = (Controller::new(), Stop::default(), Arc::new(Line::new()));
        let port = {
            let (controller, stop, line) = (controller.clone(), stop.clone(), line.clone());
            move || run_port(&controller, identity, &line, &stop)
        };
        let engine = {
            let stop = stop.clone();
            move || engine(&line, &stop)
        };
        let threads = vec![
            thread::Builder::new().name("usb".into()).spawn(port)?,
            thread::Builder::new().name("engine".into()).spawn(engine)?,
        ];
        Ok(Self { controller, stop, threads })
    }

    /// Its USB controller, to plug a host in.
    pub fn controller(&self) -> &Controller {
        &self.controller
    }

    /// Whether a thread of it ended by itself: by a panic, or because its engine wants to.
    pub fn has_ended(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.set();
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // Who asks whether it panicked asks `has_ended` before.
            let _ = thread.join();
        }
    }
}

fn run_port(controller: &Controller, identity: Identity, line: &Line, stop: &Stop) {
    let mut memory = Memory::new();
    let mut port = Port::new(controller.driver(), identity, line, &mut memory);
    executor::run(port.run(|| controller.withdraw(DATA_IN)), stop);
}

/// What a board's main loop is: takes what comes, answers, and does the device's own work between, until the device wants
/// to be started again.
pub fn serve<B: Board>(mut device: Device<'_, B>, line: &Line, stop: &Stop) {
    let mut pace = HostTime(HostTicks::start());
    let mut buffer = [0; BUFFER];
    while !device.wants_restart() {
        if stop.is_set() {
            return;
        }
        match line.take(&mut buffer) {
            Received::Bytes(count) => device.receive(&buffer[..count], &mut line.answers(&mut pace)),
            Received::Closed => device.line_closed(),
            Received::Nothing if device.idle() => {}
            Received::Nothing => drop(executor::run(line.arrived(), stop)),
        }
    }
    line.answers(&mut pace).drain();
    device.restart();
}

/// The host's time, for waiting.
pub struct HostTime(pub HostTicks);

impl Pace for HostTime {
    fn milliseconds(&mut self) -> u64 {
        self.0.milliseconds()
    }

    fn pause(&mut self) {
        thread::sleep(Duration::from_micros(200));
    }
}
