//! Who drives which machine.
//!
//! Nothing here compares the clocks of two processes. Who holds a lease moves its beat; who wants it takes it when the beat
//! stood still for as long as a lease lasts by his own clock, or when it was given back. A clock that jumps may so take a
//! lease too early, which costs a turn and nothing else: each taking raises the fence, each write names it, and what the
//! one before may have called is found out as after any end of a process.

use std::{collections::BTreeMap, time::Duration};

use ledger::{Cell, LedgerStore, StoreFault};

use super::{
    reading::PUT_OFF,
    rows::{at, cell, corrupt, count, number, parsed},
    write,
};
use crate::{At, Lease, MachineId};

/// How long a beat stands still before the lease is free.
pub(crate) const LASTS: Duration = Duration::from_secs(30);

/// What this process saw of others' leases, and since when it stands so.
#[derive(Debug, Default)]
pub(crate) struct Watch(BTreeMap<MachineId, (u64, u64, At)>);

/// A machine with something to do, as far as the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub machine: MachineId,
    holder: String,
    fence: u64,
    beat: u64,
}

/// The machines with something to do, those first that waited longest for their turn. A breaker that is open, a pause and
/// a block leave nothing to do but to find out what somebody left SUBMITTED; a removal, too. What only a person or counters
/// settle is nothing to do.
pub(crate) fn candidates(
    store: &mut dyn LedgerStore,
    now: At,
    most: usize,
) -> Result<Vec<Candidate>, StoreFault> {
    let sql = "SELECT m.id, m.lease_holder, m.fence, m.lease_beat FROM sync_machines m WHERE \
         EXISTS (SELECT 1 FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
           WHERE j.machine = m.id AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
           AND j.state = 'SUBMITTED' AND s.sweeping = 0 AND s.epoch >= h.epoch) \
         OR (m.state = 'ready' AND (m.open_until IS NULL OR m.open_until <= $1 OR m.open_until > $2) AND ( \
         EXISTS (SELECT 1 FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
           WHERE j.machine = m.id AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
           AND j.state = 'AMBIGUOUS' AND j.due < $3 AND s.sweeping = 0 AND s.epoch >= h.epoch) \
         OR EXISTS (SELECT 1 FROM sync_machine_outlets o JOIN sync_outlets s ON s.outlet = o.outlet \
           JOIN heads h ON h.outlet = o.outlet JOIN sync_jobs j ON j.outlet = o.outlet \
           WHERE o.machine = m.id AND j.state IN ('PENDING', 'RETRY') AND (j.due <= $1 OR (j.due > $2 \
           AND j.cause NOT IN ('waits_for_original', 'original_stuck'))) AND s.sweeping = 0 AND s.epoch >= h.epoch))) \
         ORDER BY m.served, m.id LIMIT $4";
    let mut found = Vec::new();
    store.look(&mut |statements| {
        let rows =
            statements.query(sql, &[at(now), at(now.plus(PUT_OFF)), at(At::NEVER), number(most as u64)])?;
        found = rows.iter().map(|row| candidate(row)).collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(found)
}

fn candidate(row: &[Cell]) -> Result<Candidate, StoreFault> {
    let read = || {
        let [machine, holder, fence, beat] = row else { return None };
        let holder = holder.text()?.to_owned();
        Some(Candidate { machine: parsed(machine)?, holder, fence: count(fence)?, beat: count(beat)? })
    };
    read().ok_or_else(|| corrupt("sync_machines"))
}

impl Watch {
    /// Whether a machine may be taken: nobody has it, or who has it is not heard of.
    pub(crate) fn is_free(&mut self, candidate: &Candidate, holder: &str, now: At) -> bool {
        let Candidate { machine, fence, beat, .. } = candidate;
        // One of our own name is given back by the thread that has it.
        if candidate.holder.is_empty() {
            self.0.remove(machine);
            return true;
        }
        if candidate.holder == holder {
            return false;
        }
        match self.0.get(machine) {
            Some((known_fence, known_beat, since)) if (known_fence, known_beat) == (fence, beat) => {
                now.since(*since) >= LASTS || now < *since
            }
            _ => {
                self.0.insert(machine.clone(), (*fence, *beat, now));
                false
            }
        }
    }

    /// Forgets what it saw of all others than these.
    pub(crate) fn keep(&mut self, candidates: &[Candidate]) {
        self.0.retain(|machine, _| candidates.iter().any(|candidate| candidate.machine == *machine));
    }
}

/// Takes a machine's lease from whoever had it when it was seen; none when somebody came first.
pub(crate) fn take(
    store: &mut dyn LedgerStore,
    seen: &Candidate,
    holder: &str,
) -> Result<Option<Lease>, StoreFault> {
    let fence = seen.fence + 1;
    let taken = write(store, |statements| {
        let sql = "UPDATE sync_machines SET lease_holder = $1, fence = $2, lease_beat = 0, \
             served = (SELECT MAX(s.served) + 1 FROM sync_machines s) \
             WHERE id = $3 AND fence = $4 AND lease_beat = $5 AND lease_holder = $6";
        let values = [
            cell(&holder),
            number(fence),
            cell(&seen.machine),
            number(seen.fence),
            number(seen.beat),
            Cell::Text(seen.holder.clone()),
        ];
        statements.execute(sql, &values)
    })?;
    let lease = || Lease { machine: seen.machine.clone(), holder: holder.to_owned(), fence };
    Ok((taken == 1).then(lease))
}

/// Moves the beats of leases; says which are still held.
pub(crate) fn renew(store: &mut dyn LedgerStore, leases: &[Lease]) -> Result<Vec<bool>, StoreFault> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "UPDATE sync_machines SET lease_beat = lease_beat + 1 WHERE id = $1 AND lease_holder = $2 AND fence = $3";
    write(store, |statements| {
        leases.iter().map(|lease| Ok(statements.execute(sql, &held(lease))? == 1)).collect()
    })
}

/// Gives a lease back.
pub(crate) fn give_back(store: &mut dyn LedgerStore, lease: &Lease) -> Result<(), StoreFault> {
    let sql = "UPDATE sync_machines SET lease_holder = '' WHERE id = $1 AND lease_holder = $2 AND fence = $3";
    write(store, |statements| statements.execute(sql, &held(lease))).map(|_| ())
}

fn held(lease: &Lease) -> [Cell; 3] {
    [cell(&lease.machine), cell(&lease.holder), number(lease.fence)]
}

/// The sealed token of a machine, for who drives it.
pub(crate) fn sealed_token(
    store: &mut dyn LedgerStore,
    machine: &MachineId,
) -> Result<Option<String>, StoreFault> {
    let mut found = None;
    store.look(&mut |statements| {
        let rows = statements.query("SELECT token FROM sync_machines WHERE id = $1", &[cell(machine)])?;
        found = rows.first().and_then(|row| row.first()).and_then(Cell::text).map(str::to_owned);
        Ok(())
    })?;
    Ok(found)
}
