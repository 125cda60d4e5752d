//! An export of many sales, with a closure's worth of other records among them.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::Path,
};

use anyhow::Context;
use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, Linked, Moment, PayloadHash, PrivateKey, Proven, Record,
    Sealed, Timestamp, Validated,
};
use signing::AwsLcKey;
use verify::{ExportList, ExportManifest, ExportPart, JournalLine, Lines, PartFile, PartWriter};

/// The public halves of who sealed and who attested.
pub(super) const KEY: &str = "key.pem";
pub(super) const ATTESTER: &str = "attester.pem";

const SALE: &str = include_str!("../../../../../vectors/canonical/valid_sale_ht_mixed_groups.json");
/// 2026-02-04, a second for each record from there.
const START: u64 = 1_770_163_200;

/// Writes an export of so many records.
pub(super) fn write(folder: &Path, records: u64) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let key = Proven::prove(AwsLcKey::generate()?, [7; 32])?;
    let attester = AwsLcKey::generate()?;
    fs::write(folder.join(KEY), key.public_key().to_pem().as_str())?;
    fs::write(folder.join(ATTESTER), attester.public_key().to_pem().as_str())?;
    let mut chain = SampleChain::new(key)?;
    let mut parts: Vec<ExportPart> = Vec::new();
    let mut name = PartFile::FIRST;
    let mut part = open(folder, name)?;
    for at in 0..records {
        let (sealed, payload) = chain.next(at)?;
        if !part.takes(sealed.record()) {
            parts.push(part.finish()?.1);
            name = name.next().context("an export has no more parts")?;
            part = open(folder, name)?;
        }
        part.write(sealed.record(), Some(&payload))?;
    }
    parts.push(part.finish()?.1);
    let issued = time(records)?;
    let Chain { outlet, nif, .. } = *chain.head.chain();
    let list = ExportList { issued, outlet, nif, parts };
    let jws = list.sign(&attester.public_key(), |hash| attester.sign(&fiscal::RecordHash(*hash)))?;
    Ok(fs::write(folder.join(ExportManifest::FILE), jws)?)
}

/// The first records of it.
pub(super) fn first(folder: &Path, most: usize) -> anyhow::Result<Vec<Record>> {
    let mut lines = Lines::new(File::open(folder.join(PartFile::FIRST.to_string()))?);
    let (mut line, mut records) = (Vec::new(), Vec::new());
    while records.len() < most && lines.next(&mut line)? {
        let record = JournalLine::read(line.trim_ascii_end()).and_then(|line| line.record());
        records.push(record.map_err(|rule| anyhow::anyhow!("the sample is damaged: {rule:?}"))?);
        line.clear();
    }
    Ok(records)
}

fn open(folder: &Path, name: PartFile) -> anyhow::Result<PartWriter<BufWriter<File>>> {
    Ok(PartWriter::new(BufWriter::new(File::create(folder.join(name.to_string()))?), name))
}

fn time(at: u64) -> anyhow::Result<Timestamp> {
    Timestamp::from_unix(START + at).context("no such time")
}

struct SampleChain {
    key: Proven<AwsLcKey>,
    head: Head,
}

impl SampleChain {
    fn new(key: Proven<AwsLcKey>) -> anyhow::Result<Self> {
        let validated = Validated::read(SALE.as_bytes()).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let chain = Chain {
            device: "CLOUD-01".parse().map_err(|_| anyhow::anyhow!("no id"))?,
            key: key.public_key().id(),
            outlet: validated.invoice().outlet_id,
            nif: validated.invoice().merchant_nif,
            epoch: Epoch(0),
        };
        Ok(Self { key, head: Head::open(chain, HeadState::START) })
    }

    /// A sale, or after each thousand another record.
    fn next(&mut self, at: u64) -> anyhow::Result<(Sealed, String)> {
        let now = time(at)?;
        let moment = Moment { now, tolerance_seconds: 0, counter: 0 };
        let (linked, payload): (Linked, String) = if at % 1_000 == 999 {
            let body = "{}".to_owned();
            (self.head.link_event(EventKind::Boot, PayloadHash::of(body.as_bytes()), moment)?, body)
        } else {
            let (before, rest) = SALE.split_once("\"timestamp\":\"").context("no time")?;
            let payload = format!("{before}\"timestamp\":\"{now}{}", &rest[19..]);
            let sale =
                Validated::read(payload.as_bytes()).map_err(|fault| anyhow::anyhow!("{fault}"))?.sale();
            (self.head.link(&sale, moment)?, payload)
        };
        let sealed = linked.sign(&self.key).map_err(|unsealed| anyhow::anyhow!("{unsealed}"))?;
        Ok((sealed, payload))
    }
}
