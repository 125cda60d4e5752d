//! A simulated authority in a process of its own, and a folder with a cloud that may send to it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use ::cloud::{Config, SystemClock};
use anyhow::Context;
use fiscal::{OutletId, UtcOffset};
use registry::{ApiKey, NewKey, NewPlace, Rate, Reach, Role};
use signing::Cost;

use super::super::cloud::ALLOWED;
use crate::{
    cloud::{Desk, opened},
    random,
};

pub(super) struct Ground {
    folder: PathBuf,
    config: Config,
    /// The same cloud, but that it sends nothing.
    without_authority: Config,
    /// Each has a machine.
    outlets: Vec<OutletId>,
    /// Has none: what is sold there meanwhile is not drained.
    busy: OutletId,
    key: ApiKey,
    authority: Authority,
    runs: AtomicU32,
}

/// The simulator, until it is dropped. What it keeps of each invoice does not count as this process's memory.
struct Authority {
    process: Child,
    /// Open for as long as it runs: what it says later goes nowhere, and does not end it.
    said: BufReader<ChildStdout>,
    url: String,
    machines: Vec<SimulatedMachine>,
}

/// A machine as the simulator names it.
pub(super) struct SimulatedMachine {
    pub(super) nim: String,
    pub(super) token: String,
}

/// Opening the keys is not measured.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
/// The simulator's own.
const NIF: &str = "A2301457K";

impl Ground {
    pub(super) fn make(outlets: u32, latency: Duration) -> anyhow::Result<Self> {
        let authority = Authority::start(outlets, latency)?;
        let folder = std::env::temp_dir().join(format!("stelala-bench-sync-{:016x}", random::number()?));
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let plain = "[http]\nlisten = \"127.0.0.1:0\"\n[signer]\n";
        let sending = "[authority]\nenabled = true\nhosts = [\"127.0.0.1\"]\nallow_loopback = true\n";
        // Nobody signs in: what would seal second factors is as good as any.
        let access = "0123456789abcdef".repeat(4);
        let secrets = [("STELALA_PASSPHRASE", "of a benchmark"), ("STELALA_SECRET", &access)];
        let secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let without_authority = Config::read(plain, &folder, &secrets)?;
        let config = Config::read(&format!("{plain}\n{sending}"), &folder, &secrets)?;
        ::cloud::make_key(&config, CHEAP, &*opened(&config)?, &SystemClock, random::fill)?;
        let (mut outlets, key) = Desk::of(&config, |desk| make(desk, &config, outlets + 1))?;
        let busy = outlets.pop().context("no outlet was made")?;
        Ok(Self { folder, config, without_authority, outlets, busy, key, authority, runs: AtomicU32::new(0) })
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) const fn without_authority(&self) -> &Config {
        &self.without_authority
    }

    pub(super) fn outlets(&self) -> &[OutletId] {
        &self.outlets
    }

    pub(super) const fn busy(&self) -> OutletId {
        self.busy
    }

    pub(super) const fn key(&self) -> &ApiKey {
        &self.key
    }

    pub(super) fn authority(&self) -> (&str, &[SimulatedMachine]) {
        (&self.authority.url, &self.authority.machines)
    }

    /// A number that makes the sales of a run others than those of the runs before.
    pub(super) fn next_run(&self) -> u32 {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Err(fault) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {fault}", self.folder.display());
        }
    }
}

impl Authority {
    fn start(machines: u32, latency: Duration) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["edef", "simulate", "--listen", "127.0.0.1:0", "--nif", NIF])
            .args(["--machines", &machines.to_string(), "--latency", &latency.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator does not start")?;
        let said = BufReader::new(process.stdout.take().context("the simulator says nothing")?);
        let mut started = Self { process, said, url: String::new(), machines: Vec::new() };
        while let Some(line) = started.said.by_ref().lines().next().transpose()? {
            if let Some(url) = line.strip_prefix("listening at ") {
                url.clone_into(&mut started.url);
            } else if let Some(machine) = machine(&line) {
                started.machines.push(machine);
            } else {
                break;
            }
        }
        anyhow::ensure!(started.machines.len() == machines as usize, "the simulator lacks machines");
        Ok(started)
    }
}

/// `e-MCF CD01009999-1 of A2301457K, token …`
fn machine(line: &str) -> Option<SimulatedMachine> {
    let (nim, rest) = line.strip_prefix("e-MCF ")?.split_once(" of ")?;
    let (_, token) = rest.split_once(", token ")?;
    Some(SimulatedMachine { nim: nim.to_owned(), token: token.to_owned() })
}

impl Drop for Authority {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn make(desk: &mut Desk<'_>, config: &Config, outlets: u32) -> anyhow::Result<(Vec<OutletId>, ApiKey)> {
    let (merchant, _) = desk.find_or_make_merchant(NIF.parse()?, &"A benchmark".parse()?)?;
    let outlets = (0..outlets).map(|number| {
        let name = format!("BENCH{number:04}");
        let place = NewPlace {
            id: name.parse()?,
            merchant: merchant.id.clone(),
            name: name.parse()?,
            address: None,
            prefix: Some(name.parse()?),
            zone: UtcOffset::KINSHASA,
        };
        Ok(desk.make_outlet(&place, config.signer.id())?.outlet.id)
    });
    let outlets = outlets.collect::<anyhow::Result<_>>()?;
    let (name, reach) = ("stelala bench sync".parse()?, Reach::Merchant(merchant.id));
    let rate = Some(Rate { per_second: ALLOWED, burst: ALLOWED });
    let new = NewKey { name, reach, role: Role::Manager, scopes: None, rate, expires: None };
    Ok((outlets, desk.make_key(&new)?.0))
}
