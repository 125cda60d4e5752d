//! A fiscal memory as real firmware: QEMU runs it, this program is its COM port and its power supply.

mod bridge;
mod firmware;
mod guard;
mod images;
mod machine;
mod power;

use std::{fs::File, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Args;
use def_sim::{StateDirectory, Terminal};
use fiscal::DeviceId;

pub(super) use self::guard::GuardCommand;
use self::{bridge::Bridge, machine::Machine};
use super::{
    factory_file::{self, Board, Wanted},
    power_failure::PowerFailure,
    simulate::{POWER_FAILED, say, stop_flag},
};

/// How long the firmware may take until it hears what it is sent: it takes a second, on a busy computer several.
const START: Duration = Duration::from_secs(60);

/// A device for QEMU.
#[derive(Args)]
pub(crate) struct QemuCommand {
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
    /// How much of its flash of 8,192 KiB the journal takes, fixed by the first start; all of it unless named.
    #[arg(long, value_name = "KIB", value_parser = images::flash_kib)]
    flash_kib: Option<u32>,
    /// Cut the power at the Nth COMMIT from the start: `in-commit=N` some milliseconds after the device has it, so that the
    /// sale may be sealed or not, `after-commit=N` when the record is durable and the answer not yet sent. If that COMMIT
    /// is refused, the next one that is sealed is meant. The program then ends with exit code 9.
    #[arg(long, value_name = "WHEN")]
    power_fails: Option<PowerFailure>,
    /// Start as after the clock's battery was changed.
    #[arg(long)]
    clock_lost: bool,
    /// End also when standard input ends: when the program at its other end is gone.
    #[arg(long)]
    while_stdin: bool,
    /// The firmware, built before; else the one of the clone that this is run in, built by cargo first.
    #[arg(long, value_name = "ELF")]
    firmware: Option<PathBuf>,
}

impl QemuCommand {
    /// Runs the device until a signal ends it.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let stop = stop_flag(self.while_stdin)?;
        let firmware = firmware::find(self.firmware.as_deref())?;
        let _directory = StateDirectory::open(&self.state)?;
        let wanted = Wanted {
            serial: self.serial,
            root: self.root.as_deref(),
            board: Board::Qemu,
            flash_kib: self.flash_kib,
        };
        let made = factory_file::take(&self.state, &wanted)?;
        // A program that was killed here is gone; its machine may be in the last instants of its power.
        drop(power::take(&self.state.join(power::LOCK))?);
        images::prepare(&self.state, &made)?;
        let machine = Machine::start(&self.state, &firmware, self.clock_lost)?;
        let mut bridge = Bridge::new(machine, Terminal::open(&self.link)?, self.power_fails, &stop);
        if bridge.wait_until_ready(START)? {
            say(&made, &self.link, &self.state)?;
        }
        self.serve(bridge)
    }

    fn serve(&self, mut bridge: Bridge<'_>) -> anyhow::Result<ExitCode> {
        let power_failed = bridge.serve()?;
        bridge.cut_power()?;
        if power_failed {
            eprintln!("the power failed, as --power-fails asked: start again to see what the device found");
            return Ok(ExitCode::from(POWER_FAILED));
        }
        // Against a crash of this machine; a power cut of the device needs none.
        for image in images::NAMES {
            let path = self.state.join(image);
            File::open(&path).and_then(|file| file.sync_all()).with_context(|| path.display().to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
