//! What the three lights say.
//!
//! | sign | green | amber | red | means |
//! |---|---|---|---|---|
//! | [`Sign::Starting`] | | on | | the power came, the journal is being read |
//! | [`Sign::Recovered`] | | in turn | in turn | for 3 s after a start that nobody ordered: the last run ended by a fault |
//! | [`Sign::Ready`] | on | | | it seals |
//! | [`Sign::Sealing`] | 8 a second | | | a request is being done |
//! | [`Sign::NeedsHost`] | | 1 a second | | it wants the host: to activate it, to set the clock, to synchronise |
//! | [`Sign::Updating`] | in turn | in turn | | a new firmware is coming in, or is on trial |
//! | [`Sign::DoesNotSeal`] | | | 2 a second | it seals nothing more: revoked, handed over, corrupt, self-test failed |
//! | [`Sign::Broken`] | | | on | it cannot start: a part is missing, or no factory page |
//!
//! Nothing else lights. A colour alone says whether to go on selling: with green yes, with amber call whoever runs the
//! till, with red call the service.

use def_engine::Condition;

use crate::reset::Cause;

/// What the lights show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sign {
    /// Before it is known what there is.
    Starting,
    /// After a fault.
    Recovered,
    /// Waiting for requests.
    Ready,
    /// Doing one.
    Sealing,
    /// The host has to do something first.
    NeedsHost,
    /// The firmware is being changed.
    Updating,
    /// For good, or until an authority acts.
    DoesNotSeal,
    /// The board itself is not whole.
    Broken,
}

/// How a sign looks.
struct Look {
    sign: Sign,
    /// Half of the pattern, in milliseconds.
    half_ms: u32,
    /// In the first half.
    first: Lamps,
    /// In the second.
    second: Lamps,
}

/// Which lights are lit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lamps {
    /// It seals.
    pub green: bool,
    /// Somebody has to do something.
    pub amber: bool,
    /// Service.
    pub red: bool,
}

impl Lamps {
    const NONE: Self = Self { green: false, amber: false, red: false };
    const GREEN: Self = Self { green: true, ..Self::NONE };
    const AMBER: Self = Self { amber: true, ..Self::NONE };
    const RED: Self = Self { red: true, ..Self::NONE };
}

const fn look(sign: Sign, half_ms: u32, first: Lamps, second: Lamps) -> Look {
    Look { sign, half_ms, first, second }
}

/// In the order of the signs.
const LOOKS: [Look; 8] = [
    look(Sign::Starting, 500, Lamps::AMBER, Lamps::AMBER),
    look(Sign::Recovered, 250, Lamps::RED, Lamps::AMBER),
    look(Sign::Ready, 500, Lamps::GREEN, Lamps::GREEN),
    look(Sign::Sealing, 62, Lamps::NONE, Lamps::GREEN),
    look(Sign::NeedsHost, 500, Lamps::AMBER, Lamps::NONE),
    look(Sign::Updating, 250, Lamps::AMBER, Lamps::GREEN),
    look(Sign::DoesNotSeal, 250, Lamps::RED, Lamps::NONE),
    look(Sign::Broken, 500, Lamps::RED, Lamps::RED),
];

impl Sign {
    /// Which lights are lit, so long after the board started.
    pub fn lamps(self, now_ms: u64) -> Lamps {
        let look = &LOOKS[self as usize];
        let half = now_ms / u64::from(look.half_ms);
        if half.is_multiple_of(2) { look.first } else { look.second }
    }

    /// From the number that an interrupt was given; one that is none shows a broken board.
    pub fn from_number(number: u8) -> Self {
        LOOKS.get(usize::from(number)).map_or(Self::Broken, |look| look.sign)
    }
}

/// Since when things are as they are; the sign follows.
#[derive(Clone, Copy, Debug)]
pub struct Lights {
    stage: Stage,
    busy: bool,
    recovered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Running { since_ms: u64, condition: Condition, updating: bool },
    Broken,
}

/// How long a recovery is shown, so that somebody sees it.
const RECOVERY_MS: u64 = 3_000;

impl Lights {
    /// The power came, or the last run ended so.
    pub const fn new(cause: Option<Cause>) -> Self {
        Self { stage: Stage::Starting, busy: false, recovered: cause.is_some() }
    }

    /// The engine runs, in this condition. Said again whenever it may have changed.
    pub fn running(&mut self, now_ms: u64, condition: Condition, updating: bool) {
        let since_ms = if let Stage::Running { since_ms, .. } = self.stage { since_ms } else { now_ms };
        self.stage = Stage::Running { since_ms, condition, updating };
    }

    /// A request has come, or its answer is out.
    pub fn busy(&mut self, busy: bool) {
        self.busy = busy;
    }

    /// The board cannot start. Nothing else is shown from then on.
    pub fn broken(&mut self) {
        self.stage = Stage::Broken;
    }

