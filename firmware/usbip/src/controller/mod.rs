//! A USB controller in memory, with the cable that leads to a host.

mod control;
mod driver;
mod pipes;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
    task::Waker,
};

use embassy_usb_driver::{EndpointAddress, Event};

pub use self::driver::{Bus, ControlPipe, EndpointIn, EndpointOut, UsbDriver};
use self::{control::Control, pipes::Pipes};
use crate::wire::{Direction, Done, Reply, Urb, status};

/// How many transfers of a host may wait; what goes beyond gets no answer on the bus.
const MOST_WAITING: usize = 4_096;

/// The controller, and a host's hand on the cable. A clone is the same one.
///
/// As that of an RP2350 it holds one packet for each endpoint: one that the host sent and the device did not read, or
/// one that the device wrote and the host did not fetch.
#[derive(Clone, Default)]
pub struct Controller(Arc<Mutex<Wires>>);

/// Both ends of the cable.
#[derive(Default)]
struct Wires {
    /// Where ended transfers go; none while nothing is plugged in.
    host: Option<Sender<Reply>>,
    events: VecDeque<Event>,
    bus: Option<Waker>,
    control: Control,
    pipes: Pipes,
}

impl Controller {
    /// Nothing is plugged in.
    pub fn new() -> Self {
        Self::default()
    }

    /// The device's side.
    pub fn driver(&self) -> UsbDriver {
        UsbDriver::new(self.clone())
    }

    /// Plugs a host in and resets the bus, as a hub does. Says whether there was room for one.
    pub fn plug(&self, host: Sender<Reply>) -> bool {
        let mut wires = self.wires();
        if wires.host.is_some() {
            return false;
        }
        wires.host = Some(host);
        wires.happen(Event::PowerDetected);
        wires.happen(Event::Reset);
        true
    }

    /// Pulls the plug. Transfers get no answer any more.
    pub fn unplug(&self) {
        let mut wires = self.wires();
        wires.host = None;
        wires.silence();
        wires.happen(Event::PowerRemoved);
    }

    /// Resets the bus: what was under way ends.
    pub fn reset(&self) {
        let mut wires = self.wires();
        wires.silence();
        wires.happen(Event::Reset);
    }

    /// Stops the bus's frames, as a host does that goes to sleep.
    pub fn suspend(&self) {
        self.wires().happen(Event::Suspend);
    }

    /// Starts them again.
    pub fn resume(&self) {
        self.wires().happen(Event::Resume);
    }

    /// Hands a transfer over. Its end goes to the host that is plugged in.
    pub fn submit(&self, urb: Urb) {
        let wires = &mut *self.wires();
        if wires.control.waiting() + wires.pipes.waiting() >= MOST_WAITING {
            return wires.end(&urb, status::EPROTO);
        }
        if urb.endpoint != 0 {
            let Wires { host, pipes, .. } = wires;
            return pipes.submit(urb, &mut |done| report(host.as_ref(), done));
        }
        if is_port_reset(&urb.setup) {
            wires.silence();
            wires.happen(Event::Reset);
            return wires.end(&urb, 0);
        }
        let says_in = urb.setup[0] & 0x80 != 0;
        if says_in != (urb.direction == Direction::In) && urb.length > 0 {
            // No host controller can do this transfer.
            return wires.end(&urb, status::EPIPE);
        }
        wires.control.submit(urb);
    }

    /// Takes a transfer back and says so. One that has ended is beyond that.
    pub fn unlink(&self, seqnum: u32, target: u32) {
        let mut wires = self.wires();
        let found = wires.control.unlink(target) || wires.pipes.unlink(target);
        let status = if found { status::ECONNRESET } else { 0 };
        if let Some(host) = &wires.host {
            // A host that is gone needs no answer.
            let _ = host.send(Reply::Unlinked { seqnum, status });
        }
    }

    /// Takes back the packet that this endpoint holds for the host.
    pub fn withdraw(&self, endpoint: u8) {
        self.wires().pipes.clear(EndpointAddress::from(endpoint));
    }

    fn wires(&self) -> MutexGuard<'_, Wires> {
        // A panic elsewhere is a test's that failed; the wires are whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wires {
    fn happen(&mut self, event: Event) {
        self.events.push_back(event);
        wake(&mut self.bus);
    }

    /// Ends everything: endpoints are as after a reset.
    fn silence(&mut self) {
        let Self { host, control, pipes, .. } = self;
        let mut report = |done| report(host.as_ref(), done);
        control.silence(&mut report);
        pipes.silence(&mut report);
    }

    fn end(&self, urb: &Urb, status: i32) {
        report(self.host.as_ref(), Done { seqnum: urb.seqnum, status, actual: 0, data: Vec::new() });
    }
}

/// Where a transfer's end goes.
type Report<'r> = &'r mut dyn FnMut(Done);

fn report(host: Option<&Sender<Reply>>, done: Done) {
    if let Some(host) = host {
        // A host that is gone needs no answer.
        let _ = host.send(Reply::Done(done));
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// What Linux sends for a reset of the bus: SET_FEATURE(PORT_RESET) to the port, which no device would see.
fn is_port_reset(setup: &[u8; 8]) -> bool {
    setup[0] == 0x23 && setup[1] == 0x03 && setup[2] == 4 && setup[3] == 0
}
