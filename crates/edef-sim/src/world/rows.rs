use serde::{Deserialize, Serialize};

use super::{
    Finalised, Nim, World, WorldFault,
    machine::{Kind, Machine, Pending, Settings},
};
use crate::{At, Exact, Fault, FaultId, totals::Totals};

/// What kind of thing a row holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RowKind {
    /// [`Settings`]
    Settings,
    /// An e-MCF.
    Machine,
    /// An invoice with its code.
    Finalised,
    /// A request that waits.
    Pending,
    /// A fault that was set.
    Fault,
}

impl RowKind {
    /// All, in the order in which [`World::load`] needs them.
    pub const ALL: [Self; 5] = [Self::Settings, Self::Machine, Self::Finalised, Self::Pending, Self::Fault];

    /// Its name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Machine => "machine",
            Self::Finalised => "finalised",
            Self::Pending => "pending",
            Self::Fault => "fault",
        }
    }
}

/// A change of the world, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// What it is.
    pub kind: RowKind,
    /// Which one; unique among its kind.
    pub key: String,
    /// Its JSON; None when it is no more.
    pub body: Option<String>,
}

/// A pending request as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    nim: Nim,
    requested: At,
    expires: At,
    kind: Kind,
    rn: Option<String>,
    reference: Option<String>,
    comments: Vec<String>,
    groups: [crate::totals::OfGroup; 16],
    specific: Exact,
    aib: Option<Exact>,
    total: Exact,
    vtotal: Exact,
    cur_total: Option<Exact>,
    body: serde_json::Map<String, serde_json::Value>,
}

impl World {
    /// Gathers all changes from now on, for [`World::take_changes`].
    pub fn record_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// What changed since the last time, in order.
    pub fn take_changes(&mut self) -> Vec<Row> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The world that such rows describe.
    ///
    /// # Errors
    /// A row cannot be read.
    pub fn load(rows: impl IntoIterator<Item = Row>) -> Result<Self, WorldFault> {
        let mut rows: Vec<Row> = rows.into_iter().collect();
        rows.sort_by_key(|row| row.kind);
        let mut world = Self::new(Settings::default());
        let mut finalised: Vec<Finalised> = Vec::new();
        for row in rows {
            let Some(body) = row.body.as_deref() else { continue };
            match row.kind {
                RowKind::Settings => world.settings = read(body)?,
                RowKind::Machine => {
                    let nim = row.key.parse().map_err(|_| WorldFault::Corrupt)?;
                    let machine: Machine = read(body)?;
                    world.tokens.insert(machine.token.clone(), nim);
                    world.machines.insert(nim, machine);
                }
                RowKind::Finalised => finalised.push(read(body)?),
                RowKind::Pending => world.load_pending(row.key, read(body)?)?,
                RowKind::Fault => {
                    let id = row.key.parse().map_err(|_| WorldFault::Corrupt)?;
                    world.next_fault = world.next_fault.max(id + 1);
                    world.faults.insert(FaultId(id), read(body)?);
                }
            }
        }
        finalised.sort_by_key(|finalised| (finalised.nim, finalised.number));
        finalised.into_iter().for_each(|finalised| world.settle(finalised));
        world
            .machines
            .values_mut()
            .for_each(|machine| machine.pending.sort_by_key(|pending| pending.requested));
        Ok(world)
    }

    fn load_pending(&mut self, uid: String, kept: Kept) -> Result<(), WorldFault> {
        let machine = self.machines.get_mut(&kept.nim).ok_or(WorldFault::Corrupt)?;
        machine.pending.push(Pending {
            uid,
            requested: kept.requested,
            expires: kept.expires,
            kind: kept.kind,
            rn: kept.rn,
            reference: kept.reference,
            comments: kept.comments,
            totals: Totals {
                groups: kept.groups,
                specific: kept.specific,
                aib: kept.aib,
                total: kept.total,
                vtotal: kept.vtotal,
                cur_total: kept.cur_total,
            },
            body: kept.body,
        });
        Ok(())
    }

    pub(super) fn keep_pending(&mut self, nim: Nim, pending: &Pending) {
        self.keep(RowKind::Pending, &pending.uid, || Kept {
            nim,
            requested: pending.requested,
            expires: pending.expires,
            kind: pending.kind,
            rn: pending.rn.clone(),
            reference: pending.reference.clone(),
            comments: pending.comments.clone(),
            groups: pending.totals.groups,
            specific: pending.totals.specific,
            aib: pending.totals.aib,
            total: pending.totals.total,
            vtotal: pending.totals.vtotal,
            cur_total: pending.totals.cur_total,
            body: pending.body.clone(),
        });
    }

    pub(super) fn forget_pending(&mut self, uid: &str) {
        self.forget(RowKind::Pending, uid);
    }

    pub(super) fn keep_finalised(&mut self, finalised: &Finalised) {
        self.keep(RowKind::Finalised, &finalised.code, || finalised);
    }

    pub(super) fn keep_machine(&mut self, nim: Nim) {
        let Some(machine) = self.machines.get(&nim).cloned() else { return };
        self.keep(RowKind::Machine, &nim.to_string(), || machine);
    }

    pub(super) fn keep_settings(&mut self) {
        let settings = self.settings;
        self.keep(RowKind::Settings, "all", || settings);
    }

    pub(super) fn keep_fault(&mut self, id: FaultId) {
        let Some(fault) = self.faults.get(&id).cloned() else { return };
        self.keep(RowKind::Fault, &id.0.to_string(), || fault);
    }

    /// Takes a fault away; says whether it was there.
    pub fn remove_fault(&mut self, id: FaultId) -> Option<Fault> {
        let fault = self.faults.remove(&id)?;
        self.forget(RowKind::Fault, &id.0.to_string());
        Some(fault)
    }

    fn keep<T: Serialize>(&mut self, kind: RowKind, key: &str, value: impl FnOnce() -> T) {
        let Some(changes) = &mut self.changes else { return };
        // What is made of texts and numbers always has a JSON form.
        if let Ok(body) = serde_json::to_string(&value()) {
            changes.push(Row { kind, key: key.to_owned(), body: Some(body) });
        }
    }

    fn forget(&mut self, kind: RowKind, key: &str) {
        if let Some(changes) = &mut self.changes {
            changes.push(Row { kind, key: key.to_owned(), body: None });
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(body: &str) -> Result<T, WorldFault> {
    serde_json::from_str(body).map_err(|_| WorldFault::Corrupt)
}
