use fiscal::Timestamp;
use ledger::Statements;

use super::{permissions, row};
use crate::{
    KeyHash, Principal, RegistryFault, Who,
    rows::{first, text, time},
};

/// A key's merchant and outlet have to be there and running; a key of the platform has neither.
pub(super) fn principal(
    statements: &mut dyn Statements,
    hash: &KeyHash,
    now: Timestamp,
) -> Result<Option<Principal>, RegistryFault> {
    let found = statements.query(
        "SELECT k.id, k.merchant, k.outlet, k.role, k.scopes, k.per_second, k.burst, k.expires FROM api_keys k \
         LEFT JOIN merchants m ON m.id = k.merchant \
         LEFT JOIN places p ON p.outlet = k.outlet AND p.merchant = k.merchant \
         WHERE k.hash = $1 AND k.revoked IS NULL AND (k.expires IS NULL OR k.expires > $2) \
         AND (k.merchant IS NULL OR (m.id IS NOT NULL AND m.stopped IS NULL)) \
         AND (k.outlet IS NULL OR (p.outlet IS NOT NULL AND p.stopped IS NULL))",
        &[text(&hash.to_hex()), time(now)],
    )?;
    let Some(mut found) = first(found) else { return Ok(None) };
    let who = Who::Key(found.text("id")?);
    let reach = row::reach(&mut found)?;
    let role = found.text("role")?;
    let permissions = permissions(role, row::scopes(&mut found)?);
    let (rate, until) = (row::rate(&mut found)?, found.time_or_none("expires")?);
    Ok(Some(Principal { who, role, permissions, reach, rate, until }))
}
