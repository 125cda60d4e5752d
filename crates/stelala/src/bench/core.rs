//! What the fiscal core costs beside the signature that it prepares.

#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

use std::{
    hint::black_box,
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use fiscal::{Chain, Epoch, Head, HeadState, Moment, PrivateKey, Proven, RecordHash, Sale, Validated};
use sha2::{Digest, Sha256};
use signing::AwsLcKey;

use super::{
    measure::{Subject, medians},
    ratio::Ratio,
};
use crate::random;

/// A sale of five lines in three tax groups.
const FIVE_LINES: &str = include_str!("../../../../examples/day/006-family-shopping.json");

const READ_AND_CHECK: f64 = 0.2;
const LINK_AND_HASH: f64 = 0.2;
const SEAL_WITH_AWS_LC: f64 = 0.7;
const SEAL_WITH_P256: f64 = 0.9;

pub(super) fn run(rounds: usize) -> anyhow::Result<ExitCode> {
    let payload = FIVE_LINES.as_bytes();
    let sale = Validated::read(payload).context("the benchmark's own payload")?.sale();
    let bare_aws_lc = AwsLcKey::generate().context("aws-lc-rs made no key")?;
    let bare_p256 = random::bare_software_key()?;
    let aws_lc = AwsLcKey::generate().context("aws-lc-rs made no key")?;
    let aws_lc = Proven::prove(aws_lc, [1; 32]).context("aws-lc-rs")?;
    let p256 = random::software_key()?;
    let hash = RecordHash(sale.hash().0);
    let sealed = head(&p256).link(&sale, moment())?.sign(&p256).map_err(|unsealed| unsealed.cause)?;
    let mut subjects = [
        subject("bare signature, aws-lc-rs", || _ = black_box(bare_aws_lc.sign(black_box(&hash)))),
        subject("bare signature, p256", || _ = black_box(bare_p256.sign(black_box(&hash)))),
        subject("SHA-256 of the payload", || _ = black_box(Sha256::digest(black_box(payload)))),
        subject("read, check and hash", || _ = black_box(Validated::read(black_box(payload)))),
        linking(&aws_lc, &sale),
        sealing("whole seal, aws-lc-rs", &aws_lc, payload),
        sealing("whole seal, p256", &p256, payload),
        subject("verifying one seal", || _ = black_box(sealed.record().verify(black_box(p256.public_key())))),
    ];
    let times = medians(&mut subjects, rounds);
    let mut out = io::stdout().lock();
    writeln!(out, "A payload of 5 lines, {} bytes; median of {rounds} rounds, one thread.\n", payload.len())?;
    for (subject, time) in subjects.iter().zip(&times) {
        writeln!(out, "  {:<38} {:>9.2} µs", subject.name, time / 1_000.0)?;
    }
    let [aws_lc, p256, payload_hash, read, link, seal_aws_lc, seal_p256, _] = times[..] else {
        anyhow::bail!("a subject was added without a place in the summary");
    };
    writeln!(out, "\n  ratio                                          measured     limit")?;
    let ratios = [
        Ratio::at_most(
            "read and check / aws-lc-rs signature",
            (read - payload_hash) / aws_lc,
            READ_AND_CHECK,
        ),
        Ratio::at_most("link and hash / aws-lc-rs signature", (link + payload_hash) / aws_lc, LINK_AND_HASH),
        Ratio::at_least("seals per bare signature, aws-lc-rs", aws_lc / seal_aws_lc, SEAL_WITH_AWS_LC),
        Ratio::at_least("seals per bare signature, p256", p256 / seal_p256, SEAL_WITH_P256),
    ];
    for ratio in &ratios {
        writeln!(out, "{ratio}")?;
    }
    Ok(ExitCode::from(u8::from(!ratios.iter().all(|ratio| ratio.kept))))
}

fn subject<'a>(name: &'static str, call: impl FnMut() + 'a) -> Subject<'a> {
    Subject { name, call: Box::new(call) }
}

fn linking<'a, K: PrivateKey>(key: &Proven<K>, sale: &'a Sale) -> Subject<'a> {
    let mut head = head(key);
    subject("link", move || drop(black_box(head.link(black_box(sale), moment()))))
}

fn sealing<'a, K: PrivateKey>(name: &'static str, key: &'a Proven<K>, payload: &'a [u8]) -> Subject<'a> {
    let mut head = head(key);
    subject(name, move || {
        let sealed = Validated::read(black_box(payload)).ok().and_then(|sale| {
            let linked = head.link(&sale.sale(), moment()).ok()?;
            linked.sign(key).ok()
        });
        assert!(black_box(sealed).is_some(), "the benchmark's own seal failed");
    })
}

fn head<K: PrivateKey>(key: &Proven<K>) -> Head {
    let id = "an id of the benchmark's own";
    let chain = Chain {
        device: "BENCH-01".parse().expect(id),
        key: key.public_key().id(),
        outlet: "KIN-GOMBE-01".parse().expect(id),
        nif: "A2301457K".parse().expect(id),
        epoch: Epoch(0),
    };
    Head::open(chain, HeadState::START)
}

fn moment() -> Moment {
    let now = fiscal::Timestamp::from_unix(1_780_000_000).unwrap_or(fiscal::Timestamp::EARLIEST);
    Moment { now, tolerance_seconds: Moment::CLOUD_TOLERANCE_SECONDS, counter: 0 }
}
