//! The till's disk: what it keeps is there entirely or not at all.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use def_client::{Intent, IntentStore, Stage};
use fiscal::{FiscalNumber, PayloadHash};

use super::line::Handle;

/// What outlasts the till, laid out as [`def_client::IntentFolder`] does.
#[derive(Default)]
pub(super) struct Disk {
    open: BTreeMap<PayloadHash, Vec<u8>>,
    done: BTreeMap<FiscalNumber, Vec<u8>>,
    refused: BTreeMap<PayloadHash, Vec<u8>>,
}

/// A disk that a till has in use.
#[derive(Clone)]
pub(super) struct Store<'b> {
    pub(super) disk: Rc<RefCell<Disk>>,
    pub(super) sky: Handle<'b>,
}

/// The till crashed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the till crashed")]
pub(super) struct Crashed;

impl Disk {
    /// Everything, by sale: what is done counts more than what is open, and that more than what was refused before.
    pub(super) fn all(&self) -> Vec<Intent> {
        let mut all = BTreeMap::new();
        let jsons = self.refused.values().chain(self.open.values()).chain(self.done.values());
        all.extend(jsons.map(|json| read(json)).map(|intent| (intent.hash(), intent)));
        all.into_values().collect()
    }

    fn all_open(&self) -> Vec<Intent> {
        let done = |intent: &Intent| intent.number().is_some_and(|number| self.done.contains_key(&number));
        self.open.values().map(|json| read(json)).filter(|intent| !done(intent)).collect()
    }

    fn put(&mut self, intent: &Intent) {
        let json = intent.to_json().into_bytes();
        match (intent.stage(), intent.number()) {
            (Stage::Refused(_), _) => self.refused.insert(intent.hash(), json),
            (stage, Some(number)) if stage.is_final() => self.done.insert(number, json),
            _ => self.open.insert(intent.hash(), json),
        };
    }
}

fn read(json: &[u8]) -> Intent {
    Intent::from_json(json).expect("what was kept is read")
}

impl Store<'_> {
    /// It crashes before it is on the disk, or after it.
    fn change(&self, change: impl FnOnce(&mut Disk)) -> Result<(), Crashed> {
        let (was_alive, is_alive, done) = {
            let sky = &mut *self.sky.0.borrow_mut();
            (!sky.crashed, sky.is_alive(), sky.dice.one_in(2))
        };
        if is_alive || (was_alive && done) {
            change(&mut self.disk.borrow_mut());
        }
        if is_alive { Ok(()) } else { Err(Crashed) }
    }
}

impl IntentStore for Store<'_> {
    type Error = Crashed;

    fn keep(&mut self, intent: &Intent) -> Result<(), Crashed> {
        self.change(|disk| disk.put(intent))?;
        if intent.stage().is_final() { self.forget(intent.hash()) } else { Ok(()) }
    }

    fn forget(&mut self, sale: PayloadHash) -> Result<(), Crashed> {
        self.change(|disk| drop(disk.open.remove(&sale)))
    }

    fn open(&mut self, sale: PayloadHash) -> Result<Option<Intent>, Crashed> {
        Ok(self.all_open()?.into_iter().find(|intent| intent.hash() == sale))
    }

    fn all_open(&mut self) -> Result<Vec<Intent>, Crashed> {
        Ok(self.disk.borrow().all_open())
    }

    fn of_number(&mut self, number: FiscalNumber) -> Result<Option<Intent>, Crashed> {
        let disk = self.disk.borrow();
        let open = disk.all_open().into_iter().find(|intent| intent.number() == Some(number));
        Ok(open.or_else(|| disk.done.get(&number).map(|json| read(json))))
    }
}
