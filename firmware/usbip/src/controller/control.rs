//! Endpoint 0.

use std::{collections::VecDeque, task::Waker};

use super::{Report, wake};
use crate::wire::{Direction, Done, Urb, status};

/// The largest packet of endpoint 0, in bytes.
pub(super) const PACKET: usize = 64;

/// Control transfers, one after the other.
#[derive(Default)]
pub(super) struct Control {
    queue: VecDeque<Urb>,
    current: Option<Transfer>,
    waker: Option<Waker>,
}

/// The one at which the device is.
struct Transfer {
    urb: Urb,
    /// How much of the host's data the device took.
    taken: usize,
    /// What the device sent.
    sent: Vec<u8>,
}

/// The host gave the transfer up.
pub(super) struct Abandoned;

impl Control {
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn submit(&mut self, urb: Urb) {
        self.queue.push_back(urb);
        wake(&mut self.waker);
    }

    pub(super) fn unlink(&mut self, seqnum: u32) -> bool {
        let before = self.queue.len() + usize::from(self.current.is_some());
        self.queue.retain(|urb| urb.seqnum != seqnum);
        if self.current.take_if(|transfer| transfer.urb.seqnum == seqnum).is_some() {
            wake(&mut self.waker);
        }
        before > self.queue.len() + usize::from(self.current.is_some())
    }

    pub(super) fn silence(&mut self, report: Report<'_>) {
        let current = self.current.take().map(|transfer| transfer.urb);
        for urb in current.into_iter().chain(self.queue.drain(..)) {
            report(Done { seqnum: urb.seqnum, status: status::EPROTO, actual: 0, data: Vec::new() });
        }
        wake(&mut self.waker);
    }

    /// The next request, or none yet. One that the device left without an answer has to be given up first.
    pub(super) fn setup(&mut self, waker: &Waker) -> Option<[u8; 8]> {
        if self.current.is_none()
            && let Some(urb) = self.queue.pop_front()
        {
            let setup = urb.setup;
            self.current = Some(Transfer { urb, taken: 0, sent: Vec::new() });
            return Some(setup);
        }
        self.waker = Some(waker.clone());
        None
    }

    /// The next packet from the host; a short one when it has no more.
    pub(super) fn data_out(&mut self, buffer: &mut [u8]) -> Result<usize, Abandoned> {
        let transfer = self.current.as_mut().ok_or(Abandoned)?;
        let rest = transfer.urb.data.get(transfer.taken..).unwrap_or_default();
        let count = rest.len().min(buffer.len()).min(PACKET);
        buffer[..count].copy_from_slice(&rest[..count]);
        transfer.taken += count;
        Ok(count)
    }

    /// A packet to the host.
    pub(super) fn data_in(&mut self, packet: &[u8], last: bool, report: Report<'_>) -> Result<(), Abandoned> {
        let transfer = self.current.as_mut().ok_or(Abandoned)?;
        transfer.sent.extend(packet);
        if last {
            self.end(0, report);
        }
        Ok(())
    }

    /// The status stage.
    pub(super) fn end(&mut self, status: i32, report: Report<'_>) {
        let Some(Transfer { urb, sent, .. }) = self.current.take() else { return };
        let done =
            |status, actual: usize, data| Done { seqnum: urb.seqnum, status, actual: actual as u32, data };
        report(match urb.direction {
            _ if status != 0 => done(status, 0, Vec::new()),
            Direction::Out => done(0, urb.data.len(), Vec::new()),
            Direction::In if sent.len() > urb.length as usize => done(status::EOVERFLOW, 0, Vec::new()),
            Direction::In => done(0, sent.len(), sent),
        });
    }
}
