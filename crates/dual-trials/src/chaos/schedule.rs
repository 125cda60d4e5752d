//! What is done to whom, and when: a function of the seed.

use crate::{Dice, chaos::SHOPS, relay::Way};

/// Something that is done. Outlets, their devices and proxies are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `kill -9` of a proxy.
    KillProxy(usize),
    /// It is started again.
    StartProxy(usize),
    /// The computer at the outlet sleeps: its proxy stands still.
    Sleep(usize),
    /// It wakes.
    Wake(usize),
    /// The device is pulled out.
    Unplug(usize),
    /// Its power is cut, at any moment: `kill -9`.
    CutPower(usize),
    /// It is plugged in.
    Plug(usize),
    /// It is plugged in, and its power will fail at the Nth COMMIT: in it, or after it.
    PlugToFail(usize, bool, u64),
    /// `kill -9` of the cloud.
    KillCloud,
    /// The cloud ends in good order.
    StopCloud,
    /// It is started again.
    StartCloud,
    /// The way of a proxy to the cloud is cut: silently, or with its connection broken.
    CutTunnel(usize, bool),
    /// It is whole again.
    HealTunnel(usize),
    /// The way of terminals to the cloud is cut.
    CutTills(bool),
    /// It is whole again.
    HealTills,
    /// What is said next on the tunnel is lost, after it took effect for who said it.
    LoseOnTunnel(usize, Way),
    /// The next answer of the cloud to a terminal is lost.
    LoseForTills,
    /// The outlet's line goes to the other signer.
    Switch(usize),
}

/// When, in milliseconds from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// When.
    pub at: u64,
    /// What.
    pub deed: Deed,
}

/// All deeds of a run in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(pub Vec<Timed>);

/// What can be disturbed: one thing at a time befalls each.
#[derive(Default)]
struct Busy {
    proxies: [u64; SHOPS],
    devices: [u64; SHOPS],
    tunnels: [u64; SHOPS],
    cloud: u64,
    tills: u64,
}

/// Between two disturbances, at most, in milliseconds.
const PAUSE: u64 = 420;

impl Schedule {
    /// Of a run that lasts so long.
    pub fn of(seed: u64, millis: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(7_919).wrapping_add(17));
        let (mut deeds, mut busy, mut at) = (Vec::new(), Busy::default(), 300);
        while at < millis {
            disturb(&mut dice, at, &mut busy, &mut deeds);
            at += dice.between(40, PAUSE);
        }
        deeds.sort_by_key(|timed: &Timed| timed.at);
        Self(deeds)
    }
}

fn disturb(dice: &mut Dice, at: u64, busy: &mut Busy, deeds: &mut Vec<Timed>) {
    let shop = dice.below(SHOPS as u64) as usize;
    let (kind, lasts, coin) = (dice.below(100), dice.between(50, 1_500), dice.one_in(2));
    let nth = dice.between(1, 6);
    let mut then = |busy_until: &mut u64, first: Deed, second: Deed| {
        if *busy_until > at {
            return;
        }
        *busy_until = at + lasts + 200;
        deeds.push(Timed { at, deed: first });
        deeds.push(Timed { at: at + lasts, deed: second });
    };
    match kind {
        0..16 => then(&mut busy.proxies[shop], Deed::KillProxy(shop), Deed::StartProxy(shop)),
        16..22 => then(&mut busy.proxies[shop], Deed::Sleep(shop), Deed::Wake(shop)),
        22..32 => then(&mut busy.devices[shop], Deed::Unplug(shop), Deed::Plug(shop)),
        32..40 => then(&mut busy.devices[shop], Deed::CutPower(shop), Deed::Plug(shop)),
        40..50 => then(&mut busy.devices[shop], Deed::Unplug(shop), Deed::PlugToFail(shop, coin, nth)),
        50..57 => then(&mut busy.cloud, Deed::KillCloud, Deed::StartCloud),
        57..60 => then(&mut busy.cloud, Deed::StopCloud, Deed::StartCloud),
        60..68 => then(&mut busy.tunnels[shop], Deed::CutTunnel(shop, coin), Deed::HealTunnel(shop)),
        68..73 => then(&mut busy.tills, Deed::CutTills(coin), Deed::HealTills),
        73..82 => {
            deeds.push(Timed { at, deed: Deed::LoseOnTunnel(shop, if coin { Way::Up } else { Way::Down }) })
        }
        82..88 => deeds.push(Timed { at, deed: Deed::LoseForTills }),
        _ => deeds.push(Timed { at, deed: Deed::Switch(shop) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_schedule_and_another_seed_another() {
        let schedule = Schedule::of(5, 8_000);
        assert_eq!(schedule, Schedule::of(5, 8_000));
        assert_ne!(schedule, Schedule::of(6, 8_000));
        assert!(schedule.0.is_sorted_by_key(|timed| timed.at));
    }

    #[test]
    fn whatever_is_taken_away_comes_back() {
        for seed in 0..200 {
            let deeds = Schedule::of(seed, 8_000).0;
            let count = |deed: Deed| deeds.iter().filter(|timed| timed.deed == deed).count();
            assert_eq!(count(Deed::KillProxy(0)), count(Deed::StartProxy(0)));
            assert_eq!(count(Deed::KillCloud) + count(Deed::StopCloud), count(Deed::StartCloud));
        }
    }

    #[test]
    fn twenty_runs_have_every_kind_of_deed() {
        let all: Vec<Deed> =
            (1..=20).flat_map(|seed| Schedule::of(seed, 8_000).0).map(|timed| timed.deed).collect();
        let has = |is: fn(&Deed) -> bool| assert!(all.iter().any(is));
        has(|deed| matches!(deed, Deed::KillProxy(_)));
        has(|deed| matches!(deed, Deed::Sleep(_)));
        has(|deed| matches!(deed, Deed::Unplug(_)));
        has(|deed| matches!(deed, Deed::CutPower(_)));
        has(|deed| matches!(deed, Deed::PlugToFail(_, true, _)));
        has(|deed| matches!(deed, Deed::PlugToFail(_, false, _)));
        has(|deed| matches!(deed, Deed::KillCloud));
        has(|deed| matches!(deed, Deed::StopCloud));
        has(|deed| matches!(deed, Deed::CutTunnel(_, true)));
        has(|deed| matches!(deed, Deed::CutTunnel(_, false)));
        has(|deed| matches!(deed, Deed::CutTills(_)));
        has(|deed| matches!(deed, Deed::LoseOnTunnel(_, Way::Up)));
        has(|deed| matches!(deed, Deed::LoseOnTunnel(_, Way::Down)));
        has(|deed| matches!(deed, Deed::LoseForTills));
        has(|deed| matches!(deed, Deed::Switch(0)));
        has(|deed| matches!(deed, Deed::Switch(1)));
    }
}
