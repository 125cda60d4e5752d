//! The power of a machine is cut: what was written and not flushed may be on the disk or not.
//!
//! A shim records each write and each flush of a server under load. For a moment of that record, the disk is made as it
//! may be then: each write before the last flush of its file is there, and of those after it some are, whole or cut off
//! in the middle of a sector, in any order. The ledger on that disk must open, and hold every sale that a till had heard
//! of before that moment.
//!
//! What this takes for granted: a new file is there once it was flushed, a removed one is gone at once, and a flush of
//! one file flushes no other.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    audit::is_held,
    dice::Dice,
    disk::{Disk, Knob},
    place::{Keys, Place, Store, database, temporary},
    sale::OUTLETS,
    server::Server,
    shop::{Acknowledged, Phase, Shop},
    till::Till,
};

/// What came of the cuts.
#[derive(Debug, Default)]
pub struct Found {
    /// How many moments were tried.
    pub cuts: u64,
    /// Of how many operations the record has.
    operations: u64,
    flushes: u64,
    failed_flushes: u64,
    sealed: u64,
    /// How many acknowledged sales were looked for, over all cuts.
    looked_for: u64,
    /// What must never be.
    pub violations: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cuts, operations, flushes, failed_flushes, sealed, looked_for, violations } = self;
        write!(
            f,
            "{cuts} power cuts in {operations} writes and {flushes} flushes ({failed_flushes} of them failed) of a server \
             that sealed {sealed} sales: {looked_for} acknowledged sales looked for, {violations} violations"
        )
    }
}

/// Something that changed a file.
struct Operation {
    time: u64,
    file: String,
    kind: Change,
}

enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
    Remove,
    Flush,
    /// What was written since the last flush never reaches the disk, unless it is written again.
    FlushFailed,
}

/// For so long tills sell between disturbances.
const SELLING: Duration = Duration::from_millis(300);
/// How often they are disturbed.
const ROUNDS: u32 = 8;

/// Records a server, and cuts its power so many times.
pub fn run(binary: &Path, cuts: u64, seed: u64) -> anyhow::Result<Found> {
    let (folder, scratch) = (temporary("stelala-cloud-power-")?, temporary("stelala-shim-")?);
    let place = Place::make(binary, folder.path(), Store::Sqlite, Keys::Software, 1)?;
    let base = scratch.path().join("base");
    copy(&place.folder, &base)?;
    let log = scratch.path().join("log");
    let disk = Disk::new(&place.folder, scratch.path())?.logged(log.clone());
    let heard = record(&place, &disk, seed)?;
    let operations = read(&log)?;
    let mut dice = Dice::new(seed);
    let count = |kind: fn(&Change) -> bool| operations.iter().filter(|one| kind(&one.kind)).count() as u64;
    let mut found = Found {
        operations: count(|kind| matches!(kind, Change::Write(..))),
        flushes: count(|kind| matches!(kind, Change::Flush)),
        failed_flushes: count(|kind| matches!(kind, Change::FlushFailed)),
        sealed: heard.len() as u64,
        ..Found::default()
    };
    for cut in 0..cuts {
        let at = dice.below(operations.len() as u64 + 1) as usize;
        let image = scratch.path().join("image");
        let time = operations.get(at).map_or(u64::MAX, |one| one.time);
        make_image(&base, &image, &operations[..at], &mut dice)?;
        let before = heard.iter().filter(|one| one.heard < time);
        let (looked_for, wrong) =
            look(&image, before).with_context(|| format!("cut {cut} at operation {at}"))?;
        found.cuts += 1;
        found.looked_for += looked_for;
        for what in wrong {
            eprintln!("VIOLATION: cut {cut} at operation {at}: {what}");
            found.violations += 1;
        }
    }
    Ok(found)
}

/// Sells while flushes fail now and then and the server is killed, and says what tills heard.
fn record(place: &Place, disk: &Disk, seed: u64) -> anyhow::Result<Vec<Acknowledged>> {
    let mut shop = Shop::new(&place.api_key, Duration::from_secs(2));
    shop.only_sells = seed % 2 == 1;
    let shop = shop;
    let mut server = Server::start(place, 1, Some(disk))?;
    shop.moved(1, server.address());
    let mut dice = Dice::new(seed);
    thread::scope(|scope| {
        for number in 0..OUTLETS.len() as u64 * 2 {
            let mut till = Till::new(&shop, number, seed);
            let shop = &shop;
            scope.spawn(move || {
                till.sell();
                if shop.phase() == Phase::Settling {
                    till.settle();
                }
            });
        }
        let disturbed = (|| {
            for _ in 0..ROUNDS {
                thread::sleep(SELLING);
                fail(disk, &mut dice)?;
                if dice.one_in(2) {
                    disk.kill(&mut server)?;
                    // The disk may be as bad as it was when the next process begins.
                    if dice.one_in(2) {
                        disk.set(Knob::Fail, 0)?;
                    }
                    server = start(place, disk)?;
                    shop.moved(1, server.address());
                }
                thread::sleep(Duration::from_millis(dice.below(60)));
                disk.set(Knob::Fail, 0)?;
            }
            thread::sleep(SELLING);
            anyhow::Ok(())
        })();
        shop.set_phase(if disturbed.is_ok() { Phase::Settling } else { Phase::Over });
        disturbed
    })?;
    disk.kill(&mut server)?;
    if !shop.violations().is_empty() {
        bail!("{} violations while it sold", shop.violations().len());
    }
    Ok(shop.take_acknowledged())
}

