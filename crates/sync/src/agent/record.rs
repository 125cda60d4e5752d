use std::{collections::BTreeMap, time::Duration};

use fiscal::OutletId;

use super::{Shared, turns::Looks};
use crate::{At, BookFault};

/// So many are noted at once: the ledger seals them in one transaction.
const AT_ONCE: usize = 100;
/// However much news there is, it looks no more often.
const BREATH: Duration = Duration::from_millis(300);
/// How long an outlet whose ledger refused is left out, so that it holds nobody up: at first, as after a start, when the
/// signer has yet to prove itself, and at most.
const LEFT_OUT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// For how long a ledger refuses until a person is told.
const TOLD_AFTER: Duration = Duration::from_secs(3_600);

/// Notes the authority's elements in the ledger, of whichever machine they are.
pub(super) fn run(shared: &Shared) {
    let (mut known, mut refused) = (0, BTreeMap::new());
    while !shared.turns.is_stopping() {
        let noted = round(shared, &mut refused).unwrap_or_else(|fault| {
            tracing::warn!(%fault, "the authority's elements wait for the ledger");
            0
        });
        if noted < AT_ONCE {
            if noted > 0 {
                // What gathers meanwhile is sealed together.
                shared.turns.breathe(BREATH);
            }
            known = shared.turns.rest(Looks::Record, shared.settings.poll, known);
        }
    }
}

/// An outlet whose ledger refuses.
struct Refused {
    since: At,
    again: At,
    wait: Duration,
    is_told: bool,
}

impl Refused {
    const fn first(now: At) -> Self {
        Self { since: now, again: now, wait: LEFT_OUT.0, is_told: false }
    }

    /// It refused again; says whether a person is told. Whoever closed the alert is told anew as long as it lasts: by then it
    /// is asked once a minute.
    fn refuse(&mut self, now: At) -> bool {
        self.again = now.plus(self.wait);
        self.wait = (self.wait * 2).min(LEFT_OUT.1);
        let is_long = now.since(self.since) >= TOLD_AFTER;
        self.is_told |= is_long;
        is_long
    }
}

fn round(shared: &Shared, refused: &mut BTreeMap<OutletId, Refused>) -> Result<usize, BookFault> {
    let now = shared.now();
    let is_out = |one: &Refused| now < one.again && one.again.since(now) <= LEFT_OUT.1;
    let out: Vec<OutletId> =
        refused.iter().filter(|(_, one)| is_out(one)).map(|(outlet, _)| *outlet).collect();
    let (noted, refusing) = shared.book.record_all(&out, AT_ONCE)?;
    let is_over = |outlet: &OutletId| !out.contains(outlet) && !refusing.iter().any(|(one, _)| one == outlet);
    let over: Vec<OutletId> = refused.keys().copied().filter(is_over).collect();
    for outlet in over {
        if refused.remove(&outlet).is_some_and(|one| one.is_told) {
            shared.book.alert_refused(outlet, None)?;
        }
    }
    for (outlet, why) in refusing {
        if refused.entry(outlet).or_insert_with(|| Refused::first(now)).refuse(now) {
            shared.book.alert_refused(outlet, Some(&why))?;
        }
    }
    Ok(noted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_that_refuses_for_an_hour_is_told_each_minute_from_then_on() {
        let mut refused = Refused::first(At(0));
        let mut told = Vec::new();
        while refused.again < At(0).plus(TOLD_AFTER * 2) {
            let now = refused.again;
            if refused.refuse(now) {
                told.push(now);
            }
        }
        assert!(told.first().is_some_and(|first| *first >= At(0).plus(TOLD_AFTER)));
        assert!((59..=61).contains(&told.len()) && refused.is_told, "{}", told.len());
        assert!(told.iter().zip(&told[1..]).all(|(one, next)| next.since(*one) == LEFT_OUT.1));
    }
}
