//! What terminals believe against what the ledger exports, and the referee over all of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{PayloadHash, Record};

use super::{
    shop::Shop,
    till::{Asked, Belief},
};
use crate::{OUTLETS, Place};

/// An invoice of an export.
struct Found {
    hash: PayloadHash,
    record: Vec<u8>,
}

/// Judges every outlet; what is false is a violation. Says how many records were read.
pub(super) fn judge(place: &Place, asked: &[Asked], shop: &Shop) -> anyhow::Result<u64> {
    let config = place.config();
    let mut records = 0;
    for (index, outlet) in OUTLETS.iter().enumerate() {
        let folder = place.folder.join(format!("export-{}", outlet.id));
        let out = folder.display().to_string();
        place.command(&["ledger", "export", "--config", &config, "--outlet", outlet.id, "--out", &out])?;
        let trust =
            [folder.join("keys.pem"), folder.join("attester.pem")].map(|path| path.display().to_string());
        let referee = ["verify", "export", &out, "--trust", &trust[0], "--attester", &trust[1]];
        if let Err(fault) = place.command(&referee) {
            shop.violation(format!("{}: the referee: {fault:#}", outlet.id));
        }
        let mut invoices = BTreeMap::new();
        records +=
            read(&folder, &mut invoices, &mut |wrong| shop.violation(format!("{}: {wrong}", outlet.id)))?;
        let ours = asked.iter().filter(|one| one.outlet == index);
        let beliefs: Vec<_> = ours.map(|one| (one.hash(), &one.belief)).collect();
        compare(&invoices, &beliefs, &mut |wrong| shop.violation(format!("{}: {wrong}", outlet.id)));
    }
    if let Err(fault) = place.command(&["verify", "ledger", "--config", &config]) {
        shop.violation(format!("verify ledger: {fault:#}"));
    }
    Ok(records)
}

type Invoices = BTreeMap<(u32, u64), Found>;

/// Reads the parts of all signers; a number that two of them gave is wrong.
fn read(folder: &Path, invoices: &mut Invoices, wrong: &mut impl FnMut(String)) -> anyhow::Result<u64> {
    let mut records = 0;
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            records += read(&path, invoices, wrong)?;
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let record = record(line).with_context(|| format!("{}: {line}", path.display()))?;
            records += 1;
            let Some(facts) = record.header.invoice() else { continue };
            let place = (record.header.epoch.0, facts.number.value());
            let found = Found { hash: record.link.payload, record: record.to_bytes().to_vec() };
            if invoices.insert(place, found).is_some() {
                wrong(format!("number {}/{} was given twice", place.0, place.1));
            }
        }
    }
    Ok(records)
}

fn record(line: &str) -> anyhow::Result<Record> {
    let line: serde_json::Value = serde_json::from_str(line)?;
    let bytes = Base64UrlUnpadded::decode_vec(line["record"].as_str().context("no record")?);
    let bytes = bytes.map_err(|_| anyhow::anyhow!("no base64url"))?;
    Record::from_bytes(&bytes).map_err(|fault| anyhow::anyhow!("{fault:?}"))
}

/// Each sale that is believed sealed is there once with that number and seal, nothing else is, nothing that was refused is,
/// and no number is missing.
fn compare(invoices: &Invoices, beliefs: &[(PayloadHash, &Belief)], wrong: &mut impl FnMut(String)) {
    let mut last = (0, 0);
    for (epoch, number) in invoices.keys() {
        let next = if last.0 == *epoch { last.1 + 1 } else { 1 };
        if *number != next {
            wrong(format!("number {epoch}/{number} where {next} is next"));
        }
        last = (*epoch, *number);
    }
    let mut sealed: BTreeMap<[u8; 32], Vec<(u32, u64)>> = BTreeMap::new();
    for (place, found) in invoices {
        sealed.entry(found.hash.0).or_default().push(*place);
    }
    let mut known = BTreeSet::new();
    for (hash, belief) in beliefs {
        let places = sealed.get(&hash.0).map_or(&[][..], Vec::as_slice);
        known.insert(hash.0);
        match belief {
            Belief::Open => wrong(format!("nobody knows what became of {hash}")),
            Belief::Refused(code) if !places.is_empty() => {
                wrong(format!("refused with {code}, and sealed at {places:?}"))
            }
            Belief::Refused(_) => {}
            Belief::Sealed(seal) => {
                let place = (seal.epoch.0, seal.invoice_seq);
                if places != [place] {
                    wrong(format!("{} is believed sealed, and is at {places:?}", seal.fiscal_number));
                } else if invoices[&place].record[..] != seal.record.to_bytes()[..] {
                    wrong(format!("{}: another record than was answered", seal.fiscal_number));
                }
            }
        }
    }
    for (hash, places) in &sealed {
        if !known.contains(hash) {
            wrong(format!("nobody asked for what is at {places:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(of: u64) -> PayloadHash {
        PayloadHash::of(&of.to_be_bytes())
    }

    /// A ledger with these numbers of epoch 0, each of the sale with its own number.
    fn ledger(numbers: &[u64]) -> Invoices {
        numbers
            .iter()
            .map(|number| ((0, *number), Found { hash: hash(*number), record: Vec::new() }))
            .collect()
    }

    fn judged(invoices: &Invoices, beliefs: &[(PayloadHash, &Belief)]) -> Vec<String> {
        let mut wrong = Vec::new();
        compare(invoices, beliefs, &mut |one| wrong.push(one));
        wrong
    }

    #[test]
    fn a_number_that_is_missing_is_found() {
        let wrong = judged(&ledger(&[1, 3]), &[]);
        assert!(wrong.contains(&"number 0/3 where 2 is next".to_owned()), "{wrong:?}");
        assert!(judged(&ledger(&[2]), &[]).contains(&"number 0/2 where 1 is next".to_owned()));
    }

    #[test]
    fn what_nobody_asked_for_was_refused_or_is_still_open_is_found() {
        let refused = Belief::Refused("SCHEMA_INVALID".to_owned());
        assert_eq!(judged(&Invoices::new(), &[(hash(1), &refused)]), Vec::<String>::new());
        let wrong = judged(&ledger(&[1]), &[(hash(1), &refused)]);
        assert_eq!(wrong, ["refused with SCHEMA_INVALID, and sealed at [(0, 1)]"]);
        assert_eq!(judged(&ledger(&[1]), &[]), ["nobody asked for what is at [(0, 1)]"]);
        assert_eq!(judged(&Invoices::new(), &[(hash(1), &Belief::Open)]).len(), 1);
    }
}
