use heapless::Deque;

use super::{INCOMING_BYTES, PACKET_BYTES, Received};

/// What hosts sent and the engine did not take yet.
pub(super) struct Incoming {
    bytes: Deque<u8, INCOMING_BYTES>,
    /// How many of them, at the front, are of a host that went. None: the engine knows of every going.
    left: Option<usize>,
}

impl Incoming {
    pub(super) const fn new() -> Self {
        Self { bytes: Deque::new(), left: None }
    }

    pub(super) fn has_room(&self) -> bool {
        INCOMING_BYTES - self.bytes.len() >= PACKET_BYTES
    }

    /// What has no room is lost: the caller asked [`Self::has_room`] before.
    pub(super) fn push(&mut self, packet: &[u8]) {
        for byte in packet {
            // See above.
            let _ = self.bytes.push_back(*byte);
        }
    }

    /// The host went. If the engine does not know yet of an earlier one that went, then what came since is of a host
    /// that it will never hear of.
    pub(super) fn close(&mut self) {
        match self.left {
            None => self.left = Some(self.bytes.len()),
            Some(left) => self.bytes.truncate(left),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_none() && self.bytes.is_empty()
    }

    /// Whether the next byte is of a host that is there.
    pub(super) const fn is_present(&self) -> bool {
        self.left.is_none()
    }

    /// Bytes of one host or, if asked for it, that it went.
    pub(super) fn take(&mut self, buffer: &mut [u8], or_going: bool) -> Received {
        let most = match &mut self.left {
            Some(0) if !or_going => return Received::Nothing,
            Some(0) => {
                self.left = None;
                return Received::Closed;
            }
            Some(left) => {
                let most = buffer.len().min(*left);
                *left -= most;
                most
            }
            None => buffer.len(),
        };
        let mut taken = 0;
        for place in buffer.iter_mut().take(most) {
            let Some(byte) = self.bytes.pop_front() else { break };
            *place = byte;
            taken += 1;
        }
        if taken == 0 { Received::Nothing } else { Received::Bytes(taken) }
    }
}
