use fiscal::{OutletId, Timestamp};
use ledger::{By, Cell, Statements};

use super::{
    KeyRecord, permissions,
    row::{rate_cells, scopes_cell},
};
use crate::{
    ApiKey, ApiKeyId, Label, Maker, MerchantId, Permissions, Random, Rate, Reach, Registry, RegistryFault,
    Role,
    acts::Asked,
    merchants::{self, only_platform},
    places,
    rows::{count, text, text_or_null, time, time_or_null},
};

/// What a new key is good for.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What people call it.
    pub name: Label,
    /// Whose things.
    pub reach: Reach,
    /// Its role.
    pub role: Role,
    /// What it may do of its role; all of it if none are chosen.
    pub scopes: Option<Permissions>,
    /// How often it may ask; the platform alone chooses.
    pub rate: Option<Rate>,
    /// From which second on it is refused.
    pub expires: Option<Timestamp>,
}

impl NewKey {
    /// The most keys that a merchant has, or the platform for itself, of those that are neither revoked nor expired.
    pub const MOST: usize = 1_000;
}

impl Registry<'_> {
    /// Makes a key, and gives its secret this once. It permits nothing that its maker may not hand out
    /// ([`Maker::may_hand_out`]).
    pub fn create_key(
        &mut self,
        maker: &Maker,
        new: &NewKey,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(ApiKey, KeyRecord), RegistryFault> {
        check(maker, new, now)?;
        let (mut secret, mut id) = ([0; 32], [0; 20]);
        random(&mut secret);
        random(&mut id);
        let (secret, id) = (ApiKey::new(secret), ApiKeyId::new(id));
        let record = self.change(|statements| {
            if let Some(merchant) = new.reach.merchant() {
                merchants::find_running(statements, merchant)?;
            }
            if let Some(outlet) = new.reach.outlet() {
                running_outlet(statements, &new.reach, outlet)?;
            }
            if live(statements, new.reach.merchant(), now)? >= NewKey::MOST {
                return Err(RegistryFault::TooManyKeys(NewKey::MOST));
            }
            let record = record(&id, new, by, now);
            insert(statements, &secret, &record)?;
            let whose = (new.reach.merchant(), new.reach.outlet());
            Asked { by, now }.note(statements, "key.create", whose, id.as_str())?;
            Ok(record)
        })?;
        Ok((secret, record))
    }
}

/// What can be said without looking at what is there.
fn check(maker: &Maker, new: &NewKey, now: Timestamp) -> Result<(), RegistryFault> {
    // What somebody does not reach is not there for him; of the platform all know.
    match &new.reach {
        Reach::Platform => only_platform(&maker.reach)?,
        Reach::Merchant(merchant) => merchants::whole(&maker.reach, merchant)?,
        Reach::Outlet(merchant, outlet) if maker.reach.covers(merchant, *outlet) => {}
        Reach::Outlet(merchant, _) => {
            merchants::within(&maker.reach, merchant)?;
            return Err(RegistryFault::WholeMerchant);
        }
    }
    // An auditor may be the platform's own, who reads what all merchants have.
    let is_in_place = match new.reach {
        Reach::Platform => matches!(new.role, Role::Operator | Role::Auditor),
        Reach::Merchant(_) | Reach::Outlet(..) => !new.role.is_of_platform(),
    };
    if !is_in_place {
        return Err(RegistryFault::RoleElsewhere);
    }
    if new.scopes.is_some_and(|scopes| scopes == Permissions::default() || !scopes.are_within(new.role.may()))
    {
        return Err(RegistryFault::ScopeBeyondRole);
    }
    if !maker.may_hand_out(permissions(new.role, new.scopes), &new.reach) {
        return Err(RegistryFault::BeyondMaker);
    }
    if new.rate.is_some() {
        only_platform(&maker.reach)?;
    }
    if new.expires.is_some_and(|expires| expires <= now) {
        return Err(RegistryFault::Expired);
    }
    Ok(())
}

fn running_outlet(
    statements: &mut dyn Statements,
    reach: &Reach,
    outlet: OutletId,
) -> Result<(), RegistryFault> {
    let place = places::find_within(statements, reach, outlet)?;
    if place.stopped.is_some() { Err(RegistryFault::OutletStopped) } else { Ok(()) }
}

/// How many keys a merchant has that could be used, or the platform for itself.
fn live(
    statements: &mut dyn Statements,
    merchant: Option<&MerchantId>,
    now: Timestamp,
) -> Result<usize, RegistryFault> {
    let found = match merchant {
        Some(merchant) => statements.query(
            "SELECT count(*) FROM api_keys WHERE merchant = $1 AND revoked IS NULL \
             AND (expires IS NULL OR expires > $2)",
            &[text(merchant.as_str()), time(now)],
        )?,
        None => statements.query(
            "SELECT count(*) FROM api_keys WHERE merchant IS NULL AND revoked IS NULL \
             AND (expires IS NULL OR expires > $1)",
            &[time(now)],
        )?,
    };
    Ok(count(found)?)
}

fn record(id: &ApiKeyId, new: &NewKey, by: &By, now: Timestamp) -> KeyRecord {
    KeyRecord {
        id: id.clone(),
        name: new.name.clone(),
        reach: new.reach.clone(),
        role: new.role,
        scopes: new.scopes,
        rate: new.rate,
        created: now,
        created_by: by.actor.as_str().to_owned(),
        expires: new.expires,
        revoked: None,
    }
}

fn insert(statements: &mut dyn Statements, secret: &ApiKey, key: &KeyRecord) -> Result<(), RegistryFault> {
    let [per_second, burst] = rate_cells(key.rate);
    let outlet = key.reach.outlet();
    let values: [Cell; 12] = [
        text(&secret.hash().to_hex()),
        text(key.id.as_str()),
        text(key.name.as_str()),
        text_or_null(key.reach.merchant().map(MerchantId::as_str)),
        text_or_null(outlet.as_ref().map(OutletId::as_str)),
        text(key.role.name()),
        scopes_cell(key.scopes),
        per_second,
        burst,
        time(key.created),
        text(&key.created_by),
        time_or_null(key.expires),
    ];
    statements.execute(
        "INSERT INTO api_keys (hash, id, name, merchant, outlet, role, scopes, per_second, burst, created, \
         created_by, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &values,
    )?;
    Ok(())
}
