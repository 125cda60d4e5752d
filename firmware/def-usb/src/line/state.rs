use core::task::{Context, Poll};

use embassy_sync::waitqueue::WakerRegistration;

pub(crate) use super::outgoing::Packet;
use super::{HungUp, Received, incoming::Incoming, outgoing::Outgoing};

/// Everything behind the critical section.
pub(super) struct State {
    host: Host,
    /// Counts hosts: it changes when one goes.
    session: u32,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The host whose bytes the engine took last is there still.
    answering: bool,
    /// It took nothing for too long, and nothing since.
    deaf: bool,
    wakers: Wakers,
}

/// What happened on the bus.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// Reset, unplugged, plugged in, or configured: everything begins anew.
    Reset,
    /// Suspended, resumed, or packets may have been lost: the program at the other end may be the same.
    Interrupted,
    /// The host's program opened the port, or closed it.
    Dtr(bool),
}

/// What became of bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// So many were taken, at least one.
    Taken(usize),
    /// None: ask again.
    Full,
    /// None, and no one will.
    Lost,
}

/// Whether there is one: one of these is so.
struct Host {
    dtr: bool,
    /// It sent something.
    spoke: bool,
}

/// Each is for one task.
struct Wakers {
    engine: WakerRegistration,
    receiver: WakerRegistration,
    sender: WakerRegistration,
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            host: Host { dtr: false, spoke: false },
            session: 0,
            incoming: Incoming::new(),
            outgoing: Outgoing::new(),
            answering: false,
            deaf: false,
            wakers: Wakers {
                engine: WakerRegistration::new(),
                receiver: WakerRegistration::new(),
                sender: WakerRegistration::new(),
            },
        }
    }

    pub(super) const fn session(&self) -> u32 {
        self.session
    }

    pub(super) fn unsent(&self) -> usize {
        self.outgoing.len()
    }

    pub(super) fn change(&mut self, change: Change) {
        let dtr = match change {
            Change::Reset => false,
            Change::Interrupted => self.host.dtr,
            // That it rises is a going too: a program that opens the port is not the one that used it before.
            Change::Dtr(dtr) if dtr != self.host.dtr => dtr,
            Change::Dtr(_) => return,
        };
        self.hang_up();
        self.host.dtr = dtr;
    }

    fn hang_up(&mut self) {
        self.session = self.session.wrapping_add(1);
        if self.host.spoke {
            self.incoming.close();
            self.wakers.engine.wake();
        }
        self.host.spoke = false;
        self.outgoing.clear();
        self.answering = false;
        self.deaf = false;
        self.wakers.receiver.wake();
        self.wakers.sender.wake();
    }

    /// Takes bytes or, if asked for it, a going.
    pub(super) fn take(&mut self, buffer: &mut [u8], or_going: bool) -> Received {
        let present = self.incoming.is_present();
        let received = self.incoming.take(buffer, or_going);
        if let Received::Bytes(_) = received {
            self.answering = present;
            if self.incoming.has_room() {
                self.wakers.receiver.wake();
            }
        }
        received
    }

    pub(super) fn poll_arrived(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.incoming.is_empty() {
            return Poll::Ready(());
        }
        self.wakers.engine.register(context.waker());
        Poll::Pending
    }

    pub(super) fn offer(&mut self, bytes: &[u8]) -> Offered {
        if !self.answering {
            return Offered::Lost;
        }
        let taken = self.outgoing.push(bytes);
        if self.outgoing.has_packet() {
            self.wakers.sender.wake();
        }
        match taken {
            0 if self.deaf => {
                self.outgoing.tear();
                Offered::Lost
            }
            0 => Offered::Full,
            taken => Offered::Taken(taken),
        }
    }

    pub(super) fn give_up(&mut self) {
        self.deaf = true;
    }

    pub(super) fn release(&mut self) {
        self.outgoing.release();
        if self.outgoing.has_packet() {
            self.wakers.sender.wake();
        }
    }

    pub(super) fn poll_room(&mut self, session: u32, context: &mut Context<'_>) -> Poll<Result<(), HungUp>> {
        if self.session != session {
            return Poll::Ready(Err(HungUp));
        }
        if self.incoming.has_room() {
            return Poll::Ready(Ok(()));
        }
        self.wakers.receiver.register(context.waker());
        Poll::Pending
    }

    pub(super) fn push(&mut self, packet: &[u8]) {
        self.incoming.push(packet);
        self.host.spoke |= !packet.is_empty();
        self.wakers.engine.wake();
    }

    pub(super) fn poll_packet(
        &mut self,
        session: u32,
        context: &mut Context<'_>,
    ) -> Poll<Result<Packet, HungUp>> {
        if self.session != session {
            return Poll::Ready(Err(HungUp));
        }
        match self.outgoing.packet() {
            Some(packet) => {
                // Whoever asks for the next packet got rid of the last one.
                self.deaf = false;
                Poll::Ready(Ok(packet))
            }
            None => {
                self.wakers.sender.register(context.waker());
                Poll::Pending
            }
        }
    }

    pub(super) fn poll_hung_up(&mut self, session: u32, context: &mut Context<'_>) -> Poll<()> {
        if self.session != session {
            return Poll::Ready(());
        }
        self.wakers.sender.register(context.waker());
        Poll::Pending
    }
}
