use heapless::Deque;

use super::{OUTGOING_BYTES, PACKET_BYTES};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// Answers that the host did not take yet, and where packets end in them.
pub(super) struct Outgoing {
    bytes: Deque<u8, OUTGOING_BYTES>,
    /// How many of them, at the front, may go out although they fill no packet: to the end of the last frame.
    released: usize,
    /// A full packet ended an answer: an empty one has to follow.
    owes_end: bool,
    /// Something of the present frame was lost: no more of it is taken.
    torn: bool,
}

/// What goes to the host as one packet.
#[derive(Clone, Copy)]
pub(crate) struct Packet {
    bytes: [u8; PACKET_BYTES],
    length: usize,
}

impl Packet {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Outgoing {
    pub(super) const fn new() -> Self {
        Self { bytes: Deque::new(), released: 0, owes_end: false, torn: false }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() + usize::from(self.owes_end)
    }

    /// Takes what fits, a packet's worth at most, and says how much that was. The rest of a torn frame is taken and
    /// thrown away: a frame with a hole would look like one without.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        if self.torn {
            let rest = bytes.iter().take_while(|byte| **byte != STX).count();
            self.torn = rest == bytes.len();
            if rest > 0 {
                return rest;
            }
        }
        let mut taken = 0;
        for byte in bytes.iter().take(PACKET_BYTES) {
            if self.bytes.push_back(*byte).is_err() {
                break;
            }
            taken += 1;
            if *byte == ETX {
                self.released = self.bytes.len();
            }
        }
        taken
    }

    pub(super) fn tear(&mut self) {
        self.torn = true;
        self.release();
    }

    pub(super) fn release(&mut self) {
        self.released = self.bytes.len();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        (self.released, self.owes_end, self.torn) = (0, false, false);
    }

    pub(super) fn has_packet(&self) -> bool {
        self.owes_end || self.released > 0 || self.bytes.len() >= PACKET_BYTES
    }

    /// The next packet, if one is due. It does not reach beyond the end of an answer, or the host would not see that.
    pub(super) fn packet(&mut self) -> Option<Packet> {
        if !self.has_packet() {
            return None;
        }
        let mut packet = Packet { bytes: [0; PACKET_BYTES], length: 0 };
        if self.owes_end {
            self.owes_end = false;
            return Some(packet);
        }
        let ends = (1..=PACKET_BYTES).contains(&self.released);
        let most = if ends { self.released } else { PACKET_BYTES };
        for place in packet.bytes.iter_mut().take(most) {
            let Some(byte) = self.bytes.pop_front() else { break };
            *place = byte;
            packet.length += 1;
        }
        self.released = self.released.saturating_sub(packet.length);
        self.owes_end = ends && packet.length == PACKET_BYTES;
        Some(packet)
    }
}
