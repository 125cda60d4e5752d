//! From records to jobs. The records are the truth: who follows the chains finds each of them once, and the jobs of a step
//! and its cursor are written in one transaction, by compare-and-swap.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use fiscal::{Epoch, OutletId, Position};
use ledger::{Cell, ChainId, LedgerStore, Row, Statements, StoreFault};

use super::{
    entries::{doubt_all, has_machine, insert, note_authority, refuse},
    facts::{Fact, fact},
    heads::Head,
    raise::raise,
    rows::{cell, corrupt, count, number, parsed},
    write,
};
use crate::{AlertKind, At};

/// So many records of a chain become jobs in one transaction: a few milliseconds, while which SQLite seals nothing.
pub(crate) const AT_ONCE: usize = 100;

/// What one step of an outlet has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stepped {
    /// So many jobs were made.
    pub(crate) jobs: usize,
    /// There was a transaction.
    pub(crate) has_written: bool,
    /// There are records after those that were read; or another process came first, and all is to be read again.
    pub(crate) has_more: bool,
}

/// What stopped a step, and in which chain, if it was one.
type Stop = (Option<ChainId>, StoreFault);

/// Makes jobs of the next records of one chain of an outlet that has some, and moves its cursor behind them. The own chain
/// of the newest epoch comes first: its first records say whether those before it are doubted.
pub(crate) fn step_outlet(
    store: &mut dyn LedgerStore,
    outlet: OutletId,
    head: Head,
    stopped: &BTreeSet<ChainId>,
    now: At,
) -> Result<Stepped, Stop> {
    let whole = |fault| (None, fault);
    let cursors = cursors(store, outlet).map_err(whole)?;
    let mut chains = store.chains(outlet).map_err(whole)?;
    chains.sort_by_key(|(chain, _)| (Reverse(chain.epoch), chain.signer != head.signer));
    let after = |chain: &ChainId| cursors.get(chain).copied().unwrap_or(0);
    let mut behind =
        chains.iter().filter(|(chain, newest)| !stopped.contains(chain) && after(chain) < newest.value());
    let Some((chain, newest)) = behind.next() else { return Ok(Stepped::default()) };
    let others = behind.next().is_some();
    let stepped =
        step(store, (*chain, *newest), head, after(chain), now).map_err(|fault| (Some(*chain), fault))?;
    Ok(Stepped { has_more: stepped.has_more || others, ..stepped })
}

fn step(
    store: &mut dyn LedgerStore,
    (chain, newest): (ChainId, Position),
    head: Head,
    after: u64,
    now: At,
) -> Result<Stepped, StoreFault> {
    let is_own = chain.signer == head.signer;
    let outlet = store.outlet(chain.outlet)?.ok_or_else(|| corrupt("outlets"))?;
    let records = next_records(store, chain, after)?;
    let (mut to, mut facts) = (after, Vec::new());
    for row in &records {
        match fact(store, outlet.prefix, row, is_own) {
            Ok(found) => facts.extend(found),
            // The next step begins with it.
            Err(StoreFault::Corrupt(_)) if to > after => break,
            Err(fault) => return Err(fault),
        }
        to = row.place.position.value();
    }
    if to == after {
        return Ok(Stepped::default());
    }
    let jobs = write(store, |statements| {
        if !move_cursor(statements, chain, (after, to))? {
            return Ok(None);
        }
        if is_own {
            enter(statements, chain)?;
        }
        note(statements, chain.outlet, &facts, now).map(Some)
    })?;
    Ok(match jobs {
        Some(jobs) => Stepped { jobs, has_written: true, has_more: to < newest.value() },
        None => Stepped { jobs: 0, has_written: true, has_more: true },
    })
}

/// The records behind a position. Those before one that cannot be read are read one by one.
fn next_records(store: &mut dyn LedgerStore, chain: ChainId, after: u64) -> Result<Vec<Row>, StoreFault> {
    match store.records(chain, Position::new(after), AT_ONCE) {
        Err(StoreFault::Corrupt(_)) => store.records(chain, Position::new(after), 1),
        read => read,
    }
}

/// Up to where each chain of an outlet has become jobs.
fn cursors(store: &mut dyn LedgerStore, outlet: OutletId) -> Result<BTreeMap<ChainId, u64>, StoreFault> {
    let sql = "SELECT epoch, signer, position FROM sync_cursors WHERE outlet = $1";
    let read = |row: &[Cell]| {
        let [epoch, signer, position] = row else { return None };
        let epoch = Epoch(u32::try_from(count(epoch)?).ok()?);
        Some((ChainId { outlet, epoch, signer: parsed(signer)? }, count(position)?))
    };
    let mut cursors = BTreeMap::new();
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[cell(&outlet)])?;
        let found = rows.iter().map(|row| read(row).ok_or_else(|| corrupt("sync_cursors")));
        cursors = found.collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(cursors)
}

