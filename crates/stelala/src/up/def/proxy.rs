//! The proxy beside the device, in this process.

use std::{net::SocketAddr, path::Path, thread};

use ::proxy::{Config, Proxy};
use anyhow::{Context, anyhow};
use tokio::{runtime, sync::oneshot};

use crate::random;

/// What its configuration says: which device, at which port of its folder, of which cloud.
pub(crate) fn configuration(
    device: &str,
    port: &str,
    cloud: SocketAddr,
    listen: SocketAddr,
    folder: &str,
) -> String {
    format!(
        "[device]\nserial = \"{device}\"\nport = {port:?}\n\n[cloud]\nurls = [\"http://{cloud}\"]\n\n[local]\n\
         listen = \"{listen}\"\n\n[state]\nfolder = {folder:?}\n"
    )
}

/// A proxy on a thread of its own.
pub(crate) struct Beside {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Beside {
    /// Starts it, by a configuration whose paths are in a folder.
    pub(crate) fn start(text: &str, folder: &Path) -> anyhow::Result<Self> {
        let config = Config::read(text, folder)?;
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("the system gives no threads")?;
        let proxy = {
            // It may take tasks of the runtime to itself when it starts.
            let _inside = runtime.enter();
            Proxy::start(config, random::fill)?
        };
        let address = proxy.local_address();
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(proxy.run(async {
                // Whoever drops the other end is gone too.
                let _ = stopped.await;
            }));
        };
        let thread = thread::Builder::new().name("proxy".into()).spawn(serve)?;
        Ok(Self { address, stop, thread })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it in good order.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let Self { stop, thread, .. } = self;
        // It may have ended.
        let _ = stop.send(());
        thread.join().map_err(|_| anyhow!("the proxy panicked: please report this"))
    }
}