    /// What to show. A fault of the board comes first, then what is wrong for good, then what somebody can do.
    pub fn sign(&self, now_ms: u64) -> Sign {
        match self.stage {
            Stage::Broken => Sign::Broken,
            Stage::Starting if self.recovered => Sign::Recovered,
            Stage::Starting => Sign::Starting,
            Stage::Running { condition: Condition::DoesNotSeal, .. } => Sign::DoesNotSeal,
            Stage::Running { since_ms, .. } if self.recovered && now_ms < since_ms + RECOVERY_MS => {
                Sign::Recovered
            }
            Stage::Running { updating: true, .. } => Sign::Updating,
            Stage::Running { condition: Condition::NeedsHost, .. } => Sign::NeedsHost,
            Stage::Running { condition: Condition::Ready, .. } if self.busy => Sign::Sealing,
            Stage::Running { condition: Condition::Ready, .. } => Sign::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Condition; 3] = [Condition::Ready, Condition::NeedsHost, Condition::DoesNotSeal];

    fn running(condition: Condition, updating: bool) -> Lights {
        let mut lights = Lights::new(None);
        lights.running(100, condition, updating);
        lights
    }

    #[test]
    fn looks_stand_in_the_order_of_the_signs() {
        for (number, look) in LOOKS.iter().enumerate() {
            assert_eq!(look.sign as usize, number);
            assert_eq!(Sign::from_number(number as u8), look.sign);
        }
        assert_eq!(Sign::from_number(8), Sign::Broken);
    }

    #[test]
    fn no_two_signs_look_alike() {
        let pattern = |sign: Sign| (0..1_000).map(|now| sign.lamps(now)).collect::<Vec<_>>();
        for first in &LOOKS {
            for second in LOOKS.iter().filter(|other| other.sign != first.sign) {
                assert_ne!(pattern(first.sign), pattern(second.sign), "{:?} {:?}", first.sign, second.sign);
            }
        }
    }

    #[test]
    fn the_colour_alone_says_whether_to_go_on_selling() {
        for look in &LOOKS {
            let lit = |lamp: fn(Lamps) -> bool| lamp(look.first) || lamp(look.second);
            assert_eq!(
                lit(|lamps| lamps.red),
                matches!(look.sign, Sign::Recovered | Sign::DoesNotSeal | Sign::Broken)
            );
            assert_eq!(
                lit(|lamps| lamps.green),
                matches!(look.sign, Sign::Ready | Sign::Sealing | Sign::Updating)
            );
        }
    }

    #[test]
    fn a_start_is_amber_until_the_engine_runs() {
        let mut lights = Lights::new(None);
        assert_eq!(lights.sign(0), Sign::Starting);
        assert_eq!(lights.sign(60_000), Sign::Starting);
        lights.running(60_000, Condition::Ready, false);
        assert_eq!(lights.sign(60_000), Sign::Ready);
    }

    #[test]
    fn a_fault_of_the_last_run_is_shown_for_three_seconds_of_this_one() {
        let mut lights = Lights::new(Some(Cause::Hang));
        assert_eq!(lights.sign(0), Sign::Recovered);
        lights.running(1_000, Condition::Ready, false);
        lights.running(3_000, Condition::Ready, false);
        assert_eq!(lights.sign(3_999), Sign::Recovered);
        assert_eq!(lights.sign(4_000), Sign::Ready);
    }

    #[test]
    fn green_flickers_while_a_request_is_done() {
        let mut lights = running(Condition::Ready, false);
        lights.busy(true);
        assert_eq!(lights.sign(200), Sign::Sealing);
        lights.busy(false);
        assert_eq!(lights.sign(200), Sign::Ready);
    }

    #[test]
    fn a_request_does_not_hide_that_nothing_is_sealed() {
        for condition in ALL {
            let mut lights = running(condition, false);
            let quiet = lights.sign(200);
            lights.busy(true);
            assert_eq!(lights.sign(200) == quiet, condition != Condition::Ready);
        }
    }

    #[test]
    fn an_update_is_shown_unless_nothing_is_sealed_any_more() {
        assert_eq!(running(Condition::Ready, true).sign(200), Sign::Updating);
        assert_eq!(running(Condition::NeedsHost, true).sign(200), Sign::Updating);
        assert_eq!(running(Condition::DoesNotSeal, true).sign(200), Sign::DoesNotSeal);
    }

    #[test]
    fn a_broken_board_stays_red() {
        for cause in [None, Some(Cause::NoRandomness)] {
            let mut lights = Lights::new(cause);
            lights.broken();
            lights.busy(true);
            assert_eq!(lights.sign(10_000), Sign::Broken);
            assert_eq!(lights.sign(10_250).lamps(10_250), Lamps::RED);
        }
    }
}
