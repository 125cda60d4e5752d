use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    Config, clock,
    desk::Desk,
    device::{Device, Keeping},
    find::{FoundPort, Place, Roots},
    link::{Link, Trust},
    local::{Local, Server},
    metrics::Metrics,
    notify::{Notifier, Pulse},
    pair::Tills,
    spool::{Reader, Spool},
    tls::{Certificate, Exposed, Reach},
};

/// How long what is being sealed may take when the proxy ends.
const FAREWELL: Duration = Duration::from_secs(25);

/// A proxy that listens, and answers from [`Proxy::run`] on.
pub struct Proxy {
    config: Config,
    listener: TcpListener,
    address: SocketAddr,
    local: Arc<Local>,
    /// The thread at the port takes it.
    spool: Option<Spool>,
    trust: Trust,
    certificate: Option<Certificate>,
    entropy: fn(&mut [u8]),
    notifier: Option<Notifier>,
}

impl Proxy {
    /// Opens what it keeps, and listens. Tills are answered, and the device is asked, from [`Proxy::run`] on.
    pub fn start(config: Config, entropy: fn(&mut [u8])) -> Result<Self, StartFault> {
        let listen = config.local.listen;
        Reach::of(listen, config.local.tls.clone())?;
        let certificate = config.local.tls.as_ref().map(|files| {
            Certificate::read(files).map_err(|fault| StartFault::Certificate {
                path: files.certificate.clone(),
                cause: fault.to_string(),
            })
        });
        let certificate = certificate.transpose()?;
        let ca_file = config.cloud.ca_file.as_deref();
        let trust = Trust::new(ca_file).map_err(|fault| StartFault::Certificate {
            path: ca_file.map(Path::to_path_buf).unwrap_or_default(),
            cause: fault.to_string(),
        })?;
        let folder = &config.state.folder;
        fs::create_dir_all(folder).map_err(state(folder))?;
        let database = config.state.database();
        let spool = Spool::open(&database).map_err(state(&database))?;
        let reader = Reader::open(&database).map_err(state(&database))?;
        let tills = Tills::open(&database).map_err(state(&database))?;
        let metrics = Metrics::new(env!("CARGO_PKG_VERSION"), clock::now());
        let clouds = config.cloud.urls.iter().map(ToString::to_string).collect();
        let desk = Arc::new(Desk::new(reader, metrics, config.device.serial, clouds));
        let heard = |cause| StartFault::Listen { address: listen, cause };
        let listener = TcpListener::bind(listen).map_err(heard)?;
        listener.set_nonblocking(true).map_err(heard)?;
        let address = listener.local_addr().map_err(heard)?;
        let names = config.local.names.clone();
        let local = Arc::new(Local { desk, tills: Mutex::new(tills), entropy, names });
        let spool = Some(spool);
        Ok(Self { config, listener, address, local, spool, trust, certificate, entropy, notifier: None })
    }

    /// Tells whoever started the proxy how it is.
    #[must_use]
    pub fn telling(mut self, notifier: Notifier) -> Self {
        self.notifier = Some(notifier);
        self
    }

    /// Where tills find it.
    pub fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// Works until `stop` is over. What is being sealed then is sealed and kept; who waits in the queue is told to come again.
    ///
    /// A future that is dropped before is a crash for whoever waits, and the next start goes on from what is kept.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let desk = Arc::clone(&self.local.desk);
        let pulse = Pulse::default();
        // Also when this future is dropped, the thread at the port ends.
        let closing = Closing(Arc::clone(&desk));
        let stopped = self.device(pulse.clone());
        let mut tasks = JoinSet::new();
        for (index, url) in self.config.cloud.urls.iter().enumerate() {
            let link = Link {
                url: url.clone(),
                desk: Arc::clone(&desk),
                trust: self.trust.clone(),
                entropy: self.entropy,
                certificate: self.config.state.certificate(),
                activates: index == 0,
            };
            tasks.spawn(link.run());
        }
        let (stopping, told) = watch::channel(false);
        let mut serving = JoinSet::new();
        match tokio::net::TcpListener::from_std(self.listener) {
            Ok(listener) => {
                let server = Server::new(listener, Arc::clone(&self.local), self.certificate);
                serving.spawn(server.serve(told));
            }
            Err(error) => tracing::error!(%error, "tills cannot be answered"),
        }
        match &self.notifier {
            Some(notifier) => {
                notifier.ready();
                tokio::select! {
                    () = stop => {}
                    () = notifier.supervise(vec![pulse]) => {}
                    () = tell_status(notifier, &desk) => {}
                }
                notifier.stopping();
            }
            None => stop.await,
        }
        drop(closing);
        let ended = async {
            while !stopped.load(Ordering::Acquire) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        drop(tokio::time::timeout(FAREWELL, ended).await);
        stopping.send_replace(true);
        while serving.join_next().await.is_some() {}
    }

    /// Starts the thread that owns the port; the flag says that it ended.
    fn device(&mut self, pulse: Pulse) -> Arc<AtomicBool> {
        let spool = self.spool.take();
        let config = &self.config;
        let place = match &config.device.port {
            Some(address) => Place::At(address.clone()),
            None => Place::Usb { serial: config.device.serial, roots: Roots::default() },
        };
        let mut random = [0; 8];
        (self.entropy)(&mut random);
        let keeping = Keeping {
            clouds: config.cloud.urls.iter().map(ToString::to_string).collect(),
            days: config.state.keep_days,
        };
        let stopped = Arc::new(AtomicBool::new(false));
        let ended = Ended(Arc::clone(&stopped));
        let desk = Arc::clone(&self.local.desk);
        let random = u64::from_le_bytes(random);
        thread::spawn(move || {
            let _ended = ended;
            if let Some(spool) = spool {
                Device::new(FoundPort::new(place), spool, desk, pulse, keeping, random).run();
            }
        });
        stopped
    }
}

/// Says in a line how the device is, whenever that changes; never over.
async fn tell_status(notifier: &Notifier, desk: &Desk) {
    let mut news = desk.watch_news();
    loop {
        let line = {
            let news = news.borrow_and_update();
            match (&news.here, &news.absence) {
                (Some(here), _) => format!("{} answers", here.signer.device_id),
                (None, Some(absence)) => absence.clone(),
                (None, None) => "looking for the device".to_owned(),
            }
        };
        notifier.status(&line);
        if news.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Closes the queue when it is dropped: the thread at the port ends, and who waits is told.
struct Closing(Arc<Desk>);

impl Drop for Closing {
    fn drop(&mut self) {
        for job in self.0.queue.close() {
            job.give_up("the proxy ends: ask again in a few seconds");
        }
    }
}

/// Says that a thread ended, however it did.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn state<F: ToString>(path: &Path) -> impl Fn(F) -> StartFault {
    move |fault| StartFault::State { path: path.to_path_buf(), cause: fault.to_string() }
}

/// Why a proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// It cannot listen.
    #[error("cannot listen on {address} ({cause}): end the program that does, or set local.listen")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// It would be open to the network.
    #[error(transparent)]
    Exposed(#[from] Exposed),
    /// Its folder or database cannot be used.
    #[error("{path}: {cause}: give the proxy a folder of its own that it may write, by state.folder")]
    State {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A certificate cannot be used.
    #[error("{path}: {cause}: name files in PEM that belong together")]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl StartFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "LISTEN",
            Self::Exposed(_) => "EXPOSED",
            Self::State { .. } => "STATE",
            Self::Certificate { .. } => "CERTIFICATE",
        }
    }
}
