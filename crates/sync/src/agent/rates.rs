use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use edef::Authority;
use fiscal::{Timestamp, UtcOffset};

use super::Shared;
use crate::{At, Desk, MachineId, store::look, store::machine_of};

/// How often a machine is asked for its tax groups.
const DAILY: Duration = Duration::from_secs(86_400);
/// How soon again when it did not answer.
const AGAIN: Duration = Duration::from_secs(3_600);

/// When machines are to be asked for their tax groups: at their first turn, and daily.
#[derive(Default)]
pub(crate) struct Due(Mutex<BTreeMap<MachineId, (At, Duration)>>);

impl Due {
    fn is(&self, machine: &MachineId, now: At) -> bool {
        let mut due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |(at, wait): &(At, Duration)| now >= *at && now.since(*at) < *wait;
        if due.get(machine).is_some_and(waits) {
            return false;
        }
        due.insert(machine.clone(), (now, AGAIN));
        true
    }

    fn done(&self, machine: &MachineId, now: At) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(machine.clone(), (now, DAILY));
    }
}

/// Asks a machine that has answered a status for its tax groups, when it is time, and notes what the manifest says
/// otherwise.
pub(super) fn ask(shared: &Shared, machine: &MachineId, authority: &dyn Authority) {
    let now = shared.now();
    if !shared.rates.is(machine, now) {
        return;
    }
    let groups = match authority.tax_groups() {
        Ok(groups) => groups,
        Err(fault) => {
            tracing::warn!(machine = machine.as_str(), %fault, "the tax groups of an e-MCF could not be read");
            return;
        }
    };
    let book = shared.ledger.manifest();
    let noted = shared.ask(|store| {
        let found = look(store, |statements| machine_of(statements, machine))?;
        let outlet = found.and_then(|machine| machine.outlets.first().copied());
        let outlet = outlet.map(|outlet| store.outlet(outlet)).transpose()?.flatten();
        let zone = outlet.map_or(UtcOffset::KINSHASA, |outlet| outlet.zone);
        let Some(today) = Timestamp::from_unix(now.0 / 1_000) else { return Ok(Ok(Vec::new())) };
        Ok(Desk::over(store).note_rates(machine, &groups, &book.as_manifest(), today.date_at(zone), now))
    });
    match noted {
        Ok(Ok(_)) => shared.rates.done(machine, now),
        Ok(Err(fault)) => tracing::warn!(%fault, "the tax groups of an e-MCF could not be noted"),
        Err(fault) => tracing::warn!(%fault, "the tax groups of an e-MCF could not be noted"),
    }
}
