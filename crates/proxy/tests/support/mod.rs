//! A proxy with a device at its port and a cloud at its tunnel.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]
#![allow(dead_code, reason = "not every test needs all of it")]

pub(crate) mod cloud;
pub(crate) mod device;
pub(crate) mod http;

use std::{
    io::Read,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use def_trials::Sale;
use fiscal::Timestamp;
use proxy::{CloudConfig, Config, DeviceConfig, LocalConfig, LogConfig, Proxy, StateConfig};
use tokio::{sync::oneshot, task::JoinHandle};

use self::{device::SimDevice, http::Client};

pub(crate) fn entropy(bytes: &mut [u8]) {
    std::fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
}

#[allow(clippy::disallowed_methods, reason = "the simulated device has this machine's clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A sale that no other test has.
pub(crate) fn payload(till: &str) -> String {
    static SEED: AtomicU32 = AtomicU32::new(1);
    Sale::of(till, now(), 2, SEED.fetch_add(1, Ordering::Relaxed)).payload()
}

pub(crate) fn config(folder: &Path, device: &SimDevice, clouds: &[String]) -> Config {
    Config {
        device: DeviceConfig { serial: None, port: Some(device.link().to_str().unwrap().parse().unwrap()) },
        cloud: CloudConfig { urls: clouds.iter().map(|url| url.parse().unwrap()).collect(), ca_file: None },
        local: LocalConfig { listen: "127.0.0.1:0".parse().unwrap(), names: Vec::new(), tls: None },
        state: StateConfig { folder: folder.join("proxy"), keep_days: 400 },
        log: LogConfig::default(),
    }
}

/// A proxy that runs.
pub(crate) struct Running {
    pub(crate) till: Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(config: Config) -> Self {
        let proxy = Proxy::start(config, entropy).unwrap();
        let till = Client { address: proxy.local_address() };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(proxy.run(async move { drop(stopped.await) }));
        Self { till, stop: Some(stop), task }
    }

    /// In good order.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.unwrap();
    }

    /// As a crash: nothing is finished but what the thread at the port has in hand.
    pub(crate) async fn kill(self) {
        self.task.abort();
        drop(self.task.await);
    }
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is: impl FnMut() -> F) {
    for _ in 0..4_800 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what}: not within two minutes");
}
