//! Benchmarks are programs: they print ratios against limits that were measured in the same run.

mod cloud;
mod core;
mod device;
mod dual;
mod firmware;
mod measure;
mod port;
mod ratio;
mod sync;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// The fiscal core against bare P-256 signing. Exit code 1 when a limit is not kept.
    Core {
        /// How many rounds; each measures everything once, in turn.
        #[arg(long, default_value_t = 40)]
        rounds: usize,
    },
    /// A simulated device, without and through its port, against bare P-256 signing. Exit code 1 when a limit is not
    /// kept.
    Device {
        /// How many rounds; each measures everything once, in turn.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
        /// How many records the journal has when COMMIT is measured for the last time.
        #[arg(long, default_value_t = 100_000)]
        records: u64,
    },
    /// A cloud over HTTP against a bare echo by the same HTTP stack, and against bare signing. Exit code 1 when a limit is
    /// not kept.
    Cloud(cloud::CloudBench),
    /// What tunnel and proxy add to a bare exchange on a device's port, and many outlets' proxies on one cloud. Exit code 1
    /// when a limit is not kept.
    Dual(dual::DualBench),
    /// A backlog drained to a simulated authority, against what the authority's limits allow, while sales go on. Exit code 1
    /// when a limit is not kept.
    Sync(sync::SyncBench),
    /// A full audit of an export against the bare verification of its signatures, on all cores.
    Verify(verify::VerifyBench),
    /// The firmware on an emulated Cortex-M33: instructions, stack, and a time budget. Exit code 1 when a limit is not kept.
    Firmware {
        /// How many sales of each size; of each command, the mean counts.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        rounds: u32,
        /// One JSON object instead of tables.
        #[arg(long)]
        json: bool,
    },
}

impl BenchCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Core { rounds } => core::run(rounds.max(1)),
            Self::Device { rounds, records } => device::run(rounds.max(1), records.max(1_000)),
            Self::Cloud(bench) => bench.run(),
            Self::Dual(bench) => bench.run(),
            Self::Sync(bench) => bench.run(),
            Self::Verify(bench) => bench.run(),
            Self::Firmware { rounds, json } => firmware::run(rounds, json),
        }
    }
}