/// A process may refuse to start on a bad disk.
fn start(place: &Place, disk: &Disk) -> anyhow::Result<Server> {
    Server::start(place, 1, Some(disk)).or_else(|_| {
        disk.set(Knob::Fail, 0)?;
        Server::start(place, 1, Some(disk))
    })
}

/// One flush fails or a few, or all for a while.
fn fail(disk: &Disk, dice: &mut Dice) -> anyhow::Result<()> {
    let few = dice.one_in(2);
    disk.set(Knob::Fail, if few { 1 + dice.below(4).cast_signed() } else { i64::MAX })?;
    thread::sleep(Duration::from_millis(10 + dice.below(300)));
    Ok(())
}

fn look<'a>(
    image: &Path,
    heard: impl Iterator<Item = &'a Acknowledged>,
) -> anyhow::Result<(u64, Vec<String>)> {
    let database = database(&Store::Sqlite, image)?;
    let mut store = database.connect()?;
    let (mut looked_for, mut wrong) = (0, Vec::new());
    for one in heard {
        looked_for += 1;
        if !is_held(store.as_mut(), one)? {
            wrong.push(format!("{} was acknowledged and is lost", one.seal.fiscal_number));
        }
    }
    Ok((looked_for, wrong))
}

/// The disk at a moment.
fn make_image(base: &Path, image: &Path, operations: &[Operation], dice: &mut Dice) -> anyhow::Result<()> {
    if image.exists() {
        fs::remove_dir_all(image)?;
    }
    copy(base, image)?;
    let mut pending: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    let mut files: BTreeMap<&str, Option<Vec<u8>>> = BTreeMap::new();
    for Operation { file, kind, .. } in operations {
        match kind {
            Change::Write(..) | Change::Truncate(_) => pending.entry(file).or_default().push(kind),
            Change::FlushFailed => drop(pending.remove(file.as_str())),
            Change::Flush => {
                let content = files.entry(file).or_insert_with(|| fs::read(base.join(file)).ok());
                let content = content.get_or_insert_default();
                pending
                    .remove(file.as_str())
                    .unwrap_or_default()
                    .into_iter()
                    .for_each(|one| apply(content, one));
            }
            Change::Remove => {
                pending.remove(file.as_str());
                files.insert(file, None);
            }
        }
    }
    // All, none, or some of what was not flushed.
    let style = dice.below(3);
    for (file, changes) in pending {
        let content = files.entry(file).or_insert_with(|| fs::read(base.join(file)).ok());
        for change in changes {
            let arrives = style == 0 || (style == 1 && dice.one_in(2));
            let (Change::Write(offset, bytes), true) = (change, arrives) else { continue };
            let torn = if style == 1 && dice.one_in(4) {
                dice.below(bytes.len() as u64) as usize
            } else {
                bytes.len()
            };
            apply(content.get_or_insert_default(), &Change::Write(*offset, bytes[..torn].to_vec()));
        }
    }
    for (file, content) in files {
        match content {
            Some(content) => fs::write(image.join(file), content)?,
            None => drop(fs::remove_file(image.join(file))),
        }
    }
    Ok(())
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, bytes) => {
            let begin = *offset as usize;
            let end = begin + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[begin..end].copy_from_slice(bytes);
        }
        Change::Truncate(length) => content.resize(*length as usize, 0),
        Change::Remove | Change::Flush | Change::FlushFailed => {}
    }
}

fn read(log: &Path) -> anyhow::Result<Vec<Operation>> {
    let mut log = BufReader::new(fs::File::open(log)?);
    let (mut operations, mut line) = (Vec::new(), String::new());
    loop {
        line.clear();
        if log.read_line(&mut line)? == 0 {
            return Ok(operations);
        }
        let parts: Vec<&str> = line.trim_end().splitn(5, ' ').collect();
        let [op, time, offset, length, file] = parts[..] else { bail!("the shim's log: {line}") };
        let kind = match op {
            "W" => {
                let mut bytes = vec![0; length.parse()?];
                log.read_exact(&mut bytes)?;
                Change::Write(offset.parse()?, bytes)
            }
            "T" => Change::Truncate(offset.parse()?),
            "U" => Change::Remove,
            "S" => Change::Flush,
            "F" => Change::FlushFailed,
            _ => bail!("the shim's log: {line}"),
        };
        // The folder itself is flushed too; its index in shared memory is no part of the disk.
        if !file.is_empty() && !file.ends_with("-shm") {
            operations.push(Operation { time: time.parse()?, file: file.to_owned(), kind });
        }
    }
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path: PathBuf = entry?.path();
        if let Some(name) = path.file_name() {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
