//! A store in memory that keeps the port's promises, and breaks its connections when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use fiscal::{
    Epoch, EventKind, InvoiceNumber, KeyId, OutletId, PayloadHash, Position, Prefix, Subject, Timestamp,
};

use crate::{
    Act, Append, AppendFault, Appended, ChainId, Database, HeadRow, IdempotencyKey, Known, LedgerStore,
    Outlet, Place, Reference, Row, SealingKey, StatementsWork, StoreFault, Turn, Unfit,
};

/// What goes wrong with the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused before anything is stored.
    Refused,
    /// It is stored, and the answer is lost.
    AnswerLost,
    /// It is not stored, and nobody says so.
    CommitLost,
    /// It is stored, the answer is lost, and the database stays away.
    AnswerLostAndAway,
}

#[derive(Clone, Default)]
pub(crate) struct MemoryDatabase(Arc<Mutex<Tables>>);

#[derive(Default)]
pub(crate) struct Tables {
    outlets: BTreeMap<OutletId, Outlet>,
    heads: BTreeMap<OutletId, HeadRow>,
    pub(crate) rows: Vec<Row>,
    pub(crate) acts: Vec<Act>,
    sales: BTreeMap<(OutletId, Timestamp, PayloadHash), usize>,
    keys: BTreeMap<(OutletId, IdempotencyKey), usize>,
    sealing_keys: Vec<SealingKey>,
    pub(crate) unfit: Vec<Unfit>,
    pub(crate) fault: Option<Fault>,
    pub(crate) is_away: bool,
    /// Whether another process has every turn.
    pub(crate) is_held: bool,
}

impl MemoryDatabase {
    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }
}

impl Database for MemoryDatabase {
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
        self.tables().reachable()?;
        Ok(Box::new(self.clone()))
    }
}

impl Tables {
    fn reachable(&self) -> Result<(), StoreFault> {
        if self.is_away { Err(StoreFault::Unavailable("away".to_owned())) } else { Ok(()) }
    }

    /// Another process takes the next generation.
    pub(crate) fn bump(&mut self, outlet: OutletId) {
        self.heads.get_mut(&outlet).unwrap().generation += 1;
    }

    fn row(&self, of_outlet: OutletId, wanted: impl Fn(&Row) -> bool) -> Option<Row> {
        self.rows.iter().find(|row| row.place.chain.outlet == of_outlet && wanted(row)).cloned()
    }

    fn append(&mut self, part: &Append) -> Appended {
        let outlet = part.head.chain.outlet;
        let Some(head) = self.heads.get_mut(&outlet) else { return Appended::Overtaken };
        if head.generation != part.head.generation {
            return Appended::Overtaken;
        }
        let sale = |row: &Row| (outlet, row.stamped, row.hash);
        let own = |row: &&Row| row.is_invoice() && row.place.chain.signer == part.head.chain.signer;
        let known = part.rows.iter().filter(own).any(|row| self.sales.contains_key(&sale(row)));
        let used = part.keys.iter().any(|key| self.keys.contains_key(&(outlet, key.key.clone())));
        if known || used {
            return Appended::Known;
        }
        *head = part.head.clone();
        for row in &part.rows {
            if row.is_invoice() {
                self.sales.entry(sale(row)).or_insert(self.rows.len());
            }
            self.rows.push(row.clone());
        }
        for key in &part.keys {
            let at = self.rows.iter().position(|row| row.place == key.place).unwrap();
            self.keys.insert((outlet, key.key.clone()), at);
        }
        self.acts.extend(part.acts.iter().cloned());
        for unfit in &part.unfit {
            if !self.unfit.iter().any(|kept| kept.key() == unfit.key()) {
                self.unfit.push(unfit.clone());
            }
        }
        Appended::Durable
    }
}

impl LedgerStore for MemoryDatabase {
    fn create_outlet(&mut self, outlet: &Outlet, head: &HeadRow) -> Result<(), StoreFault> {
        let mut tables = self.tables();
        tables.outlets.insert(outlet.id, outlet.clone());
        tables.heads.insert(outlet.id, head.clone());
        Ok(())
    }

