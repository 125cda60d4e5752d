//! The boards: all that differs between them from outside.

use clap::ValueEnum;

/// Which board runs the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Board {
    /// `stelala device simulate`: the engine as a program of this machine.
    Simulate,
    /// `stelala device qemu`: the firmware in an emulated microcontroller.
    Qemu,
}

impl Board {
    /// The command of `stelala device`.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Simulate => "simulate",
            Self::Qemu => "qemu",
        }
    }

    /// How the size of the flash is said.
    pub fn flash(self, kib: u32) -> [String; 2] {
        match self {
            Self::Simulate => ["--flash-mib".into(), (kib / 1024).to_string()],
            Self::Qemu => ["--flash-kib".into(), kib.to_string()],
        }
    }

    /// How often the power is cut where that is what a case is about.
    pub const fn power_cuts(self) -> u64 {
        match self {
            Self::Simulate => 100,
            Self::Qemu => 12,
        }
    }

    /// About how long a COMMIT takes, in microseconds: cuts are spread around it.
    pub const fn commit_micros(self) -> u64 {
        match self {
            Self::Simulate => 3_000,
            Self::Qemu => 80_000,
        }
    }

    /// How many devices run at once beside those that wait.
    pub const fn jobs(self) -> usize {
        match self {
            Self::Simulate => 4,
            // Each takes a core.
            Self::Qemu => 2,
        }
    }
}
