//! One suite over each signer: what a merchant's programs hear must be the same, whoever seals.

mod compare;
mod day;
mod suite;
mod token;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use fiscal::Timestamp;

pub use self::{
    compare::{FOLLOWS, differences},
    suite::{Said, Transcript},
};
use crate::{Board, Keys, Place, Plan};

/// Who seals for the outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signer {
    /// The cloud, with a key in a file.
    Software,
    /// The cloud, with a key in SoftHSM.
    SoftHsm,
    /// A simulated device, through its proxy and the tunnel.
    Simulated,
    /// The board's firmware in QEMU, through its proxy and the tunnel.
    Qemu,
}

impl Signer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Software, Self::SoftHsm, Self::Simulated, Self::Qemu];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::SoftHsm => "softhsm",
            Self::Simulated => "simulated",
            Self::Qemu => "qemu",
        }
    }

    const fn board(self) -> Option<Board> {
        match self {
            Self::Software | Self::SoftHsm => None,
            Self::Simulated => Some(Board::Simulator),
            Self::Qemu => Some(Board::Qemu),
        }
    }
}

/// What suites need.
pub struct Ground {
    /// The program.
    pub binary: PathBuf,
    /// The firmware of QEMU's board, built before.
    pub firmware: Option<PathBuf>,
    /// When all suites say that they sell: their payloads are the same bytes.
    pub base: Timestamp,
}

/// A machine that QEMU emulates takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

impl Ground {
    /// Asks the suite of a cloud whose outlet this signer seals for.
    pub fn ask(&self, signer: Signer) -> anyhow::Result<Transcript> {
        let folder = tempfile::Builder::new().prefix("stelala-signers-").tempdir()?;
        let asked = self.ask_in(folder.path(), signer);
        if asked.is_err() {
            eprintln!("{}: everything stays in {}", signer.name(), folder.keep().display());
        }
        asked.with_context(|| signer.name())
    }

    fn ask_in(&self, folder: &std::path::Path, signer: Signer) -> anyhow::Result<Transcript> {
        let keys = match signer {
            Signer::SoftHsm => token::make(&folder.join("token"))?,
            _ => Keys::Software,
        };
        let plan = Plan {
            keys,
            devices: signer.board().is_some(),
            firmware: self.firmware.clone(),
            ..Plan::default()
        };
        let place = Place::make(&self.binary, &folder.join("cloud"), &plan)?;
        let (mut cloud, address) = place.ready_cloud()?;
        let mut machines = Vec::new();
        let mut client = place.client(address);
        if let Some(board) = signer.board() {
            machines.push(place.device(0, board, None)?);
            let (proxy, local) = place.proxy(0, address)?;
            // The proxy ends before its device does.
            machines.insert(0, proxy);
            place.activate(0, address, local)?;
            place.switch(&mut client, 0, true, PATIENCE)?;
        }
        let mut transcript = suite::ask(&mut client, self.base)?;
        for machine in &mut machines {
            ensure!(machine.stop()?, "a process did not end in good order");
        }
        ensure!(cloud.stop()?, "the cloud did not end in good order");
        transcript.extend(suite::examine(&place)?);
        Ok(transcript)
    }
}
