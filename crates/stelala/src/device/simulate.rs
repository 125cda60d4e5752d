use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use def_engine::{Device, Memory};
use def_sim::{StateDirectory, Terminal};
use fiscal::DeviceId;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::{
    factory_file::{self, Board, Made, Wanted},
    line::Line,
    power_failure::{Fate, PowerFailure},
    speech::print_line,
};

/// The exit code of a simulator whose power failed because it was told to.
pub(super) const POWER_FAILED: u8 = 9;

/// How long to listen while the device has work of its own, and while it has none.
const BUSY: Duration = Duration::from_millis(20);
const CALM: Duration = Duration::from_millis(200);
/// What a host can send at once: a large invoice.
const BUFFER: usize = 32 * 1024;

/// A device to simulate.
#[derive(Args)]
pub(crate) struct SimulateCommand {
    /// Where the device keeps its state; made on the first start.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Where hosts find the COM port.
    #[arg(long, value_name = "PATH")]
    link: PathBuf,
    /// The serial number, fixed by the first start; DEF-000001 unless named.
    #[arg(long)]
    serial: Option<DeviceId>,
    /// The public key of the root that it obeys, fixed by the first start; else one is made in DIR/authority.
    #[arg(long, value_name = "ROOT.pem")]
    root: Option<PathBuf>,
    /// The size of its flash, fixed by the first start; 64 unless named.
    #[arg(long, value_name = "MIB")]
    flash_mib: Option<u32>,
    /// Cut the power at the Nth COMMIT from the start: `in-commit=N` in the middle of writing its record, `after-commit=N`
    /// when the record is durable and the answer not yet sent. If that COMMIT is refused, the next one that is sealed is
    /// meant. The simulator then ends with exit code 9.
    #[arg(long, value_name = "WHEN")]
    power_fails: Option<PowerFailure>,
    /// Start as after the clock's battery was changed.
    #[arg(long)]
    clock_lost: bool,
    /// End also when standard input ends: when the program at its other end is gone.
    #[arg(long)]
    while_stdin: bool,
}

impl SimulateCommand {
    /// Runs the device until a signal ends it.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let stop = stop_flag(self.while_stdin)?;
        let directory = StateDirectory::open(&self.state)?;
        // What is too large to be counted in KiB is too large for any flash here, and is refused as such.
        let flash_kib = self.flash_mib.map(|mib| mib.saturating_mul(1024));
        let wanted =
            Wanted { serial: self.serial, root: self.root.as_deref(), board: Board::Simulator, flash_kib };
        let made = factory_file::take(&self.state, &wanted)?;
        let mut parts = directory.parts(made.flash_bytes)?;
        if self.clock_lost {
            parts.clock.lose_power()?;
        }
        let terminal = Terminal::open(&self.link)?;
        let mut fate = Fate::new(self.power_fails, parts.flash.power());
        let mut memory = Box::new(Memory::new());
        let device = Device::start(parts, made.factory, &mut memory);
        say(&made, &self.link, &self.state)?;
        serve(device, Line::new(terminal), &stop, &mut fate)?;
        if fate.power_failed() {
            eprintln!("the power failed, as --power-fails asked: start again to see what the device found");
            return Ok(ExitCode::from(POWER_FAILED));
        }
        // Against a crash of this machine; a power cut of the device needs none.
        directory.flash(made.flash_bytes)?.sync().context("the flash's file")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A simulated device on a thread of this process, pulled out when it is let go.
pub(crate) struct Simulated {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<anyhow::Result<()>>>,
}

impl Simulated {
    /// Its state is in `folder`, its port at `link`. Without a root, one is made in the folder's `authority`.
    pub(crate) fn start(
        folder: &Path,
        link: &Path,
        serial: DeviceId,
        root: Option<&Path>,
        flash_kib: u32,
    ) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let directory = StateDirectory::open(folder)?;
        let wanted =
            Wanted { serial: Some(serial), root, board: Board::Simulator, flash_kib: Some(flash_kib) };
        let made = factory_file::take(folder, &wanted)?;
        let terminal = Terminal::open(link)?;
        let stopped = stop.clone();
        let run = move || {
            let parts = directory.parts(made.flash_bytes)?;
            let mut fate = Fate::new(None, parts.flash.power());
            let mut memory = Box::new(Memory::new());
            let device = Device::start(parts, made.factory, &mut memory);
            serve(device, Line::new(terminal), &stopped, &mut fate)
        };
        let thread = thread::Builder::new().name("device".into()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Simulated {
    /// Pulls it out; it is gone when this is let go.
    pub(crate) fn pull(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.pull();
        if let Some(Ok(Err(fault))) = self.thread.take().map(thread::JoinHandle::join) {
            eprintln!("a simulated device: {fault:#}");
        }
    }
}

/// Says where the device is to be found.
pub(super) fn say(made: &Made, link: &Path, state: &Path) -> anyhow::Result<()> {
    if let Some(folder) = &made.new_authority {
        print_line(&format!("made a development authority in {}", folder.display()))?;
    }
    let (link, state) = (link.display(), state.display());
    Ok(print_line(&format!("listening at {link} as {} (state {state})", made.factory.serial))?)
}

/// Set by SIGINT, by SIGTERM and, if that is asked for, by the end of standard input.
pub(super) fn stop_flag(while_stdin: bool) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, stop.clone()).context("cannot listen for signals")?;
    }
    if while_stdin {
        stop_when_stdin_ends(stop.clone());
    }
    Ok(stop)
}

fn stop_when_stdin_ends(stop: Arc<AtomicBool>) {
    // It ends with the process: nobody waits for it.
    thread::spawn(move || {
        // One that cannot be read has ended too.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        stop.store(true, Ordering::Relaxed);
    });
}

/// Answers what comes, and does the device's own work between.
fn serve(
    mut device: Device<'_, StateDirectory>,
    mut line: Line,
    stop: &AtomicBool,
    fate: &mut Fate,
) -> anyhow::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut patience = BUSY;
    while !stop.load(Ordering::Relaxed) {
        let received =
            line.terminal().receive(&mut buffer, patience).context("the COM port failed: start again")?;
        if received > 0 {
            fate.pass(&buffer[..received], &mut device, &mut line);
            if fate.power_failed() {
                break;
            }
            line.flush();
        }
        patience = if device.idle() { BUSY } else { CALM };
    }
    Ok(())
}
