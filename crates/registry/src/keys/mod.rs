//! API keys: of each only the hash is kept, and what it is good for.

mod check;
mod create;
mod row;

use fiscal::Timestamp;
use ledger::By;

pub use self::create::NewKey;
use self::row::{columns, read};
use crate::{
    ApiKeyId, KeyHash, Label, Maker, Permissions, Principal, Rate, Reach, Registry, RegistryFault, Role,
    acts::Asked,
    rows::{self, first, limit, text, time},
};

/// What is known of a key: all but its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The id.
    pub id: ApiKeyId,
    /// What people call it, as the till that has it.
    pub name: Label,
    /// Whose things it is good for.
    pub reach: Reach,
    /// Its role.
    pub role: Role,
    /// What it may do of its role; all of it if nobody chose.
    pub scopes: Option<Permissions>,
    /// How often it may ask, unless it is as often as everybody.
    pub rate: Option<Rate>,
    /// When it was made.
    pub created: Timestamp,
    /// By whom, as the log of acts names him.
    pub created_by: String,
    /// From which second on it is refused.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

const NAME: &str = "API key";

impl KeyRecord {
    /// What it may do.
    pub const fn permissions(&self) -> Permissions {
        permissions(self.role, self.scopes)
    }
}

/// Of a role, what scopes leave.
const fn permissions(role: Role, scopes: Option<Permissions>) -> Permissions {
    match scopes {
        Some(scopes) => role.may().and(scopes),
        None => role.may(),
    }
}

impl Registry<'_> {
    /// Who asks with a key; none when it is unknown, revoked, expired, or its merchant or outlet is stopped.
    ///
    /// The hash is looked up like any id. How long that takes may tell how much of some hash was right, but nobody makes a
    /// text that has a hash of his choice, and a key has 256 random bits: what is learnt of its hash leads to no key.
    pub fn principal_of_key(
        &mut self,
        hash: &KeyHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, RegistryFault> {
        self.look(|statements| check::principal(statements, hash, now))
    }

    /// The keys within reach in the order of their ids, those after one, at most so many. Who reaches one outlet only sees
    /// none.
    pub fn keys(
        &mut self,
        reach: &Reach,
        after: Option<&ApiKeyId>,
        most: usize,
    ) -> Result<Vec<KeyRecord>, RegistryFault> {
        let after = text(after.map_or("", ApiKeyId::as_str));
        self.look(|statements| {
            let found = match reach {
                Reach::Outlet(..) => Vec::new(),
                Reach::Merchant(merchant) => statements.query(
                    concat!(
                        "SELECT ",
                        columns!(),
                        " FROM api_keys WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3"
                    ),
                    &[text(merchant.as_str()), after.clone(), limit(most)],
                )?,
                Reach::Platform => statements.query(
                    concat!("SELECT ", columns!(), " FROM api_keys WHERE id > $1 ORDER BY id LIMIT $2"),
                    &[after.clone(), limit(most)],
                )?,
            };
            Ok(rows::all(found, read)?)
        })
    }

    /// A key within reach.
    pub fn key(&mut self, reach: &Reach, id: &ApiKeyId) -> Result<KeyRecord, RegistryFault> {
        self.look(|statements| find_within(statements, reach, id))
    }

    /// Refuses a key from now on and for ever. A second time changes nothing. Nobody revokes what he could not hand out
    /// ([`Maker::may_hand_out`]), but a key that asks revokes itself.
    pub fn revoke_key(
        &mut self,
        maker: &Maker,
        id: &ApiKeyId,
        by: &By,
        now: Timestamp,
    ) -> Result<KeyRecord, RegistryFault> {
        self.change(|statements| {
            let key = if by.actor.as_str() == id.as_str() {
                find(statements, id)?
            } else {
                let key = find_within(statements, &maker.reach, id)?;
                if !maker.may_hand_out(key.permissions(), &key.reach) {
                    return Err(RegistryFault::BeyondMaker);
                }
                key
            };
            if key.revoked.is_some() {
                return Ok(key);
            }
            statements
                .execute("UPDATE api_keys SET revoked = $1 WHERE id = $2", &[time(now), text(id.as_str())])?;
            let whose = (key.reach.merchant(), key.reach.outlet());
            Asked { by, now }.note(statements, "key.revoke", whose, id.as_str())?;
            Ok(KeyRecord { revoked: Some(now), ..key })
        })
    }
}

fn find(statements: &mut dyn ledger::Statements, id: &ApiKeyId) -> Result<KeyRecord, RegistryFault> {
    let found = statements
        .query(concat!("SELECT ", columns!(), " FROM api_keys WHERE id = $1"), &[text(id.as_str())])?;
    first(found).map(read).transpose()?.ok_or(RegistryFault::NotFound(NAME))
}

fn find_within(
    statements: &mut dyn ledger::Statements,
    reach: &Reach,
    id: &ApiKeyId,
) -> Result<KeyRecord, RegistryFault> {
    let key = find(statements, id)?;
    let is_seen = match reach {
        Reach::Outlet(..) => false,
        Reach::Merchant(_) | Reach::Platform => key.reach.is_within(reach),
    };
    if is_seen { Ok(key) } else { Err(RegistryFault::NotFound(NAME)) }
}
