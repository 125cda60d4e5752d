//! The world behind HTTP.

mod inside;
mod page;
mod service;
mod shared;
mod wire;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, thread, time::Duration};

use axum::{Router, extract::DefaultBodyLimit};
use tokio::{net::TcpListener, sync::oneshot};

use self::{
    shared::Shared,
    wire::{CutListener, Wire},
};
use crate::{MachineView, Settings, Wanted, World, WorldFault, store};

/// The longest body of a call.
const BODY: usize = 1024 * 1024;

/// How a simulator starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens. Whoever reaches it may do everything: nothing but loopback unless you mean it.
    pub listen: SocketAddr,
    /// The file that keeps its state; without it all is forgotten at the end, and nothing is written.
    pub state: Option<PathBuf>,
    /// The e-MCFs of a new world. A world that was kept gets those that it lacks in number.
    pub machines: Vec<Wanted>,
    /// How long each call of the service takes.
    pub latency: Duration,
    /// Whether an e-MCF confirms one invoice after the other, each for as long as `latency`.
    pub serial_confirms: bool,
    /// What holds for all e-MCFs of a new world.
    pub settings: Settings,
    /// Makes uids, codes and chances the same each time; they are of the operating system's randomness without it.
    pub seed: Option<u64>,
}

impl Default for Options {
    /// One e-MCF of the taxpayer A2301457K at a free port of loopback, without latency and without a file.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: None,
            machines: vec![Wanted::of("A2301457K")],
            latency: Duration::ZERO,
            serial_confirms: true,
            settings: Settings::default(),
            seed: None,
        }
    }
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnFault {
    /// The address is taken or not ours.
    #[error("{0} cannot be listened at ({1}): choose another address")]
    Listen(SocketAddr, std::io::Error),
    /// The file cannot be used.
    #[error(
        "{file} cannot be used ({fault}): another simulator may run with it, or it is no state of a simulator"
    )]
    State {
        /// The file.
        file: String,
        /// What the database says.
        fault: rusqlite::Error,
    },
    /// The world cannot be made.
    #[error(transparent)]
    World(#[from] WorldFault),
    /// The machine has no thread or randomness left.
    #[error("this machine cannot run it: {0}")]
    System(#[from] std::io::Error),
}

/// A simulator that runs, until it is dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Starts a simulator, on a thread of its own.
///
/// # Errors
/// Its address or its file cannot be used.
pub fn spawn(options: Options) -> Result<Simulator, SpawnFault> {
    let (mut world, connection) = match &options.state {
        None => (World::new(options.settings), None),
        Some(path) => {
            let (connection, rows) = store::open(path)
                .map_err(|fault| SpawnFault::State { file: path.display().to_string(), fault })?;
            let world = if rows.is_empty() { World::new(options.settings) } else { World::load(rows)? };
            (world, Some(connection))
        }
    };
    if connection.is_some() {
        world.record_changes();
    }
    let scribe = connection.map(store::Scribe::start).transpose()?;
    let shared = Arc::new(Shared::new(world, scribe, &options)?);
    shared.change_now(|world, now, dice| {
        let missing = options.machines.iter().skip(world.machines().count());
        missing.cloned().try_for_each(|wanted| world.add(wanted, now, dice).map(drop))
    })?;
    serve(options.listen, shared)
}

fn serve(listen: SocketAddr, shared: Arc<Shared>) -> Result<Simulator, SpawnFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let unusable = |fault| SpawnFault::Listen(listen, fault);
    let listener = runtime.block_on(TcpListener::bind(listen)).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let (end, ended) = oneshot::channel::<()>();
    let app = router(Arc::clone(&shared), address);
    let run = move || {
        runtime.block_on(async {
            let service = app.into_make_service_with_connect_info::<Wire>();
            let serving = axum::serve(CutListener(listener), service);
            tokio::select! {
                _ = serving.into_future() => {}
                _ = ended => {}
            }
        });
    };
    let thread = thread::Builder::new().name("edef-sim".to_owned()).spawn(run)?;
    Ok(Simulator { address, shared, end: Some(end), thread: Some(thread) })
}

fn router(shared: Arc<Shared>, address: SocketAddr) -> Router {
    let inside = Router::new().merge(page::routes()).merge(inside::routes());
    let inside = if address.ip().is_loopback() {
        inside.layer(axum::middleware::from_fn(page::only_for_loopback))
    } else {
        inside
    };
    inside.fallback(service::call).layer(DefaultBodyLimit::max(BODY)).with_state(shared)
}

impl Simulator {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client takes as the service's address: `http://127.0.0.1:9300`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its e-MCFs, with their tokens, by NIM.
    pub fn machines(&self) -> Vec<MachineView> {
        self.look(|world| world.machines().collect())
    }

    /// Looks inside.
    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        self.shared.look(at)
    }

    /// Changes the world, and returns when that is kept: faults, rates, tokens.
    pub fn change<T>(&self, how: impl FnOnce(&mut World, crate::At, &mut dyn crate::Dice) -> T) -> T {
        self.shared.change_now(how)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
