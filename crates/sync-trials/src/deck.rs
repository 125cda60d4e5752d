use std::fmt;

use cloud_trials::Dice;

/// What is done to a cloud that sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Disturbance {
    /// Each process of the cloud is killed.
    CloudKilled,
    /// And again while it starts.
    KilledAsItStarts,
    /// Cloud and authority are killed.
    AllKilled,
    /// The authority is killed.
    AuthorityKilled,
    /// One of two processes is killed.
    OneKilled,
    /// The one of two processes that sends is paused for longer than its leases last.
    OnePaused,
    /// The database ends as by a crash.
    DatabaseRestarted,
    /// The authority is killed, and away for longer than a request waits.
    AuthorityAway,
}

use Disturbance::{
    AllKilled, AuthorityAway, AuthorityKilled, CloudKilled, DatabaseRestarted, KilledAsItStarts, OneKilled,
    OnePaused,
};

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CloudKilled => "cloud killed",
            KilledAsItStarts => "killed as it starts",
            AllKilled => "cloud and authority killed",
            AuthorityKilled => "authority killed",
            OneKilled => "one of two killed",
            OnePaused => "the one that sends paused past its leases",
            DatabaseRestarted => "database restarted",
            AuthorityAway => "authority away for two minutes",
        })
    }
}

/// Disturbances in an order of chance, each of which comes before any comes again.
pub(crate) struct Deck {
    blocks: &'static [&'static [Disturbance]],
    next: usize,
    cards: Vec<Disturbance>,
}

impl Deck {
    /// For one process, or for two over PostgreSQL, where what only they can meet comes first.
    pub(crate) const fn new(processes: usize) -> Self {
        let blocks: &[&[Disturbance]] = if processes == 1 {
            &[&[CloudKilled, CloudKilled, CloudKilled, KilledAsItStarts, AllKilled, AuthorityKilled]]
        } else {
            &[
                &[OneKilled, OnePaused, DatabaseRestarted, AllKilled],
                &[CloudKilled, OneKilled, DatabaseRestarted, AuthorityKilled, KilledAsItStarts],
            ]
        };
        Self { blocks, next: 0, cards: Vec::new() }
    }

    pub(crate) fn draw(&mut self, dice: &mut Dice) -> Disturbance {
        if self.cards.is_empty() {
            self.cards = self.blocks[self.next].to_vec();
            self.next = (self.next + 1) % self.blocks.len();
        }
        self.cards.swap_remove(dice.below(self.cards.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_cycles_of_two_processes_meet_all_that_only_they_can_meet() {
        for seed in 0..20 {
            let (mut deck, mut dice) = (Deck::new(2), Dice::new(seed));
            let mut drawn: Vec<Disturbance> = (0..4).map(|_| deck.draw(&mut dice)).collect();
            drawn.sort_unstable();
            assert_eq!(drawn, [AllKilled, OneKilled, OnePaused, DatabaseRestarted]);
        }
    }
}
