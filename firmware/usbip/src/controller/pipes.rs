//! All endpoints but 0.

use std::{
    collections::{BTreeMap, VecDeque},
    task::Waker,
};

use embassy_usb_driver::{EndpointAddress, EndpointError};

use super::{Report, wake};
use crate::wire::{Direction, Done, Urb, ZERO_PACKET, status};

/// By address.
#[derive(Default)]
pub(super) struct Pipes(BTreeMap<u8, Pipe>);

struct Pipe {
    direction: Direction,
    /// The largest packet, in bytes.
    packet: usize,
    enabled: bool,
    stalled: bool,
    /// What the controller holds: from the host and not read, or for the host and not fetched.
    held: Option<Vec<u8>>,
    queue: VecDeque<Transfer>,
    waker: Option<Waker>,
}

struct Transfer {
    urb: Urb,
    /// How many bytes of it went.
    gone: usize,
    /// What the host got.
    got: Vec<u8>,
}

impl Pipes {
    pub(super) fn add(&mut self, address: EndpointAddress, packet: u16) {
        let direction = if address.is_in() { Direction::In } else { Direction::Out };
        let pipe = Pipe {
            direction,
            packet: usize::from(packet),
            enabled: false,
            stalled: false,
            held: None,
            queue: VecDeque::new(),
            waker: None,
        };
        self.0.insert(address.into(), pipe);
    }

    pub(super) fn waiting(&self) -> usize {
        self.0.values().map(|pipe| pipe.queue.len()).sum()
    }

    pub(super) fn submit(&mut self, urb: Urb, report: Report<'_>) {
        let address = urb.endpoint | if urb.direction == Direction::In { 0x80 } else { 0 };
        match self.0.get_mut(&address) {
            Some(pipe) if pipe.stalled => report(ended(&urb, status::EPIPE)),
            Some(pipe) if pipe.enabled => {
                pipe.queue.push_back(Transfer { urb, gone: 0, got: Vec::new() });
                pipe.pump(report);
            }
            _ => report(ended(&urb, status::EPROTO)),
        }
    }

    pub(super) fn unlink(&mut self, seqnum: u32) -> bool {
        let before = self.waiting();
        self.0.values_mut().for_each(|pipe| pipe.queue.retain(|transfer| transfer.urb.seqnum != seqnum));
        before > self.waiting()
    }

    pub(super) fn silence(&mut self, report: Report<'_>) {
        self.0.values_mut().for_each(|pipe| pipe.start(false, report));
    }

    pub(super) fn set_enabled(&mut self, address: EndpointAddress, enabled: bool, report: Report<'_>) {
        if let Some(pipe) = self.0.get_mut(&address.into()) {
            pipe.start(enabled, report);
        }
    }

    pub(super) fn set_stalled(&mut self, address: EndpointAddress, stalled: bool, report: Report<'_>) {
        if let Some(pipe) = self.0.get_mut(&address.into()) {
            pipe.stalled = stalled;
            if stalled {
                pipe.queue.drain(..).for_each(|transfer| report(ended(&transfer.urb, status::EPIPE)));
            }
            wake(&mut pipe.waker);
        }
    }

    pub(super) fn is_stalled(&self, address: EndpointAddress) -> bool {
        self.0.get(&address.into()).is_some_and(|pipe| pipe.stalled)
    }

    /// Forgets what the controller holds.
    pub(super) fn clear(&mut self, address: EndpointAddress) {
        if let Some(pipe) = self.0.get_mut(&address.into()) {
            pipe.held = None;
            wake(&mut pipe.waker);
        }
    }

    pub(super) fn poll_enabled(&mut self, address: EndpointAddress, waker: &Waker) -> bool {
        let Some(pipe) = self.0.get_mut(&address.into()) else { return false };
        if !pipe.enabled {
            pipe.waker = Some(waker.clone());
        }
        pipe.enabled
    }

