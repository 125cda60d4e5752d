//! What an interrupted operation leaves of a sector.

use super::{SECTOR_BYTES, sector::Sector};
use crate::{
    random::Seeded,
    world::{Outcome, Style},
};

/// Some of the target bits are done, some are weak; nothing else changes.
pub(super) fn program(sector: &mut Sector, at: usize, data: &[u8], outcome: Outcome) {
    let targets: Vec<u8> = (at..).zip(data).map(|(at, data)| sector.targets(at, *data)).collect();
    let cut = Cut::of(&targets, &targets, outcome);
    for (index, (done, weak)) in cut.done.iter().zip(&cut.weak).enumerate() {
        sector.settle_at_zero(at + index, *done);
        sector.weaken(at + index, *weak);
    }
}

/// Some of the zeros are ones, some bits are weak.
pub(super) fn erase(sector: &mut Sector, outcome: Outcome) {
    if outcome.style == Style::Preprogrammed {
        (0..SECTOR_BYTES).for_each(|at| sector.settle_at_zero(at, 0xFF));
        return;
    }
    let zeros: Vec<u8> = (0..SECTOR_BYTES).map(|at| sector.zeros(at)).collect();
    let cut = Cut::of(&zeros, &[0xFF; SECTOR_BYTES], outcome);
    for (at, (done, weak)) in cut.done.iter().zip(&cut.weak).enumerate() {
        sector.settle_at_one(at, *done);
        sector.weaken(at, *weak);
    }
}

/// Bits that the operation did, and bits that it left weak; a bit that is both is weak.
struct Cut {
    done: Vec<u8>,
    weak: Vec<u8>,
}

impl Cut {
    /// `targets` are the bits that the whole operation changes, `touched` those that it may leave weak.
    fn of(targets: &[u8], touched: &[u8], outcome: Outcome) -> Self {
        let mut random = Seeded::new(outcome.seed);
        let none = || vec![0; targets.len()];
        let (done, weak) = match outcome.style {
            Style::NothingDone => (none(), none()),
            Style::AllDone => (targets.to_vec(), none()),
            Style::AllWeak => (targets.to_vec(), touched.to_vec()),
            Style::Prefix => (Torn::prefix(targets, &mut random).of(targets), none()),
            Style::Suffix => (Torn::suffix(targets, &mut random).of(targets), none()),
            Style::PrefixRestWeak => {
                let torn = Torn::prefix(targets, &mut random);
                (torn.of(targets), torn.rest(touched))
            }
            Style::Scattered | Style::Preprogrammed | Style::Jump(_) => {
                (subset(targets, &mut random), none())
            }
            Style::ScatteredWeak => (subset(targets, &mut random), subset(touched, &mut random)),
            Style::DoneButOneWeak => (targets.to_vec(), one_bit(touched, &mut random)),
            Style::OnlyOneWeak => (none(), one_bit(touched, &mut random)),
        };
        Self { done, weak }
    }
}

/// Where an operation stopped that went byte after byte: whole bytes, and a part of the one it was at.
struct Torn {
    whole: std::ops::Range<usize>,
    at: usize,
    part: u8,
}

impl Torn {
    fn prefix(targets: &[u8], random: &mut Seeded) -> Self {
        let at = random.below(targets.len().max(1) as u64) as usize;
        Self { whole: 0..at, at, part: random.byte() }
    }

    fn suffix(targets: &[u8], random: &mut Seeded) -> Self {
        let at = random.below(targets.len().max(1) as u64) as usize;
        Self { whole: at + 1..targets.len(), at, part: random.byte() }
    }

    fn of(&self, targets: &[u8]) -> Vec<u8> {
        targets.iter().enumerate().map(|(index, target)| target & self.mask(index)).collect()
    }

    fn rest(&self, touched: &[u8]) -> Vec<u8> {
        touched.iter().enumerate().map(|(index, touched)| touched & !self.mask(index)).collect()
    }

    fn mask(&self, index: usize) -> u8 {
        match index {
            _ if self.whole.contains(&index) => 0xFF,
            _ if index == self.at => self.part,
            _ => 0x00,
        }
    }
}

/// A random subset, of few bits, of half of them or of most.
fn subset(bits: &[u8], random: &mut Seeded) -> Vec<u8> {
    let density = random.below(3);
    let mut byte = || match density {
        0 => random.byte() & random.byte() & random.byte() & random.byte(),
        1 => random.byte(),
        _ => random.byte() | random.byte() | random.byte() | random.byte(),
    };
    bits.iter().map(|bits| bits & byte()).collect()
}

/// One of the bits, if there is one.
fn one_bit(bits: &[u8], random: &mut Seeded) -> Vec<u8> {
    let mut chosen = vec![0; bits.len()];
    let count: u64 = bits.iter().map(|bits| u64::from(bits.count_ones())).sum();
    if count == 0 {
        return chosen;
    }
    let wanted = random.below(count) as usize;
    let mut all = bits.iter().enumerate().flat_map(|(index, bits)| {
        (0..8).map(|bit| 1u8 << bit).filter(move |bit| bits & bit != 0).map(move |bit| (index, bit))
    });
    if let Some((index, bit)) = all.nth(wanted) {
        chosen[index] = bit;
    }
    chosen
}
