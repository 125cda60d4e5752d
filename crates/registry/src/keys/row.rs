use std::num::NonZeroU32;

use fiscal::OutletId;
use ledger::{Cell, StoreFault};

use super::KeyRecord;
use crate::{
    MerchantId, Permission, Permissions, Rate, Reach,
    rows::{Row, wrong},
};

/// In the order of [`read`].
macro_rules! columns {
    () => {
        "id, name, merchant, outlet, role, scopes, per_second, burst, created, created_by, expires, revoked"
    };
}
pub(super) use columns;

pub(super) fn read(mut row: Row) -> Result<KeyRecord, StoreFault> {
    Ok(KeyRecord {
        id: row.text("id")?,
        name: row.text("name")?,
        reach: reach(&mut row)?,
        role: row.text("role")?,
        scopes: scopes(&mut row)?,
        rate: rate(&mut row)?,
        created: row.time("created")?,
        created_by: row.text("created_by")?,
        expires: row.time_or_none("expires")?,
        revoked: row.time_or_none("revoked")?,
    })
}

/// From the columns of a merchant and an outlet.
pub(super) fn reach(row: &mut Row) -> Result<Reach, StoreFault> {
    let merchant: Option<MerchantId> = row.text_or_none("merchant")?;
    let outlet: Option<OutletId> = row.text_or_none("outlet")?;
    match (merchant, outlet) {
        (None, None) => Ok(Reach::Platform),
        (Some(merchant), None) => Ok(Reach::Merchant(merchant)),
        (Some(merchant), Some(outlet)) => Ok(Reach::Outlet(merchant, outlet)),
        (None, Some(_)) => Err(wrong("merchant")),
    }
}

/// Names with spaces between them.
pub(super) fn scopes(row: &mut Row) -> Result<Option<Permissions>, StoreFault> {
    let Some(names) = row.text_or_none::<String>("scopes")? else { return Ok(None) };
    let scopes: Result<Permissions, _> = names.split(' ').map(str::parse::<Permission>).collect();
    scopes.map(Some).map_err(|_| wrong("scopes"))
}

pub(super) fn scopes_cell(scopes: Option<Permissions>) -> Cell {
    let Some(scopes) = scopes else { return Cell::Null };
    let names: Vec<&str> = scopes.iter().map(Permission::name).collect();
    Cell::Text(names.join(" "))
}

pub(super) fn rate(row: &mut Row) -> Result<Option<Rate>, StoreFault> {
    let mut number = |column: &str| match row.integer_or_none(column)? {
        Some(value) => {
            u32::try_from(value).ok().and_then(NonZeroU32::new).map(Some).ok_or_else(|| wrong(column))
        }
        None => Ok(None),
    };
    match (number("per_second")?, number("burst")?) {
        (Some(per_second), Some(burst)) => Ok(Some(Rate { per_second, burst })),
        (None, None) => Ok(None),
        _ => Err(wrong("burst")),
    }
}

pub(super) fn rate_cells(rate: Option<Rate>) -> [Cell; 2] {
    let number = |number: NonZeroU32| Cell::Integer(number.get().into());
    rate.map_or([Cell::Null, Cell::Null], |rate| [number(rate.per_second), number(rate.burst)])
}
