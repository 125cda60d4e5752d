//! Outlets, and which merchant each belongs to.

mod change;
mod create;
mod prefix;

use fiscal::{OutletId, Prefix, Timestamp, UtcOffset};
use ledger::{Cells, Outlet, Statements, StoreFault};

pub use self::{change::PlaceChange, create::NewPlace};
use crate::{
    Label, MerchantId, Reach, Registry, RegistryFault,
    rows::{self, Row, first, limit, text},
};

/// An outlet, whose it is and where.
///
/// Outlets that were registered in the ledger without a merchant have none of this: nobody reaches them, not even the
/// platform, until it names them as a merchant's ([`Registry::create_place`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the ledger knows of it.
    pub outlet: Outlet,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: Label,
    /// Where it is.
    pub address: Option<Label>,
    /// Since when it is here.
    pub created: Timestamp,
    /// Since when its keys and people are refused. Its ledger stays.
    pub stopped: Option<Timestamp>,
}

const NAME: &str = "outlet";

/// In the order of [`read`], of places `p` and outlets `o`.
macro_rules! select {
    ($($rest:literal)*) => {
        concat!(
            "SELECT p.outlet, o.nif, o.prefix, o.zone_minutes, p.merchant, p.name, p.address, p.created, p.stopped \
             FROM places p JOIN outlets o ON o.id = p.outlet ",
            $($rest)*
        )
    };
}

impl Registry<'_> {
    /// Which merchant an outlet belongs to, whoever asks; none for one that is in the ledger only.
    pub fn place_of(&mut self, outlet: OutletId) -> Result<Option<Place>, RegistryFault> {
        self.look(|statements| find(statements, outlet))
    }

    /// The same by the prefix of its fiscal numbers.
    pub fn place_by_prefix(&mut self, prefix: Prefix) -> Result<Option<Place>, RegistryFault> {
        self.look(|statements| {
            let found = statements.query(select!("WHERE o.prefix = $1"), &[text(prefix.as_str())])?;
            Ok(first(found).map(read).transpose()?)
        })
    }

    /// An outlet within reach.
    pub fn place(&mut self, reach: &Reach, outlet: OutletId) -> Result<Place, RegistryFault> {
        self.look(|statements| find_within(statements, reach, outlet))
    }

    /// The outlets within reach in the order of their ids, those after one, at most so many.
    pub fn places(
        &mut self,
        reach: &Reach,
        after: Option<OutletId>,
        most: usize,
    ) -> Result<Vec<Place>, RegistryFault> {
        let after = text(after.as_ref().map_or("", OutletId::as_str));
        self.look(|statements| {
            let found: Vec<Cells> = match reach {
                Reach::Platform => statements.query(
                    select!("WHERE p.outlet > $1 ORDER BY p.outlet LIMIT $2"),
                    &[after.clone(), limit(most)],
                )?,
                Reach::Merchant(merchant) => statements.query(
                    select!("WHERE p.merchant = $1 AND p.outlet > $2 ORDER BY p.outlet LIMIT $3"),
                    &[text(merchant.as_str()), after.clone(), limit(most)],
                )?,
                Reach::Outlet(merchant, outlet) => statements.query(
                    select!("WHERE p.merchant = $1 AND p.outlet = $2 AND p.outlet > $3 LIMIT $4"),
                    &[text(merchant.as_str()), text(outlet.as_str()), after.clone(), limit(most)],
                )?,
            };
            Ok(rows::all(found, read)?)
        })
    }
}

/// An outlet of a merchant, which others do not learn of.
pub(crate) fn find_within(
    statements: &mut dyn Statements,
    reach: &Reach,
    outlet: OutletId,
) -> Result<Place, RegistryFault> {
    find(statements, outlet)?
        .filter(|place| reach.covers(&place.merchant, outlet))
        .ok_or(RegistryFault::NotFound(NAME))
}

fn find(statements: &mut dyn Statements, outlet: OutletId) -> Result<Option<Place>, RegistryFault> {
    let found = statements.query(select!("WHERE p.outlet = $1"), &[text(outlet.as_str())])?;
    Ok(first(found).map(read).transpose()?)
}

fn read(mut row: Row) -> Result<Place, StoreFault> {
    let outlet = Outlet {
        id: row.text("outlet")?,
        nif: row.text("nif")?,
        prefix: row.text("prefix")?,
        zone: i16::try_from(row.integer("zone_minutes")?)
            .ok()
            .and_then(UtcOffset::from_minutes)
            .ok_or_else(|| rows::wrong("zone_minutes"))?,
    };
    Ok(Place {
        outlet,
        merchant: row.text("merchant")?,
        name: row.text("name")?,
        address: row.text_or_none("address")?,
        created: row.time("created")?,
        stopped: row.time_or_none("stopped")?,
    })
}
