//! How fast a long journal is audited here, beside the bare check of as many signatures.
//!
//! `cargo run --release -p verify-cli --features aws-lc --example audit_rate -- FOLDER RECORDS`
//!
//! It writes a journal of that many sales, and another record after each thousand, if the folder has none, and then says for
//! each check and number of threads: records per second, the share of the bare checks, and the most memory so far.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write},
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use aws_lc_rs::{
    digest::{Digest, SHA256},
    error::Unspecified,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, Moment, PayloadHash, Proof, PublicKey, Record, RecordHash,
    Timestamp, Validated,
};
use verify::{Audit, JournalLine, ScratchFile, SignatureCheck, SoftwareCheck, Trust};
use verify_cli::AwsLcCheck;

/// How often each record of the sample is checked.
const ROUNDS: usize = 10;

const SALE: &str = include_str!("../../../vectors/canonical/valid_sale_ht_mixed_groups.json");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, records] = &arguments[..] else {
        return Err("say a folder and how many records".into());
    };
    let (folder, records) = (Path::new(folder), records.parse()?);
    let (journal, pem) = (folder.join("journal.jsonl"), folder.join("key.pem"));
    if !journal.exists() {
        write_journal(&journal, &pem, records)?;
    }
    let key = PublicKey::from_pem(&fs::read_to_string(&pem)?)?;
    let trust = Trust::Keys(vec![key]);
    let sample = records_of(&journal, 2_000)?;
    let fast = AwsLcCheck::default();
    for (name, check) in [("aws-lc-rs", &fast as &dyn SignatureCheck), ("p256", &SoftwareCheck)] {
        for threads in [1, std::thread::available_parallelism()?.get()] {
            let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
            let used = processor_microseconds();
            let bare = bare_rate(check, &key, &sample, threads);
            let bare_used = (processor_microseconds() - used) / (sample.len() * ROUNDS) as u64;
            let length = journal.metadata()?.len();
            let (begun, used) = (now(), processor_microseconds());
            let scratch = || Ok(Box::new(tempfile::tempfile()?) as Box<dyn ScratchFile>);
            let audit = Audit::new(&trust).check(check).threads(threads).scratch(scratch);
            let verdict = audit.journal(File::open(&journal)?)?;
            let rate = per_second(verdict.lines, begun);
            eprintln!(
                "{name}, {threads} threads: {rate} records/s of {bare} bare checks/s ({} %), {} us of the processor a record, a bare check {bare_used} us, {} MiB, {} findings, VmHWM {}",
                rate * 100 / bare.max(1),
                (processor_microseconds() - used) / verdict.lines.max(1),
                length >> 20,
                verdict.findings.len(),
                most_memory(),
            );
        }
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

fn per_second(count: u64, since: Instant) -> u64 {
    count * 1_000_000 / u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
}

/// What all threads of this process have used: another measure on a machine that others use too.
fn processor_microseconds() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // utime and stime, in hundredths of a second.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10_000
}

fn most_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim().to_owned()
}

fn bare_rate(check: &dyn SignatureCheck, key: &PublicKey, sample: &[Record], threads: NonZeroUsize) -> u64 {
    let (next, begun) = (AtomicUsize::new(0), now());
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= sample.len() * ROUNDS {
                        break;
                    }
                    let record = &sample[at % sample.len()];
                    assert!(check.signed(key, &record.hash(), &record.signature));
                }
            });
        }
    });
    per_second((sample.len() * ROUNDS) as u64, begun)
}

fn records_of(journal: &Path, most: usize) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
    let (mut lines, mut line, mut records) =
        (verify::Lines::new(File::open(journal)?), Vec::new(), Vec::new());
    while records.len() < most && lines.next(&mut line)? {
        let read = JournalLine::read(line.trim_ascii_end()).and_then(|line| line.record());
        records.push(read.map_err(|rule| format!("{rule:?}"))?);
        line.clear();
    }
    Ok(records)
}

fn sign(pair: &EcdsaKeyPair, hash: &RecordHash) -> Result<[u8; 64], Unspecified> {
    let signature = pair.sign_digest(&Digest::import_less_safe(&hash.0, &SHA256)?)?;
    signature.as_ref().try_into().map_err(|_| Unspecified)
}

fn write_journal(journal: &Path, pem: &Path, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let key = PublicKey::from_sec1(pair.public_key().as_ref())?;
    let proof = Proof::of(key, [7; 32], |hash| sign(&pair, hash))?;
    fs::write(pem, key.to_pem().as_str())?;
    let invoice = *Validated::read(SALE.as_bytes()).map_err(|fault| format!("{fault:?}"))?.invoice();
    let chain = Chain {
        device: "CLOUD-01".parse().map_err(|_| "id")?,
        key: key.id(),
        outlet: invoice.outlet_id,
        nif: invoice.merchant_nif,
        epoch: Epoch(0),
    };
    let mut head = Head::open(chain, HeadState::START);
    let mut out = BufWriter::new(File::create(journal)?);
    let start: Timestamp = "2026-02-04T00:00:00".parse().map_err(|_| "time")?;
    let (before, rest) = SALE.split_once("\"timestamp\":\"").ok_or("no time")?;
    let after = &rest[19..];
    for at in 0..records {
        let now = Timestamp::from_unix(start.unix() + at).ok_or("time")?;
        let moment = Moment { now, tolerance_seconds: 0, counter: 0 };
        let mut payload = String::new();
        let linked = if at % 1_000 == 999 {
            payload.push_str("{}");
            head.link_event(EventKind::Boot, PayloadHash::of(payload.as_bytes()), moment)?
        } else {
            write!(payload, "{before}\"timestamp\":\"{now}{after}")?;
            let sale = Validated::read(payload.as_bytes()).map_err(|fault| format!("{fault:?}"))?.sale();
            head.link(&sale, moment)?
        };
        let signature = sign(&pair, &linked.hash())?;
        let sealed = linked.seal_proven(signature, &proof).map_err(|unsealed| unsealed.to_string())?;
        writeln!(out, "{}", JournalLine::new(&sealed, Some(&payload)).to_json())?;
    }
    Ok(out.flush()?)
}
