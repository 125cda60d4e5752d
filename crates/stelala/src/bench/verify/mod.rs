//! An audit of a large export beside the bare verification of as many signatures.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]
#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

mod sample;

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::{Args, Parser};
use fiscal::{PublicKey, Record};
use verify::SignatureCheck;
use verify_cli::{AwsLcCheck, VerifyCommand};

use super::ratio::Ratio;
use sample::{ATTESTER, KEY};

/// Signatures that are verified bare: as many as the audit has, over the same records again and again.
const SAMPLE: usize = 2_000;
/// An audit needs no more than this, however long it is, in KiB.
const MEMORY_KIB: u64 = 192 * 1024;

#[derive(Args)]
pub(crate) struct VerifyBench {
    /// How many records the export has.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Where the export is made, and kept; the same again audits what is there.
    #[arg(long, default_value = "target/bench-verify", value_name = "DIR")]
    dir: PathBuf,
}

/// `verify export`, as it is typed.
#[derive(Parser)]
struct Typed {
    #[command(subcommand)]
    command: VerifyCommand,
}

impl VerifyBench {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let folder = self.dir.join(self.records.to_string());
        if !folder.join("manifest.jws").exists() {
            println!("making an export of {} records in {}", self.records, folder.display());
            sample::write(&folder, self.records)?;
        }
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).get();
        let check = AwsLcCheck::default();
        let key = PublicKey::from_pem(&fs::read_to_string(folder.join(KEY))?)?;
        let records = sample::first(&folder, SAMPLE)?;
        // Before and after, so that a machine that slows down slows both alike.
        let before = bare_per_second(&check, &key, &records, cores);
        let begun = Instant::now();
        audit(&folder, &check)?;
        let audited = self.records as f64 / begun.elapsed().as_secs_f64();
        let after = bare_per_second(&check, &key, &records, cores);
        let bare = f64::midpoint(before, after);
        let memory = most_memory_kib().unwrap_or(u64::MAX);
        println!("{} records on {cores} cores", self.records);
        println!("  bare verification   {bare:>10.0} a second");
        println!("  full audit          {audited:>10.0} a second");
        println!("  most memory         {:>10} MiB", memory / 1024);
        let ratios = [
            Ratio::at_least("audit per bare verification", audited / bare, 0.8),
            Ratio::at_most("memory of what is allowed", memory as f64 / MEMORY_KIB as f64, 1.0),
        ];
        ratios.iter().for_each(|ratio| println!("{ratio}"));
        Ok(ExitCode::from(u8::from(ratios.iter().any(|ratio| !ratio.kept))))
    }
}

/// What a user types, with its progress bar on a terminal.
fn audit(folder: &Path, check: &dyn SignatureCheck) -> anyhow::Result<()> {
    let (key, attester) = (folder.join(KEY), folder.join(ATTESTER));
    let words = ["verify", "export"].map(Into::into).into_iter().chain([
        folder.as_os_str().to_owned(),
        "--trust".into(),
        key.into_os_string(),
        "--attester".into(),
        attester.into_os_string(),
    ]);
    let answer = Typed::try_parse_from(words)?.command.run_with(check).context("the audit was not done")?;
    if !answer.valid {
        bail!("the audit found a true export false:\n{}", answer.text);
    }
    Ok(())
}

fn bare_per_second(check: &dyn SignatureCheck, key: &PublicKey, records: &[Record], threads: usize) -> f64 {
    let rounds = 20;
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= records.len() * rounds {
                        break;
                    }
                    let record = &records[at % records.len()];
                    assert!(
                        check.signed(key, &record.hash(), &record.signature),
                        "a true signature is found false"
                    );
                }
            });
        }
    });
    (records.len() * rounds) as f64 / begun.elapsed().as_secs_f64()
}

/// The most that this process had in memory so far.
fn most_memory_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
