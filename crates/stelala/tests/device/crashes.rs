//! A till and a device that are killed while they sell: in the end each sale has one seal and one original receipt.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::bench::{Bench, examples};

const SALES: usize = 30;
/// Debug builds sell more slowly.
const ROUNDS: usize = if cfg!(debug_assertions) { 3 } else { 25 };

/// Numbers that look random; the same in each run, for the time is never the same anyway.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Files of sales that differ in their second, of one round.
fn sales(bench: &Bench, round: usize) -> Vec<String> {
    let (_, text) = &examples()[0];
    let payload: Value = serde_json::from_str(text).unwrap();
    let time = payload["timestamp"].as_str().unwrap();
    (0..SALES)
        .map(|sale| {
            let second = round * SALES + sale;
            let time_of_sale =
                format!("2026-03-14T{:02}:{:02}:{:02}", 8 + second / 3600, second / 60 % 60, second % 60);
            let name = format!("sale-{round:02}-{sale:02}.json");
            fs::write(bench.folder.join(&name), text.replace(time, &time_of_sale)).unwrap();
            name
        })
        .collect()
}

fn seal(bench: &Bench, files: &[String], wait: &str) -> Child {
    seal_as(bench, files, wait, &[])
}

fn seal_as(bench: &Bench, files: &[String], wait: &str, more: &[&str]) -> Child {
    let mut arguments =
        vec!["device", "seal", "--port", "port", "--till", "till", "--key", "device.pem", "--wait", wait];
    arguments.extend(more);
    arguments.extend(files.iter().map(String::as_str));
    bench.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Lets the till finish, as a person would who types the command again.
fn finish(bench: &Bench, files: &[String]) {
    let output = seal(bench, files, "30").wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Every file is one invoice in the journal, and every invoice has one original receipt that is its own.
fn each_has_one_seal_and_one_receipt(bench: &Bench, files: &[String]) {
    let _ = fs::remove_file(bench.folder.join("journal.jsonl"));
    assert_eq!(bench.ask("dump", &["--out", "journal.jsonl"]).code, 0);
    let verdict = bench.run(&["verify", "journal", "journal.jsonl", "--key", "device.pem", "--lang", "en"]);
    assert!(verdict.code == 0 && verdict.out.starts_with("TRUE"), "{verdict:?}");
    let mut sealed: BTreeMap<String, usize> = BTreeMap::new();
    for line in bench.read("journal.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        *sealed.entry(line["payload"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for file in files {
        assert_eq!(sealed.get(&bench.read(file)), Some(&1), "{file}");
    }
    let invoices = sealed.keys().filter(|payload| payload.contains("\"invoice_type\":\"sale\"")).count();
    assert_eq!(invoices, files.len(), "nothing else was sealed");

    assert_eq!(bench.names("till/open"), [""; 0], "nothing is unfinished");
    assert_eq!(bench.names("till/sales").len(), files.len());
    assert_eq!(bench.names("till/numbers").len(), files.len());
    let receipts = bench.names("till/receipts");
    let originals: BTreeSet<String> =
        (1..=files.len()).map(|number| format!("KINGOMBE01-0-{number:08}.txt")).collect();
    let found: BTreeSet<String> =
        receipts.into_iter().filter(|name| !name.ends_with(".unfinished") && name != ".jobs").collect();
    assert_eq!(found, originals, "one original each, and no duplicate");
    for name in &originals {
        let hash = bench.read(&format!("till/numbers/{}", name.trim_end_matches(".txt")));
        let kept: Value = serde_json::from_str(&bench.read(&format!("till/sales/{hash}.json"))).unwrap();
        assert_eq!((&kept["stage"], &kept["copies"]), (&"printed".into(), &1.into()), "{name}");
        let receipt = bench.read(&format!("till/receipts/{name}"));
        let code = kept["seal"]["auth_code"].as_str().unwrap();
        assert!(
            receipt.contains(&format!("{} {} {} {}", &code[..4], &code[4..8], &code[8..12], &code[12..])),
            "{name}"
        );
    }
}

#[test]
fn a_till_that_is_killed_anywhere_ends_with_one_seal_and_one_original_for_each_sale() {
    let (bench, _simulator) = Bench::ready("till_killed");
    let mut dice = Dice(0x2026_0314);
    let mut all = Vec::new();
    // How long it takes when nothing happens says when to kill.
    let mut longest = Duration::from_millis(if cfg!(debug_assertions) { 4_000 } else { 1_000 });
    let mut cut_short = 0;
    for round in 0..ROUNDS {
        let files = sales(&bench, round);
        for _ in 0..1 + dice.below(3) {
            let mut till = seal(&bench, &files, "30");
            thread::sleep(Duration::from_millis(dice.below(longest.as_millis() as u64)));
            if till.try_wait().unwrap().is_none() {
                till.kill().unwrap();
                cut_short += 1;
            } else {
                // It was done: kill the next ones earlier.
                longest = longest * 4 / 5;
            }
            till.wait().unwrap();
        }
        finish(&bench, &files);
        all.extend(files);
    }
    assert!(cut_short >= ROUNDS / 2, "most tills were killed while they sold: {cut_short}");
    each_has_one_seal_and_one_receipt(&bench, &all);
}

#[test]
fn a_device_that_loses_its_power_while_it_sells_is_waited_for_and_loses_no_sale() {
    let (bench, mut simulator) = Bench::ready("device_killed");
    let mut dice = Dice(0x00C0_FFEE);
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let files = sales(&bench, round);
        let mut till = seal(&bench, &files, "30");
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(
                20 + dice.below(if cfg!(debug_assertions) { 900 } else { 150 }),
            ));
            simulator.kill();
            simulator = bench.simulate();
            if till.try_wait().unwrap().is_some() {
                break;
            }
        }
        let output = till.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        finish(&bench, &files);
        all.extend(files);
    }
    each_has_one_seal_and_one_receipt(&bench, &all);
}

