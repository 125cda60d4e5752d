//! What the engine and the USB port share.

mod incoming;
mod outgoing;
mod state;
#[cfg(test)]
pub(crate) mod tests;

use core::{
    cell::RefCell,
    future::poll_fn,
    task::{Context, Poll},
};

use embassy_sync::blocking_mutex::CriticalSectionMutex;

use self::state::State;
pub(crate) use self::state::{Change, Offered, Packet};
use crate::answers::{Answers, Pace};

/// The largest packet of a full-speed bulk endpoint, in bytes.
pub const PACKET_BYTES: usize = 64;
/// How much a host may send ahead of the engine, in bytes.
pub const INCOMING_BYTES: usize = 2_048;
/// How much the engine may answer ahead of the host, in bytes.
pub const OUTGOING_BYTES: usize = 2_048;

/// Two queues between the engine and the USB port, and who is at the other end.
pub struct Line {
    state: CriticalSectionMutex<RefCell<State>>,
}

/// What [`Line::take`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// So many bytes, at least one, all from one host.
    Bytes(usize),
    /// The host whose bytes were taken before went: call `Device::line_closed`.
    Closed,
    /// Nothing yet.
    Nothing,
}

/// The host of a session went.
pub(crate) struct HungUp;

impl Line {
    /// No host is there yet.
    #[allow(clippy::new_without_default, reason = "it stands in a static")]
    pub const fn new() -> Self {
        Self { state: CriticalSectionMutex::new(RefCell::new(State::new())) }
    }

    /// Takes what a host sent, at once.
    pub fn take(&self, buffer: &mut [u8]) -> Received {
        let mut taken = 0;
        // A packet at a time, so that interrupts wait for no more than that.
        for piece in buffer.chunks_mut(PACKET_BYTES) {
            let room = piece.len();
            match self.with(|state| state.take(piece, taken == 0)) {
                Received::Bytes(count) => {
                    taken += count;
                    // What comes in this moment would leave a hole.
                    if count < room {
                        break;
                    }
                }
                Received::Closed => return Received::Closed,
                Received::Nothing => break,
            }
        }
        if taken == 0 { Received::Nothing } else { Received::Bytes(taken) }
    }

    /// Waits until [`Line::take`] finds something. For one task only.
    pub async fn arrived(&self) {
        poll_fn(|context| self.with(|state| state.poll_arrived(context))).await;
    }

    /// Where the answers to what was taken last go.
    pub const fn answers<P: Pace>(&self, pace: P) -> Answers<'_, P> {
        Answers::new(self, pace)
    }

    /// How many bytes of answers the host did not take yet, without those that the controller holds.
    pub fn unsent(&self) -> usize {
        self.with(|state| state.unsent())
    }

    /// Takes what fits of an answer.
    pub(crate) fn offer(&self, bytes: &[u8]) -> Offered {
        self.with(|state| state.offer(bytes))
    }

    /// The host takes nothing: what does not fit is lost from here on.
    pub(crate) fn give_up(&self) {
        self.with(State::give_up);
    }

    /// Lets out what is no whole packet.
    pub(crate) fn release(&self) {
        self.with(State::release);
    }

    /// Something changed on the bus.
    pub(crate) fn change(&self, change: Change) {
        self.with(|state| state.change(change));
    }

    /// Which host is there, by number.
    pub(crate) fn session(&self) -> u32 {
        self.with(|state| state.session())
    }

    /// Waits until a packet has room.
    pub(crate) async fn room(&self, session: u32) -> Result<(), HungUp> {
        self.wait(|state, context| state.poll_room(session, context)).await
    }

    /// Puts a packet there that has room.
    pub(crate) fn push(&self, packet: &[u8]) {
        self.with(|state| state.push(packet));
    }

    /// Waits for the next packet of answers.
    pub(crate) async fn packet(&self, session: u32) -> Result<Packet, HungUp> {
        self.wait(|state, context| state.poll_packet(session, context)).await
    }

    /// Waits until the host of a session is gone.
    pub(crate) async fn hung_up(&self, session: u32) {
        poll_fn(|context| self.with(|state| state.poll_hung_up(session, context))).await;
    }

    async fn wait<T>(
        &self,
        mut poll: impl FnMut(&mut State, &mut Context<'_>) -> Poll<Result<T, HungUp>>,
    ) -> Result<T, HungUp> {
        poll_fn(|context| self.with(|state| poll(state, context))).await
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // Nothing in `act` comes back here.
        self.state.lock(|state| act(&mut state.borrow_mut()))
    }
}
