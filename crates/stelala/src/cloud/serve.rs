use std::net::SocketAddr;

use ::cloud::{Cloud, Config};
use anyhow::Context;
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    task::JoinHandle,
};

use crate::random;

/// A port that is taken, at which nothing is answered yet: whoever connects waits.
pub(crate) struct Listening {
    runtime: Runtime,
    listener: TcpListener,
}

impl Listening {
    /// A port in use is told before anything else is done.
    pub(crate) fn at(listen: SocketAddr) -> anyhow::Result<Self> {
        let runtime = Runtime::new().context("the system gives no threads")?;
        let listener = runtime.block_on(TcpListener::bind(listen)).with_context(|| {
            format!("{listen} cannot be listened at: end what listens there, or set another port")
        })?;
        Ok(Self { runtime, listener })
    }

    /// Starts the cloud. From then on a signal ends it.
    pub(crate) fn serve(self, config: &Config) -> anyhow::Result<Serving> {
        let Self { runtime, listener } = self;
        let address = listener.local_addr()?;
        let cloud = Cloud::start(config, random::fill)?;
        let (stop, stopped) = oneshot::channel();
        let interrupted = runtime.block_on(async { interrupted() })?;
        let until = async move {
            tokio::select! {
                // Whoever drops the other end wants it to go on.
                Ok(()) = stopped => {}
                () = interrupted => {}
            }
        };
        let done = runtime.spawn(cloud.serve(listener, until));
        Ok(Serving { runtime, address, stop, done })
    }
}

/// A cloud that serves on threads of its own.
pub(crate) struct Serving {
    runtime: Runtime,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Serving {
    /// Listens first, where the configuration says.
    pub(crate) fn start(config: &Config) -> anyhow::Result<Self> {
        Listening::at(config.http.listen)?.serve(config)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a signal ended it.
    pub(crate) fn is_over(&self) -> bool {
        self.done.is_finished()
    }

    /// Serves until a signal ends it.
    pub(crate) fn until_interrupted(self) -> anyhow::Result<()> {
        let Self { runtime, stop, done, .. } = self;
        drop(stop);
        runtime.block_on(done).context("the cloud did not end in good order")
    }

    /// Ends it in good order.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let Self { runtime, stop, done, .. } = self;
        // A signal may have been faster.
        let _ = stop.send(());
        runtime.block_on(done).context("the cloud did not end in good order")
    }
}

/// Over when SIGTERM or SIGINT comes; they are listened for from the call on.
fn interrupted() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
