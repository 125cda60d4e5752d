//! Closures: what a signer says of its records since the closure before, held against those records (D12).
//!
//! The figures are counted again from headers and payloads, by what `docs/formats.md` says and nothing else.

mod activation;
mod binding;
mod body;
mod compare;
mod days;
mod differences;
mod figures;
mod nature;
mod sums;
mod tally;

use std::collections::BTreeMap;

use fiscal::{DeviceId, Epoch, EventKind, Record, RecordHash, Subject};

pub(crate) use self::{activation::Opening, binding::Binding, figures::Figures};
use self::{body::Closure, compare::Comparison, tally::Tally};
use crate::finding::{Finding, Rule};

/// What is counted since the last closure of each signer of an epoch.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    epoch: Epoch,
    of: BTreeMap<DeviceId, Tally>,
}

/// A record, and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) record: &'a Record,
    pub(crate) hash: RecordHash,
    /// What a record that is no invoice says, if that is in the file.
    pub(crate) payload: Option<&'a str>,
    /// What an invoice that adds up comes to.
    pub(crate) figures: Option<&'a Figures>,
    /// What a cloud signer says in it of itself.
    pub(crate) binding: Option<Binding>,
    /// Whether it, or what was before it, is not what was sealed, so that sums over it say nothing.
    pub(crate) doubtful: bool,
}

/// What became of a closure.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// The figures that do not match.
    pub(crate) findings: Vec<Finding>,
    /// Whether some could not be compared.
    pub(crate) unchecked: bool,
    /// Whether the outlet's zone is not in the file, so that days could be compared only roughly.
    pub(crate) zone_unknown: bool,
}

impl Tallies {
    /// Of so many signers in an epoch is counted; closures of others are not checked. A hostile file must not fill
    /// the memory, and an outlet has a few.
    const MOST_SIGNERS: usize = 64;

    /// Counts a record, and judges it if it is a closure.
    pub(crate) fn count(&mut self, seen: &Seen<'_>) -> Option<Judged> {
        let (header, link) = (&seen.record.header, &seen.record.link);
        let closes = header.subject == Subject::Event(EventKind::Closure);
        let before = if header.epoch == self.epoch {
            BTreeMap::new()
        } else {
            self.epoch = header.epoch;
            std::mem::take(&mut self.of)
        };
        if !self.of.contains_key(&header.device) {
            if self.of.len() == Self::MOST_SIGNERS {
                return closes.then(|| Judged { unchecked: true, ..Judged::default() });
            }
            let before = before.get(&header.device).filter(|tally| tally.ends_with(&link.previous));
            self.of.insert(header.device, Tally::begin(seen, before));
        }
        let tally = self.of.get_mut(&header.device)?;
        if closes {
            Some(judge(tally, seen))
        } else {
            tally.add(seen);
            None
        }
    }
}

fn judge(tally: &mut Tally, seen: &Seen<'_>) -> Judged {
    tally.approach(seen);
    // A body that is not what was sealed is a finding of its own, and nobody's statement.
    let stated =
        seen.payload.filter(|body| fiscal::PayloadHash::of(body.as_bytes()) == seen.record.link.payload);
    let closure = match stated.map(Closure::read) {
        None => {
            let number = if tally.doubtful() { None } else { tally.next_closure() };
            tally.close(seen, number);
            return Judged { unchecked: true, ..Judged::default() };
        }
        Some(None) => {
            tally.close(seen, None);
            return Judged { findings: vec![Rule::ClosureForm.into()], unchecked: true, zone_unknown: false };
        }
        Some(Some(closure)) => closure,
    };
    let Comparison { findings, unchecked, zone_unknown } = compare::compare(&closure, tally, seen.record);
    tally.close(seen, Some(closure.number));
    Judged { findings, unchecked, zone_unknown }
}