/// False when it is not where it was: another process has made jobs of these records.
fn move_cursor(
    statements: &mut dyn Statements,
    chain: ChainId,
    (from, to): (u64, u64),
) -> Result<bool, StoreFault> {
    let key = [cell(&chain.outlet), number(chain.epoch.0.into()), cell(&chain.signer)];
    let moved = if from == 0 {
        let sql = "INSERT INTO sync_cursors (outlet, epoch, signer, position) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        statements.execute(sql, &[&key[..], &[number(to)]].concat())?
    } else {
        let sql = "UPDATE sync_cursors SET position = $1 WHERE outlet = $2 AND epoch = $3 AND signer = $4 \
             AND position = $5";
        statements.execute(sql, &[&[number(to)], &key[..], &[number(from)]].concat())?
    };
    Ok(moved == 1)
}

/// The beginning of the ledger's own chain was read, and with it what began its epoch.
fn enter(statements: &mut dyn Statements, chain: ChainId) -> Result<(), StoreFault> {
    let (outlet, epoch) = (cell(&chain.outlet), number(chain.epoch.0.into()));
    let sql = "INSERT INTO sync_outlets (outlet, epoch, doubted_before, sweeping) VALUES ($1, $2, 0, 0) \
         ON CONFLICT DO NOTHING";
    if statements.execute(sql, &[outlet.clone(), epoch.clone()])? == 0 {
        let sql = "UPDATE sync_outlets SET epoch = $1 WHERE outlet = $2 AND epoch < $1";
        statements.execute(sql, &[epoch, outlet])?;
    }
    Ok(())
}

fn note(
    statements: &mut dyn Statements,
    outlet: OutletId,
    facts: &[Fact],
    now: At,
) -> Result<usize, StoreFault> {
    let mut jobs = 0;
    for fact in facts {
        jobs += match fact {
            Fact::Invoice(entry) => insert(statements, entry, now)?,
            Fact::NonCompliant(entry, causes) => {
                let made = insert(statements, entry, now)?;
                refuse(statements, entry, causes, now)?;
                made
            }
            Fact::Authority(entry, elements) => {
                let made = insert(statements, entry, now)?;
                note_authority(statements, entry, elements, now)?;
                made
            }
            Fact::GivenUp(epoch) => {
                give_up(statements, outlet, *epoch)?;
                0
            }
        };
    }
    if jobs > 0 && !has_machine(statements, outlet)? {
        raise(statements, AlertKind::NoMachine, outlet.as_str(), Some(outlet), now, "")?;
    }
    Ok(jobs)
}

/// What was sealed in epochs before one is doubted, little by little: [`sweep`]. Nothing of the outlet is sent before that
/// is done. Nor does an earlier restore's doubt say anything of what was sent since.
fn give_up(statements: &mut dyn Statements, outlet: OutletId, epoch: Epoch) -> Result<(), StoreFault> {
    let sql =
        "UPDATE sync_outlets SET doubted_before = $1, sweeping = 1 WHERE outlet = $2 AND doubted_before < $1";
    if statements.execute(sql, &[number(epoch.0.into()), cell(&outlet)])? > 0 {
        let sql = "UPDATE sync_jobs SET doubt_cause = 'restored_before' WHERE outlet = $1 AND doubt_cause = 'restored'";
        statements.execute(sql, &[cell(&outlet)])?;
    }
    Ok(())
}

/// Doubts jobs of outlets whose ledger was restored, one transaction for each; says whether there are more, and of which
/// outlets something cannot be read: those stay as they are, and hold up no other.
pub(crate) fn sweep(
    store: &mut dyn LedgerStore,
    now: At,
    pause: &mut dyn FnMut(),
) -> Result<(bool, Vec<String>), StoreFault> {
    let sql = "SELECT outlet, doubted_before FROM sync_outlets WHERE sweeping = 1 ORDER BY outlet";
    let (mut found, mut broken) = (Vec::<(OutletId, u64)>::new(), Vec::new());
    store.look(&mut |statements| {
        let rows = statements.query(sql, &[])?;
        let read = |row: &[Cell]| {
            let [outlet, before] = row else { return None };
            Some((parsed(outlet)?, count(before)?))
        };
        (found, broken) = (Vec::new(), Vec::new());
        for row in &rows {
            match read(row) {
                Some(one) => found.push(one),
                None => broken.extend(row.first().and_then(Cell::text).map(str::to_owned)),
            }
        }
        Ok(())
    })?;
    let mut has_more = false;
    for (outlet, before) in &found {
        let swept = write(store, |statements| {
            if doubt_all(statements, *outlet, *before, now, AT_ONCE)? < AT_ONCE {
                let sql = "UPDATE sync_outlets SET sweeping = 0 WHERE outlet = $1 AND doubted_before = $2";
                statements.execute(sql, &[cell(outlet), number(*before)])?;
            }
            Ok(())
        });
        match swept {
            Ok(()) => has_more = true,
            Err(StoreFault::Corrupt(_)) => broken.push(outlet.to_string()),
            Err(fault) => return Err(fault),
        }
        pause();
    }
    Ok((has_more, broken))
}