    fn outlet(&mut self, id: OutletId) -> Result<Option<Outlet>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        Ok(tables.outlets.get(&id).cloned())
    }

    fn outlet_by_prefix(&mut self, prefix: Prefix) -> Result<Option<Outlet>, StoreFault> {
        Ok(self.tables().outlets.values().find(|outlet| outlet.prefix == prefix).cloned())
    }

    fn outlets(&mut self, _: Option<OutletId>, _: usize) -> Result<Vec<Outlet>, StoreFault> {
        Ok(self.tables().outlets.values().cloned().collect())
    }

    fn take_turn(&mut self, outlet: OutletId, _: u64, _: Duration) -> Result<Turn, StoreFault> {
        let mut tables = self.tables();
        tables.reachable()?;
        if tables.is_held {
            return Ok(Turn::Held(Duration::from_millis(1)));
        }
        let Some(head) = tables.heads.get_mut(&outlet) else { return Ok(Turn::NoOutlet) };
        head.generation += 1;
        Ok(Turn::Taken(head.clone()))
    }

    fn head(&mut self, outlet: OutletId) -> Result<Option<HeadRow>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        Ok(tables.heads.get(&outlet).cloned())
    }

    fn append(&mut self, parts: &[Append]) -> Result<Vec<Appended>, AppendFault> {
        let mut tables = self.tables();
        tables.reachable().map_err(AppendFault::NotDone)?;
        match tables.fault.take() {
            Some(Fault::Refused) => Err(AppendFault::NotDone(StoreFault::Unavailable("refused".to_owned()))),
            Some(Fault::CommitLost) => Err(AppendFault::Unknown("lost before the commit".to_owned())),
            Some(fault @ (Fault::AnswerLost | Fault::AnswerLostAndAway)) => {
                tables.is_away = fault == Fault::AnswerLostAndAway;
                parts.iter().for_each(|part| {
                    let _ = tables.append(part);
                });
                Err(AppendFault::Unknown("lost after the commit".to_owned()))
            }
            None => Ok(parts.iter().map(|part| tables.append(part)).collect()),
        }
    }

    fn at(&mut self, place: Place) -> Result<Option<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        Ok(tables.row(place.chain.outlet, |row| row.place == place))
    }

    fn known(
        &mut self,
        outlet: OutletId,
        sales: &[(Timestamp, PayloadHash)],
        keys: &[IdempotencyKey],
    ) -> Result<Known, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let row = |at: Option<&usize>| at.map(|at| tables.rows[*at].clone());
        Ok(Known {
            sales: sales
                .iter()
                .filter_map(|(stamped, hash)| row(tables.sales.get(&(outlet, *stamped, *hash))))
                .collect(),
            keys: keys
                .iter()
                .filter_map(|key| Some((key.clone(), row(tables.keys.get(&(outlet, key.clone())))?)))
                .collect(),
        })
    }

    fn by_number(
        &mut self,
        outlet: OutletId,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Result<Option<Row>, StoreFault> {
        Ok(self.tables().row(outlet, |row| row.place.chain.epoch == epoch && row.number == Some(number)))
    }

    fn notes_on(&mut self, outlet: OutletId, original: Reference) -> Result<Vec<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let notes = tables
            .rows
            .iter()
            .filter(|row| row.place.chain.outlet == outlet && row.reference == Some(original));
        Ok(notes.cloned().collect())
    }

    fn records(
        &mut self,
        chain: ChainId,
        after: Option<Position>,
        most: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        let tables = self.tables();
        let rows =
            tables.rows.iter().filter(|row| row.place.chain == chain && Some(row.place.position) > after);
        Ok(rows.take(most).cloned().collect())
    }

    fn newest_of(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let rows = tables.rows.iter().filter(|row| row.place.chain == chain);
        Ok(rows.max_by_key(|row| row.place).cloned())
    }

    fn chains(&mut self, outlet: OutletId) -> Result<Vec<(ChainId, Position)>, StoreFault> {
        let tables = self.tables();
        let mut chains = BTreeMap::new();
        for row in tables.rows.iter().filter(|row| row.place.chain.outlet == outlet) {
            chains.insert(row.place.chain, row.place.position);
        }
        Ok(chains.into_iter().collect())
    }

    fn invoices_between(
        &mut self,
        _: OutletId,
        _: (Timestamp, Timestamp),
        _: Option<(Timestamp, Place)>,
        _: usize,
    ) -> Result<Vec<Row>, StoreFault> {
        Err(StoreFault::Unavailable("no simulation asks for it".to_owned()))
    }

    fn closure_before(&mut self, chain: ChainId, position: Position) -> Result<Option<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let closures = tables.rows.iter().filter(|row| {
            let subject = row.read().unwrap().header.subject;
            row.place.chain == chain
                && row.place.position <= position
                && subject == fiscal::Subject::Event(fiscal::EventKind::Closure)
        });
        Ok(closures.max_by_key(|row| row.place.position).cloned())
    }

    fn newest_invoice(&mut self, chain: ChainId) -> Result<Option<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let rows = tables.rows.iter().filter(|row| row.place.chain == chain && row.is_invoice());
        Ok(rows.max_by_key(|row| row.place).cloned())
    }

    fn line_ends(&mut self, chain: ChainId, most: usize) -> Result<Vec<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let ends = |row: &&Row| {
            let subject = row.read().unwrap().header.subject;
            row.place.chain == chain
                && [EventKind::Close, EventKind::HandOver].map(Subject::Event).contains(&subject)
        };
        let mut rows: Vec<Row> = tables.rows.iter().filter(ends).cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.place));
        rows.truncate(most);
        Ok(rows)
    }

    fn flags(&mut self, outlet: OutletId, after: Option<Place>, most: usize) -> Result<Vec<Row>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let flags = |row: &&Row| {
            row.place.chain.outlet == outlet
                && Some(row.place) > after
                && row.read().unwrap().header.subject == Subject::Event(EventKind::Flag)
        };
        let mut rows: Vec<Row> = tables.rows.iter().filter(flags).cloned().collect();
        rows.sort_by_key(|row| row.place);
        rows.truncate(most);
        Ok(rows)
    }

    fn unfit(
        &mut self,
        outlet: OutletId,
        after: Option<&Unfit>,
        most: usize,
    ) -> Result<Vec<Unfit>, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        let after = after.map(Unfit::key);
        let kept = tables.unfit.iter().filter(|kept| kept.outlet == outlet && Some(kept.key()) > after);
        let mut kept: Vec<Unfit> = kept.cloned().collect();
        kept.sort_by_key(Unfit::key);
        kept.truncate(most);
        Ok(kept)
    }

    fn is_kept(&mut self, unfit: &Unfit) -> Result<bool, StoreFault> {
        let tables = self.tables();
        tables.reachable()?;
        Ok(tables.unfit.iter().any(|kept| kept.key() == unfit.key()))
    }

    fn publish_key(&mut self, key: &SealingKey) -> Result<(), StoreFault> {
        self.tables().sealing_keys.push(key.clone());
        Ok(())
    }

    fn retire_key(&mut self, _: KeyId, _: Timestamp) -> Result<(), StoreFault> {
        Ok(())
    }

    fn keys(&mut self) -> Result<Vec<SealingKey>, StoreFault> {
        Ok(self.tables().sealing_keys.clone())
    }

    fn forget_keys(&mut self, _: Timestamp, _: usize) -> Result<usize, StoreFault> {
        Ok(0)
    }

    fn look(&mut self, _: StatementsWork<'_>) -> Result<(), StoreFault> {
        Err(StoreFault::Unavailable("no simulation asks for it".to_owned()))
    }

    fn change(&mut self, _: StatementsWork<'_>) -> Result<(), StoreFault> {
        Err(StoreFault::Unavailable("no simulation asks for it".to_owned()))
    }
}
