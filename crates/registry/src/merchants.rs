//! Merchants: taxpayers whose things nobody else sees.

use fiscal::{Nif, Timestamp};
use ledger::{By, Cells, Statements, StoreFault};

use crate::{
    Label, MerchantId, Random, Reach, Registry, RegistryFault,
    acts::Asked,
    rows::{self, Row, first, limit, text, time, time_or_null},
};

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The id.
    pub id: MerchantId,
    /// What people call him.
    pub name: Label,
    /// The taxpayer's number, which no other merchant has.
    pub nif: Nif,
    /// Since when he is here.
    pub created: Timestamp,
    /// Since when his keys and people are refused. His data stays.
    pub stopped: Option<Timestamp>,
}

/// What a new merchant is made of.
#[derive(Clone, Debug)]
pub struct NewMerchant {
    /// What people call him.
    pub name: Label,
    /// The taxpayer's number.
    pub nif: Nif,
}

/// What is to be different of a merchant; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct MerchantChange {
    /// What people call him.
    pub name: Option<Label>,
    /// Whether his keys and people are refused. Only the platform says so.
    pub stopped: Option<bool>,
}

const NAME: &str = "merchant";

/// In the order of [`read`].
macro_rules! columns {
    () => {
        "id, name, nif, created, stopped"
    };
}

impl Registry<'_> {
    /// Makes a merchant. Only the platform does.
    pub fn create_merchant(
        &mut self,
        reach: &Reach,
        new: &NewMerchant,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Merchant, RegistryFault> {
        only_platform(reach)?;
        let id = new_id(random);
        self.change(|statements| insert(statements, &id, new, Asked { by, now }))
    }

    /// A merchant within reach.
    pub fn merchant(&mut self, reach: &Reach, id: &MerchantId) -> Result<Merchant, RegistryFault> {
        within(reach, id)?;
        self.look(|statements| find(statements, id))
    }

    /// The merchant within reach of a taxpayer's number.
    pub fn merchant_of_nif(&mut self, reach: &Reach, nif: Nif) -> Result<Option<Merchant>, RegistryFault> {
        let found = self.look(|statements| {
            let found = statements.query(
                concat!("SELECT ", columns!(), " FROM merchants WHERE nif = $1"),
                &[text(nif.as_str())],
            )?;
            Ok(rows::all(found, read)?.pop())
        })?;
        Ok(found.filter(|merchant| reach.covers_merchant(&merchant.id)))
    }

    /// The merchants within reach in the order of their ids, those after one, at most so many.
    pub fn merchants(
        &mut self,
        reach: &Reach,
        after: Option<&MerchantId>,
        most: usize,
    ) -> Result<Vec<Merchant>, RegistryFault> {
        let after = text(after.map_or("", MerchantId::as_str));
        self.look(|statements| {
            let found = match reach.merchant() {
                Some(own) => statements.query(
                    concat!("SELECT ", columns!(), " FROM merchants WHERE id = $1 AND id > $2 LIMIT $3"),
                    &[text(own.as_str()), after.clone(), limit(most)],
                )?,
                None => statements.query(
                    concat!("SELECT ", columns!(), " FROM merchants WHERE id > $1 ORDER BY id LIMIT $2"),
                    &[after.clone(), limit(most)],
                )?,
            };
            Ok(rows::all(found, read)?)
        })
    }

    /// Changes a merchant. His number stays: it is in what was sealed.
    pub fn change_merchant(
        &mut self,
        reach: &Reach,
        id: &MerchantId,
        change: &MerchantChange,
        by: &By,
        now: Timestamp,
    ) -> Result<Merchant, RegistryFault> {
        whole(reach, id)?;
        if change.stopped.is_some() {
            only_platform(reach)?;
        }
        self.change(|statements| {
            let merchant = find(statements, id)?;
            let merchant = match &change.name {
                Some(name) if *name != merchant.name => rename(statements, id, name, Asked { by, now })?,
                _ => merchant,
            };
            match change.stopped {
                Some(stopped) => set_stopped(statements, merchant, stopped, Asked { by, now }),
                None => Ok(merchant),
            }
        })
    }

    /// Gives a merchant another name. His number stays: it is in what was sealed.
    pub fn rename_merchant(
        &mut self,
        reach: &Reach,
        id: &MerchantId,
        name: &Label,
        by: &By,
        now: Timestamp,
    ) -> Result<Merchant, RegistryFault> {
        whole(reach, id)?;
        self.change(|statements| rename(statements, id, name, Asked { by, now }))
    }

    /// Refuses a merchant's keys and people from now on. A second time changes nothing. Only the platform does.
    pub fn stop_merchant(
        &mut self,
        reach: &Reach,
        id: &MerchantId,
        by: &By,
        now: Timestamp,
    ) -> Result<Merchant, RegistryFault> {
        self.set_merchant_stopped(reach, id, true, Asked { by, now })
    }

    /// Takes a merchant's keys and people again. A second time changes nothing. Only the platform does.
    pub fn resume_merchant(
        &mut self,
        reach: &Reach,
        id: &MerchantId,
        by: &By,
        now: Timestamp,
    ) -> Result<Merchant, RegistryFault> {
        self.set_merchant_stopped(reach, id, false, Asked { by, now })
    }

    fn set_merchant_stopped(
        &mut self,
        reach: &Reach,
        id: &MerchantId,
        stopped: bool,
        asked: Asked<'_>,
    ) -> Result<Merchant, RegistryFault> {
        within(reach, id)?;
        only_platform(reach)?;
        self.change(|statements| {
            let merchant = find(statements, id)?;
            set_stopped(statements, merchant, stopped, asked)
        })
    }
}

