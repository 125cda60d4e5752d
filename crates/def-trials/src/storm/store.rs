//! The till's disk: what is written is there entirely or not at all, and the till may crash before or after it.

use std::{cell::RefCell, collections::BTreeMap, io, rc::Rc};

use def_client::{Files, Intent};

use super::line::Handle;

/// What outlasts the till.
pub(super) type Disk = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// A disk that a till has in use.
#[derive(Clone)]
pub(super) struct Store<'b> {
    pub(super) disk: Disk,
    pub(super) sky: Handle<'b>,
}

/// Every sale that was written down.
pub(super) fn sales(disk: &Disk) -> Vec<Intent> {
    let disk = disk.borrow();
    let sales = disk.iter().filter(|(name, _)| name.starts_with("sales/"));
    sales.map(|(_, json)| Intent::from_json(json).expect("what was kept is read")).collect()
}

impl Store<'_> {
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> io::Result<()> {
        let (was_alive, is_alive, done) = {
            let sky = &mut *self.sky.0.borrow_mut();
            (!sky.crashed, sky.is_alive(), sky.dice.one_in(2))
        };
        if is_alive || (was_alive && done) {
            change(&mut self.disk.borrow_mut());
        }
        if is_alive { Ok(()) } else { Err(io::Error::other("the till crashed")) }
    }
}

impl Files for Store<'_> {
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.disk.borrow().get(name).cloned())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.change(|disk| drop(disk.insert(name.to_owned(), bytes.to_vec())))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.change(|disk| drop(disk.remove(name)))
    }

    fn names(&mut self, folder: &str) -> io::Result<Vec<String>> {
        let disk = self.disk.borrow();
        let names = disk.keys().filter_map(|name| name.strip_prefix(folder)?.strip_prefix('/'));
        Ok(names.map(str::to_owned).collect())
    }
}
