//! The chains of one outlet, each followed alone, held against each other: every signer that takes the line names the
//! close of the one that gave it, all numbers are one line, and what the ledger's own chain says it holds is there (L2).

mod anchored;
mod declared;
mod handed;
mod numbers;

use std::collections::BTreeMap;

use fiscal::{DeviceId, Epoch, InvoiceNumber, Position, Record, RecordHash};

use self::{anchored::Anchored, declared::Declared, handed::Handed, numbers::Numbers};
use crate::{
    closure::Opening,
    finding::{Finding, Rule},
    line::{Causes, Said, Spot},
};

/// What is held of all chains while they are read. The ledger's own chain is read first.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    /// Which chain is read, from 0 for the ledger's own.
    reading: usize,
    /// Whether the first chain is a ledger's: a cloud signer begins it.
    of_a_ledger: bool,
    /// Whether it begins with its first record.
    whole: bool,
    ends: BTreeMap<(DeviceId, Epoch), Ends>,
    /// From which line on who seals: a file has one signer, or is of several that go on from each other.
    signers: Vec<(u64, DeviceId)>,
    anchored: Anchored,
    declared: Declared,
    handed: Handed,
    numbers: Numbers,
}

/// How far a chain is here.
#[derive(Clone, Copy, Debug)]
struct Ends {
    first: Position,
    last: Position,
    /// Which of the chains that were read it stands in.
    chain: usize,
}

/// A record, and what following its chain said of it.
#[derive(Clone, Copy)]
pub(crate) struct Met<'a> {
    pub(crate) record: &'a Record,
    pub(crate) hash: RecordHash,
    /// In which line of all it stands, from 1.
    pub(crate) line: u64,
    /// What it says of the line, if that is in its form.
    pub(crate) said: Option<&'a Said>,
    pub(crate) opening: Opening,
    /// The newest number of the line after it, as far as its chain knows.
    pub(crate) number: Option<InvoiceNumber>,
    /// Whether a cloud signer says in it which outlet it seals for.
    pub(crate) binds_a_cloud: bool,
    /// Whether it takes the line from the record before it in the same file.
    pub(crate) merged: bool,
    /// Whether its number was found not to be in order.
    pub(crate) disordered: bool,
    /// Where it stands, in words.
    pub(crate) place: &'a dyn Fn() -> String,
}

/// What the chains are found to be together.
#[derive(Debug, Default)]
pub(crate) struct Together {
    pub(crate) findings: Vec<Finding>,
    /// How many hand-overs named the close of another chain that is here.
    pub(crate) hand_overs: u64,
    /// How many named one that may be in records which are not here.
    pub(crate) unchecked: u64,
    /// How many records of other signers the ledger's own chain does not hold yet.
    pub(crate) unanchored: u64,
}

impl Chains {
    /// So many hand-overs, stretches of numbers and anchored stretches are held: a hostile export must not fill the
    /// memory, and an outlet changes its signer a few times a month.
    const MOST: usize = 100_000;

    /// The records that follow are of another chain.
    pub(crate) fn begin(&mut self) {
        self.reading += 1;
    }

    /// Whether the ledger's own chain is read.
    pub(crate) const fn is_own(&self) -> bool {
        self.reading == 0
    }

    /// What the ledger declares to be wrong with a record of another signer.
    pub(crate) fn declared(&self, record: &Record) -> Causes {
        if self.is_own() { Causes::default() } else { self.declared.causes(&spot(record)) }
    }

    /// Whether it declares that a sale was sealed here and elsewhere.
    pub(crate) fn is_declared_twice(&self, line: u64, epoch: Epoch, position: Position) -> bool {
        let (known, runs) = self.signers.split_at(self.signers.partition_point(|(first, _)| *first <= line));
        // Behind as many as are remembered nobody knows whose a line is.
        let signer = known.last().filter(|_| !runs.is_empty() || self.signers.len() < Self::MOST);
        signer.is_some_and(|(_, signer)| self.declared.is_twice(&Spot { signer: *signer, epoch, position }))
    }

    /// The next record; what it says that others contradict.
    pub(crate) fn meet(&mut self, met: &Met<'_>) -> Option<Rule> {
        let Record { header, link, .. } = met.record;
        if self.is_own() && self.ends.is_empty() {
            self.whole = link.previous == RecordHash::NONE && link.position == Position::FIRST;
        }
        self.of_a_ledger |= self.is_own() && met.binds_a_cloud;
        let is_other = self.signers.last().is_none_or(|(_, signer)| *signer != header.device);
        if is_other && self.signers.len() < Self::MOST {
            self.signers.push((met.line, header.device));
        }
        let (first, chain) = (link.position, self.reading);
        let ends =
            self.ends.entry((header.device, header.epoch)).or_insert(Ends { first, last: first, chain });
        ends.last = link.position;
        let declared = self.declared(met.record);
        let from_enter = self.handed.meet(met, declared, self.reading);
        self.numbers.meet(met, declared.excuse_number(), from_enter, self.reading);
        if self.is_own() {
            match met.said {
                Some(Said::Anchor(anchor)) => return self.anchored.meet(anchor),
                Some(Said::Flag(flag)) => self.declared.flag(flag),
                Some(Said::Revocation(revocation)) => self.declared.revoke(*revocation),
                _ => {}
            }
            return None;
        }
        if self.anchored.differs(met.record, met.hash) {
            return Some(Rule::AnchorDiffers);
        }
        self.declared.is_revoked(&met.record.header).then_some(Rule::AfterRevocation)
    }

    /// After the last record of the last chain.
    pub(crate) fn conclude(self) -> Together {
        let mut together = Together::default();
        // Of a device's export alone nobody expects the chains of others.
        let alone = self.reading == 0 && !self.of_a_ledger;
        let sound = self.handed.conclude(self.whole && !alone, &self.ends, &mut together);
        self.numbers.conclude(self.whole, alone, &sound, &mut together);
        self.anchored.conclude(self.whole, &self.ends, &mut together);
        together
    }
}

fn spot(record: &Record) -> Spot {
    let (signer, epoch, position) = (record.header.device, record.header.epoch, record.link.position);
    Spot { signer, epoch, position }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Flag;

    #[test]
    fn a_flag_over_a_sale_of_one_signer_excuses_no_other_of_the_same_file_at_its_position() {
        let [first, second]: [DeviceId; 2] = ["DEF-000001", "DEF-000002"].map(|id| id.parse().unwrap());
        let (epoch, position) = (Epoch(0), Position::new(3).unwrap());
        let spot = |signer| Spot { signer, epoch, position };
        let elsewhere = Spot { signer: "STELALA-01".parse().unwrap(), ..spot(first) };
        let mut chains = Chains { signers: vec![(1, first), (4, second), (9, first)], ..Chains::default() };
        chains.declared.flag(&Flag::Duplicate { first: elsewhere, second: spot(first) });
        let declared = [1, 3, 4, 8, 9, 12].map(|line| chains.is_declared_twice(line, epoch, position));
        assert_eq!(declared, [true, true, false, false, true, true]);
        assert!(!chains.is_declared_twice(3, epoch, Position::FIRST));
    }
}
