use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use edef_sim::{Options, Profile, Simulator, Wanted};
use tokio::signal::unix::{SignalKind, signal};

/// A service to simulate.
#[derive(Args)]
pub(crate) struct SimulateCommand {
    /// Where it listens. It has no password: whoever reaches it may do everything.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9300")]
    listen: SocketAddr,
    /// The file that keeps its state; made on the first start. Without it, all is forgotten at the end.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Whose rules its e-MCFs have.
    #[arg(long, value_enum, default_value_t = Rules::Drc)]
    profile: Rules,
    /// How many e-MCFs it has; a state that was kept gets those that it lacks.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    machines: u16,
    /// The taxpayer whose e-MCFs they are.
    #[arg(long, default_value = "A2301457K")]
    nif: String,
    /// How long each call takes, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
}

/// Whose rules.
#[derive(Clone, Copy, ValueEnum)]
enum Rules {
    /// The DRC's: groups A to P, two decimals.
    Drc,
    /// The parent system's: 18 %, whole francs.
    Parent,
}

impl SimulateCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let profile = match self.profile {
            Rules::Drc => Profile::Drc,
            Rules::Parent => Profile::Parent,
        };
        let wanted = Wanted { profile, ..Wanted::of(&self.nif) };
        let simulator = edef_sim::spawn(Options {
            listen: self.listen,
            state: self.state,
            machines: vec![wanted; usize::from(self.machines)],
            latency: Duration::from_millis(self.latency),
            ..Options::default()
        })?;
        say(&simulator)?;
        until_told()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where it is, the tokens, and a call that works as it stands.
fn say(simulator: &Simulator) -> io::Result<()> {
    let url = simulator.url();
    let mut out = io::stdout().lock();
    writeln!(out, "listening at {url}")?;
    for machine in simulator.machines() {
        writeln!(out, "e-MCF {} of {}, token {}", machine.nim, machine.nif, machine.token.as_str())?;
    }
    if let Some(machine) = simulator.machines().first() {
        let body = format!(
            r#"{{"nif":"{}","rn":"F-1","mode":"ttc","isf":"ISF-1","type":"FV","items":[{{"code":"1","type":"BIE","name":"Pain","price":1160,"quantity":2,"taxGroup":"B"}}],"client":{{"type":"PP"}},"operator":{{"id":"1","name":"Caisse"}},"payment":[{{"name":"ESPECES","amount":2320}}]}}"#,
            machine.nif
        );
        writeln!(out, "try:")?;
        writeln!(
            out,
            "  curl -s {url}/api/invoice -H 'Authorization: Bearer {}' \\",
            machine.token.as_str()
        )?;
        writeln!(out, "    -H 'Content-Type: application/json' -d '{body}'")?;
    }
    writeln!(out, "look inside, and set faults: {url}/ (no password; keep it to this machine)")?;
    out.flush()
}

/// Returns when SIGINT or SIGTERM comes.
fn until_told() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
        let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