#[test]
fn a_till_and_a_device_that_are_killed_together_lose_no_sale() {
    let (bench, mut simulator) = Bench::ready("both_killed");
    let mut dice = Dice(0x5EED);
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let files = sales(&bench, round);
        for _ in 0..2 {
            let mut till = seal(&bench, &files, "30");
            thread::sleep(Duration::from_millis(dice.below(if cfg!(debug_assertions) {
                2_000
            } else {
                400
            })));
            simulator.kill();
            till.kill().unwrap();
            till.wait().unwrap();
            simulator = bench.simulate();
        }
        finish(&bench, &files);
        all.extend(files);
    }
    each_has_one_seal_and_one_receipt(&bench, &all);
}

/// Takes each receipt away as soon as it has its name, as a spooler does.
fn take_receipts(receipts: &Path, taken: &Path) {
    for entry in fs::read_dir(receipts).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().is_ok_and(|kind| kind.is_file()) && !name.ends_with(".unfinished") {
            assert!(!taken.join(&name).exists(), "{name} came out twice");
            fs::rename(entry.path(), taken.join(&name)).unwrap();
        }
    }
}

#[test]
fn a_spooler_gets_each_original_once_whatever_the_till_is_told_after_it_was_killed() {
    let (bench, _simulator) = Bench::ready("till_and_spooler");
    let (receipts, taken) = (bench.folder.join("till/receipts"), bench.folder.join("taken"));
    fs::create_dir_all(&receipts).unwrap();
    fs::create_dir(&taken).unwrap();
    let told: [&[&str]; 3] = [
        &["--format", "text", "--merchant", "ONE"],
        &["--format", "escpos,text,svg", "--merchant", "TWO"],
        &["--format", "svg,escpos", "--merchant", "THREE"],
    ];
    let is_over = AtomicBool::new(false);
    let mut all = Vec::new();
    thread::scope(|scope| {
        let spooler = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                take_receipts(&receipts, &taken);
            }
            take_receipts(&receipts, &taken);
        });
        let mut dice = Dice(0x0051_1EE7);
        for round in 0..ROUNDS {
            let files = sales(&bench, round);
            for _ in 0..4 {
                let mut till = seal_as(&bench, &files, "30", told[dice.below(3) as usize]);
                let longest = if cfg!(debug_assertions) { 2_000 } else { 400 };
                thread::sleep(Duration::from_millis(dice.below(longest)));
                till.kill().unwrap();
                till.wait().unwrap();
            }
            let output = seal_as(&bench, &files, "30", told[0]).wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
            all.extend(files);
        }
        is_over.store(true, Ordering::Relaxed);
        spooler.join().unwrap();
    });
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in bench.names("taken") {
        let (number, kind) = name.split_once('.').unwrap();
        kinds.entry(number.into()).or_default().push(kind.into());
    }
    let numbers: Vec<String> = (1..=all.len()).map(|number| format!("KINGOMBE01-0-{number:08}")).collect();
    assert!(kinds.keys().eq(&numbers), "an original of each sale, and no duplicate: {kinds:?}");
    for (number, kinds) in kinds {
        let whole: [&[&str]; 3] = [&["txt"], &["escpos", "svg", "txt"], &["escpos", "svg"]];
        assert!(whole.iter().any(|whole| kinds == *whole), "{number} is as it was told once: {kinds:?}");
    }
}
