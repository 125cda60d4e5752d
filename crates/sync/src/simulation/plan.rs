//! What a seed has in store.

use edef_sim::{Endpoint, Fault, FaultKind, Moment, Often};

use super::{dice::Dice, memory::Failing};

const MINUTE: u64 = 60_000;

/// How the trial of a seed goes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) invoices: u64,
    /// Milliseconds until faults stop.
    pub(super) troubled: u64,
    pub(super) network: Network,
    pub(super) book: Failing,
    pub(super) faults: Vec<Fault>,
    /// Deaths of agents per minute, in thousandths; and jumps of their clocks.
    pub(super) deaths: u64,
    /// Whether sales go on when faults have stopped, so that counters come.
    pub(super) is_quiet: bool,
    /// In milliseconds.
    pub(super) longest_down: u64,
    pub(super) jumps: u64,
    pub(super) skew: i64,
    /// How often a person looks at an invoice, in thousandths per minute.
    pub(super) attention: u64,
    pub(super) fenced: bool,
    pub(super) agents: u64,
    pub(super) foreign: bool,
    pub(super) exclusive: bool,
    pub(super) restores: bool,
    pub(super) changes: bool,
    /// Whether the list is at most as stale as the readings allow for.
    pub(super) honest_list: bool,
}

/// What becomes of calls, in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Network {
    pub(super) unreachable: u64,
    pub(super) lost_before: u64,
    pub(super) lost_after: u64,
    pub(super) late: u64,
}

impl Plan {
    pub(super) fn of(seed: u64, dice: &mut Dice) -> Self {
        let storm = dice.between(0, 3);
        let network = Network {
            unreachable: dice.between(0, 60) * storm,
            lost_before: dice.between(0, 60) * storm,
            lost_after: dice.between(0, 60) * storm,
            late: dice.between(0, 40) * storm,
        };
        let book = Failing {
            refused: dice.between(0, 20) * dice.between(0, 1),
            unknown: dice.between(0, 40) * dice.between(0, 1),
            death: dice.between(0, 15) * dice.between(0, 1),
        };
        let foreign = dice.per_mille(150);
        let mut plan = Self {
            invoices: dice.between(10, 60),
            troubled: dice.between(15, 60) * MINUTE,
            network,
            book,
            faults: Vec::new(),
            deaths: dice.between(0, 300) * dice.between(0, 1),
            longest_down: 120_000,
            is_quiet: false,
            jumps: dice.between(0, 300) * dice.between(0, 1),
            skew: i64::try_from(dice.between(0, 1_200_000)).unwrap_or(0) - 600_000,
            attention: if dice.per_mille(500) { 0 } else { dice.between(0, 100) },
            fenced: dice.per_mille(500),
            agents: dice.between(1, 2),
            foreign,
            exclusive: !foreign || dice.per_mille(500),
            restores: dice.per_mille(300),
            changes: dice.per_mille(300),
            honest_list: true,
        };
        plan.choose_faults(dice);
        if seed % 5 == 4 {
            plan.quieten();
        }
        plan
    }

    /// One seed in five is quiet enough for counters to decide: with many faults there is always a gap in them.
    fn quieten(&mut self) {
        (self.invoices, self.troubled) = (80, 60 * MINUTE);
        self.network = Network { lost_before: 60, ..Network::default() };
        self.book = Failing { death: 15, ..Failing::default() };
        (self.deaths, self.longest_down, self.is_quiet) = (60, 400_000, true);
        (self.jumps, self.attention, self.agents) = (0, 0, 1);
        (self.foreign, self.exclusive, self.changes, self.honest_list) = (false, true, false, true);
        self.faults.clear();
    }

    fn choose_faults(&mut self, dice: &mut Dice) {
        let moment = |dice: &mut Dice| if dice.per_mille(500) { Moment::Before } else { Moment::After };
        let mut kinds = Vec::new();
        for status in [401, 403, 429, 500, 503] {
            let retry_after = dice.per_mille(300).then(|| u32::try_from(dice.between(1, 60)).unwrap_or(1));
            let rare = matches!(status, 401 | 403);
            let kind = FaultKind::Status { status, moment: moment(dice), retry_after };
            kinds.push((kind, if rare { 15 } else { 80 }, None));
        }
        kinds.push((FaultKind::Malformed(moment(dice)), 80, None));
        kinds.push((FaultKind::NoCode, 120, None));
        kinds.push((FaultKind::Totals(1_000), 60, None));
        kinds.push((FaultKind::PartialList, 400, None));
        let stale = if dice.per_mille(250) { dice.between(2_000, 100_000) } else { dice.between(200, 1_500) };
        kinds.push((FaultKind::StaleList(u32::try_from(stale).unwrap_or(0)), 500, None));
        kinds.push((FaultKind::Refuse(20), 60, Some(Endpoint::Confirm)));
        for code in [1, 10, 99] {
            kinds.push((FaultKind::Refuse(code), 60, None));
        }
        for (kind, most, endpoint) in kinds {
            if dice.per_mille(300) {
                self.honest_list &= !matches!(kind, FaultKind::StaleList(age) if age >= 2_000);
                let often = Often::PerMille(u16::try_from(dice.between(1, most)).unwrap_or(1));
                self.faults.push(Fault { kind, often, endpoint, nim: None });
            }
        }
    }
}