pub(crate) fn new_id(random: Random<'_>) -> MerchantId {
    let mut bytes = [0; 20];
    random(&mut bytes);
    MerchantId::new(bytes)
}

pub(crate) fn insert(
    statements: &mut dyn Statements,
    id: &MerchantId,
    new: &NewMerchant,
    asked: Asked<'_>,
) -> Result<Merchant, RegistryFault> {
    let made = statements.execute(
        "INSERT INTO merchants (id, name, nif, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        &[text(id.as_str()), text(new.name.as_str()), text(new.nif.as_str()), time(asked.now)],
    )?;
    if made == 0 {
        return Err(RegistryFault::Exists("nif"));
    }
    asked.note(statements, "merchant.create", (Some(id), None), id.as_str())?;
    find(statements, id)
}

fn rename(
    statements: &mut dyn Statements,
    id: &MerchantId,
    name: &Label,
    asked: Asked<'_>,
) -> Result<Merchant, RegistryFault> {
    let renamed = statements.query(
        concat!("UPDATE merchants SET name = $1 WHERE id = $2 RETURNING ", columns!()),
        &[text(name.as_str()), text(id.as_str())],
    )?;
    let merchant = one(renamed)?;
    asked.note(statements, "merchant.rename", (Some(id), None), id.as_str())?;
    Ok(merchant)
}

fn set_stopped(
    statements: &mut dyn Statements,
    merchant: Merchant,
    stopped: bool,
    asked: Asked<'_>,
) -> Result<Merchant, RegistryFault> {
    if merchant.stopped.is_some() == stopped {
        return Ok(merchant);
    }
    let (since, id) = (stopped.then_some(asked.now), &merchant.id);
    statements.execute(
        "UPDATE merchants SET stopped = $1 WHERE id = $2",
        &[time_or_null(since), text(id.as_str())],
    )?;
    let action = if stopped { "merchant.stop" } else { "merchant.resume" };
    asked.note(statements, action, (Some(id), None), id.as_str())?;
    Ok(Merchant { stopped: since, ..merchant })
}

/// A merchant who may be given something new.
pub(crate) fn find_running(
    statements: &mut dyn Statements,
    id: &MerchantId,
) -> Result<Merchant, RegistryFault> {
    let merchant = find(statements, id)?;
    if merchant.stopped.is_some() { Err(RegistryFault::MerchantStopped) } else { Ok(merchant) }
}

pub(crate) fn find(statements: &mut dyn Statements, id: &MerchantId) -> Result<Merchant, RegistryFault> {
    one(statements
        .query(concat!("SELECT ", columns!(), " FROM merchants WHERE id = $1"), &[text(id.as_str())])?)
}

/// Refuses who does not reach a merchant, as if he were not there.
pub(crate) fn within(reach: &Reach, id: &MerchantId) -> Result<(), RegistryFault> {
    if reach.covers_merchant(id) { Ok(()) } else { Err(RegistryFault::NotFound(NAME)) }
}

/// Refuses who reaches less than all of a merchant.
pub(crate) fn whole(reach: &Reach, id: &MerchantId) -> Result<(), RegistryFault> {
    within(reach, id)?;
    if matches!(reach, Reach::Outlet(..)) { Err(RegistryFault::WholeMerchant) } else { Ok(()) }
}

pub(crate) const fn only_platform(reach: &Reach) -> Result<(), RegistryFault> {
    if matches!(reach, Reach::Platform) { Ok(()) } else { Err(RegistryFault::PlatformOnly) }
}

fn one(found: Vec<Cells>) -> Result<Merchant, RegistryFault> {
    Ok(read(first(found).ok_or(RegistryFault::NotFound(NAME))?)?)
}

fn read(mut row: Row) -> Result<Merchant, StoreFault> {
    Ok(Merchant {
        id: row.text("id")?,
        name: row.text("name")?,
        nif: row.text("nif")?,
        created: row.time("created")?,
        stopped: row.time_or_none("stopped")?,
    })
}
