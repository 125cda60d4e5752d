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
        let one = refused.entry(outlet).or_insert(Refused {
            since: now,
            again: now,
            wait: LEFT_OUT.0,
            is_told: false,
        });
        one.again = now.plus(one.wait);
        one.wait = (one.wait * 2).min(LEFT_OUT.1);
        if !one.is_told && now.since(one.since) >= TOLD_AFTER {
            shared.book.alert_refused(outlet, Some(&why))?;
            one.is_told = true;
        }
    }
    Ok(noted)
}