    /// The device reads: a packet's length, or none came yet.
    pub(super) fn read(
        &mut self,
        address: EndpointAddress,
        buffer: &mut [u8],
        waker: &Waker,
        report: Report<'_>,
    ) -> Result<Option<usize>, EndpointError> {
        let pipe = self.pipe(address)?;
        let Some(packet) = pipe.held.take() else {
            pipe.waker = Some(waker.clone());
            return Ok(None);
        };
        let place = buffer.get_mut(..packet.len()).ok_or(EndpointError::BufferOverflow)?;
        place.copy_from_slice(&packet);
        pipe.pump(report);
        Ok(Some(packet.len()))
    }

    /// The device writes: whether the controller had room for the packet.
    pub(super) fn write(
        &mut self,
        address: EndpointAddress,
        packet: &[u8],
        waker: &Waker,
        report: Report<'_>,
    ) -> Result<bool, EndpointError> {
        let pipe = self.pipe(address)?;
        if packet.len() > pipe.packet {
            return Err(EndpointError::BufferOverflow);
        }
        if pipe.held.is_some() {
            pipe.waker = Some(waker.clone());
            return Ok(false);
        }
        pipe.held = Some(packet.to_vec());
        pipe.pump(report);
        Ok(true)
    }

    fn pipe(&mut self, address: EndpointAddress) -> Result<&mut Pipe, EndpointError> {
        self.0.get_mut(&address.into()).filter(|pipe| pipe.enabled).ok_or(EndpointError::Disabled)
    }
}

impl Pipe {
    /// Begins anew, or ends.
    fn start(&mut self, enabled: bool, report: Report<'_>) {
        self.enabled = enabled;
        self.stalled = false;
        self.held = None;
        self.queue.drain(..).for_each(|transfer| report(ended(&transfer.urb, status::EPROTO)));
        wake(&mut self.waker);
    }

    /// Moves what can be moved.
    fn pump(&mut self, report: Report<'_>) {
        let moved = match self.direction {
            Direction::Out => self.pump_out(report),
            Direction::In => self.pump_in(report),
        };
        if moved {
            wake(&mut self.waker);
        }
    }

    fn pump_out(&mut self, report: Report<'_>) -> bool {
        if self.held.is_some() {
            return false;
        }
        let Some(transfer) = self.queue.front_mut() else { return false };
        let rest = transfer.urb.data.get(transfer.gone..).unwrap_or_default();
        let count = rest.len().min(self.packet);
        self.held = Some(rest[..count].to_vec());
        transfer.gone += count;
        let wants_end = transfer.urb.flags & ZERO_PACKET != 0 && count == self.packet;
        if count == rest.len() && !wants_end {
            let done = Done { actual: transfer.gone as u32, ..ended(&transfer.urb, 0) };
            self.queue.pop_front();
            report(done);
        }
        true
    }

    fn pump_in(&mut self, report: Report<'_>) -> bool {
        let mut moved = false;
        while let (Some(packet), Some(transfer)) = (&self.held, self.queue.front_mut()) {
            let room = transfer.urb.length as usize - transfer.got.len();
            if packet.len() > room {
                // The host takes no part of it; it is there for the next transfer still.
                let got = std::mem::take(&mut transfer.got);
                let done =
                    Done { actual: got.len() as u32, data: got, ..ended(&transfer.urb, status::EOVERFLOW) };
                self.queue.pop_front();
                report(done);
                continue;
            }
            transfer.got.extend(packet);
            if packet.len() < self.packet || packet.len() == room {
                let got = std::mem::take(&mut transfer.got);
                let done = Done { actual: got.len() as u32, data: got, ..ended(&transfer.urb, 0) };
                self.queue.pop_front();
                report(done);
            }
            self.held = None;
            moved = true;
        }
        moved
    }
}

fn ended(urb: &Urb, status: i32) -> Done {
    Done { seqnum: urb.seqnum, status, actual: 0, data: Vec::new() }
}
