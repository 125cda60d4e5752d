use std::{
    io::{self, Write},
    process::{self, ExitCode},
};

use ::proxy::{
    Proxy,
    notify::{Notifier, Surroundings},
};
use anyhow::Context;
use clap::Args;
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use super::configured::{ConfigArgs, variable};
use crate::random;

/// By its configuration.
#[derive(Args)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl RunCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        ::cloud::start_log(&::cloud::LogConfig { json: config.log.json, level: config.log.level })?;
        let scheme = if config.local.tls.is_some() { "https" } else { "http" };
        let runtime = Runtime::new().context("the system gives no threads")?;
        let stop = runtime.block_on(async { interrupted() })?;
        let notifier = notifier()?;
        let proxy = {
            let _inside = runtime.enter();
            Proxy::start(config, random::fill)?.telling(notifier)
        };
        // Who started it may wait for this line, and may have gone after it.
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "listening at {scheme}://{}", proxy.local_address()).and_then(|()| out.flush());
        drop(out);
        runtime.block_on(proxy.run(stop));
        Ok(ExitCode::SUCCESS)
    }
}

/// Whom the service manager wants told, if one started this.
fn notifier() -> anyhow::Result<Notifier> {
    let (socket, micros, process) =
        (variable("NOTIFY_SOCKET"), variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"));
    let surroundings = Surroundings {
        socket: socket.as_deref().map(AsRef::as_ref),
        watchdog_micros: micros.as_deref(),
        watchdog_process: process.as_deref(),
        process: process::id(),
    };
    Ok(Notifier::new(surroundings)?)
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
