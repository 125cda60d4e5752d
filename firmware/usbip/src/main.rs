//! A fiscal memory whose USB plug is a TCP port.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Parser;
use def_engine::{Device, Factory, Firmware, Memory};
use def_protocol::token::Realm;
use def_sim::StateDirectory;
use def_usb::{Identity, Line};
use fiscal::PublicKey;
use serde_json::Value;
use usbip::{Desk, Server, Stop, serve};

/// The build of the program that says so in the descriptor and in the status.
const FIRMWARE: Firmware = Firmware { version: env!("CARGO_PKG_VERSION"), build: 1 };
/// How often to look whether the device still runs.
const GLANCE: Duration = Duration::from_millis(100);

/// Offers a simulated fiscal memory over USB/IP. Attach it as root: `modprobe vhci-hcd`, then
/// `usbip attach --remote=127.0.0.1 --busid=1-1`.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where USB/IP clients connect to; port 0 takes a free one. Whoever can connect has the device in hand: keep it
    /// to this machine.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3240")]
    listen: String,
    /// The device: a state directory that `stelala device simulate` made.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let (factory, flash_bytes) = factory(&options.state)?;
    let identity = Identity { serial: factory.serial, build: FIRMWARE.build };
    let (started, has_started) = mpsc::channel();
    let state = options.state.clone();
    let desk = Desk::start(identity, move |line, stop| {
        if let Err(fault) = run(&state, factory, flash_bytes, line, stop) {
            // The other side waits for it, or the program has ended.
            let _ = started.send(fault);
        }
    })?;
    let server = Server::start(&options.listen, desk.controller()).context(options.listen)?;
    println!("listening at {} as {} (busid {})", server.address(), factory.serial, usbip::BUS_ID);
    while !desk.has_ended() {
        thread::sleep(GLANCE);
    }
    match has_started.try_recv() {
        Ok(fault) => Err(fault),
        Err(_) => bail!("the device stopped: start again"),
    }
}

fn run(state: &Path, factory: Factory, flash_bytes: u64, line: &Line, stop: &Stop) -> anyhow::Result<()> {
    let directory = StateDirectory::open(state)?;
    let parts = directory.parts(flash_bytes)?;
    let mut memory = Box::new(Memory::new());
    serve(Device::start(parts, factory, &mut memory), line, stop);
    Ok(())
}

/// What the device got in the factory, as the simulator wrote it down.
fn factory(state: &Path) -> anyhow::Result<(Factory, u64)> {
    let path = state.join("factory.json");
    let text = fs::read(&path).with_context(|| {
        format!(
            "{}: make a device with `stelala device simulate --state DIR --link PATH` first",
            path.display()
        )
    })?;
    let read = || -> anyhow::Result<(Factory, u64)> {
        let written: Value = serde_json::from_slice(&text)?;
        let member = |name: &str| written[name].as_str().with_context(|| format!("no {name}"));
        if member("realm")? != "development" {
            bail!("the realm is none of a simulator");
        }
        let factory = Factory {
            serial: member("serial")?.parse()?,
            realm: Realm::Development,
            root: PublicKey::from_pem(member("root")?)?,
            firmware: FIRMWARE,
        };
        let mib =
            written["flash_mib"].as_u64().filter(|mib| (1..=64).contains(mib)).context("no flash_mib")?;
        Ok((factory, mib << 20))
    };
    read().with_context(|| format!("{}: damaged, restore it from a copy", path.display()))
}
