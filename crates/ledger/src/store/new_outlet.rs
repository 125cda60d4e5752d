//! A new outlet as a part of a larger change.

use fiscal::{DeviceId, Epoch, HeadState};

use super::{Cell, Statements, StoreFault, columns::integer};
use crate::Outlet;

/// Keeps a new outlet with the head of epoch 0, in which `signer` seals; the rows are those of
/// [`super::LedgerStore::create_outlet`], and stand when the whole change does. False when its id or its prefix is
/// taken: nothing was kept then.
pub fn insert_outlet(
    statements: &mut dyn Statements,
    outlet: &Outlet,
    signer: DeviceId,
) -> Result<bool, StoreFault> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let inserted = statements.execute(
        "INSERT INTO outlets (id, nif, prefix, zone_minutes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        &[
            text(outlet.id.as_str()),
            text(outlet.nif.as_str()),
            text(outlet.prefix.as_str()),
            Cell::Integer(outlet.zone.minutes().into()),
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    let start = HeadState::START;
    statements.execute(
        "INSERT INTO heads (outlet, epoch, signer, hash, time, totals, generation) \
         VALUES ($1, $2, $3, $4, $5, $6, 0)",
        &[
            text(outlet.id.as_str()),
            Cell::Integer(Epoch(0).0.into()),
            text(signer.as_str()),
            Cell::Bytes(start.hash.0.to_vec()),
            Cell::Integer(integer(start.time.unix())),
            Cell::Bytes(Vec::new()),
        ],
    )?;
    Ok(true)
}
