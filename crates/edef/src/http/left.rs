//! Whether anything of a request has left this machine. Only where it is certain that nothing has may an invoice be
//! requested again, so it is not concluded from the kind of an error but seen at the connection itself.

use std::cell::Cell;

use ureq::{
    Error,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport},
};

thread_local! {
    /// A call runs in the thread of its caller from beginning to end.
    static LEFT: Cell<bool> = const { Cell::new(false) };
}

/// What became of a call.
pub(super) struct Sent<T> {
    pub(super) outcome: T,
    /// Whether a byte of the request may have left: it was handed to a connection, TLS being ready.
    pub(super) left: bool,
}

/// Watches one call in this thread.
pub(super) fn watch<T>(call: impl FnOnce() -> T) -> Sent<T> {
    LEFT.set(false);
    let outcome = call();
    Sent { outcome, left: LEFT.get() }
}

/// The last link of the chain that makes connections: what it is handed has finished its handshakes.
#[derive(Debug)]
pub(super) struct Watched;

impl<In: Transport> Connector<In> for Watched {
    type Out = WatchedTransport<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(WatchedTransport))
    }
}

#[derive(Debug)]
pub(super) struct WatchedTransport<T>(T);

impl<T: Transport> Transport for WatchedTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        // Before the attempt: one that fails may have sent a part.
        LEFT.set(true);
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
