use fiscal::{DeviceId, Nif, OutletId, Prefix, Timestamp, UtcOffset};
use ledger::{By, Outlet, Statements, insert_outlet};

use super::{Place, prefix::prefixes};
use crate::{
    Label, MerchantId, Reach, Registry, RegistryFault,
    acts::Asked,
    merchants,
    rows::{count, first, text, text_or_null, time},
};

/// What a new outlet is made of. Its taxpayer's number is its merchant's.
#[derive(Clone, Debug)]
pub struct NewPlace {
    /// Its id, which payloads name; no other outlet here has it.
    pub id: OutletId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: Label,
    /// Where it is.
    pub address: Option<Label>,
    /// What its fiscal numbers begin with; one like its id if nobody chose. Only the platform chooses.
    pub prefix: Option<Prefix>,
    /// Its zone.
    pub zone: UtcOffset,
}

impl NewPlace {
    /// The most outlets that a merchant has, those that are stopped among them: their prefixes are of the whole country.
    pub const MOST: usize = 1_000;
}

impl Registry<'_> {
    /// Makes an outlet, here and in the ledger, whose records `signer` will seal.
    ///
    /// An outlet that is in the ledger and nobody's, from before there were merchants, becomes the merchant's when the
    /// platform names it as it is there.
    pub fn create_place(
        &mut self,
        reach: &Reach,
        new: &NewPlace,
        signer: DeviceId,
        by: &By,
        now: Timestamp,
    ) -> Result<Place, RegistryFault> {
        merchants::whole(reach, &new.merchant)?;
        if new.prefix.is_some() {
            // It is unique in the whole country.
            merchants::only_platform(reach)?;
        }
        self.change(|statements| {
            let merchant = merchants::find_running(statements, &new.merchant)?;
            has_room(statements, &new.merchant)?;
            let outlet = |prefix| Outlet { id: new.id, nif: merchant.nif, prefix, zone: new.zone };
            let adopted = match reach {
                Reach::Platform => nobodys(statements, new, merchant.nif)?,
                Reach::Merchant(_) | Reach::Outlet(..) => None,
            };
            let outlet = match adopted {
                Some(outlet) => outlet,
                None => insert(statements, new, signer, outlet)?,
            };
            statements.execute(
                "INSERT INTO places (outlet, merchant, name, address, created) VALUES ($1, $2, $3, $4, $5)",
                &[
                    text(new.id.as_str()),
                    text(new.merchant.as_str()),
                    text(new.name.as_str()),
                    text_or_null(new.address.as_ref().map(Label::as_str)),
                    time(now),
                ],
            )?;
            let whose = (Some(&new.merchant), Some(new.id));
            Asked { by, now }.note(statements, "outlet.create", whose, new.id.as_str())?;
            Ok(Place {
                outlet,
                merchant: new.merchant.clone(),
                name: new.name.clone(),
                address: new.address.clone(),
                created: now,
                stopped: None,
            })
        })
    }
}

fn has_room(statements: &mut dyn Statements, merchant: &MerchantId) -> Result<(), RegistryFault> {
    let found =
        statements.query("SELECT count(*) FROM places WHERE merchant = $1", &[text(merchant.as_str())])?;
    if count(found)? < NewPlace::MOST { Ok(()) } else { Err(RegistryFault::TooManyOutlets(NewPlace::MOST)) }
}

/// The outlet that the ledger has under this id, if it is nobody's yet and is what is asked for.
fn nobodys(
    statements: &mut dyn Statements,
    new: &NewPlace,
    nif: Nif,
) -> Result<Option<Outlet>, RegistryFault> {
    let found = statements.query(
        "SELECT nif, prefix, zone_minutes FROM outlets \
         WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM places WHERE outlet = outlets.id)",
        &[text(new.id.as_str())],
    )?;
    let Some(mut row) = first(found) else { return Ok(None) };
    let (of, prefix): (Nif, Prefix) = (row.text("nif")?, row.text("prefix")?);
    let is_it = of == nif
        && new.prefix.is_none_or(|wanted| wanted == prefix)
        && row.integer("zone_minutes")? == i64::from(new.zone.minutes());
    Ok(is_it.then_some(Outlet { id: new.id, nif, prefix, zone: new.zone }))
}

/// Keeps it in the ledger under its prefix, or under the first free one of those that are tried.
fn insert(
    statements: &mut dyn Statements,
    new: &NewPlace,
    signer: DeviceId,
    outlet: impl Fn(Prefix) -> Outlet,
) -> Result<Outlet, RegistryFault> {
    let taken = statements.query("SELECT id FROM outlets WHERE id = $1", &[text(new.id.as_str())])?;
    if !taken.is_empty() {
        return Err(RegistryFault::Exists("outlet id"));
    }
    let chosen = new.prefix.map(&outlet);
    if let Some(outlet) = chosen {
        let is_free = insert_outlet(statements, &outlet, signer)?;
        return if is_free { Ok(outlet) } else { Err(RegistryFault::Exists("prefix")) };
    }
    for outlet in prefixes(new.id, &new.merchant).map(outlet) {
        if insert_outlet(statements, &outlet, signer)? {
            return Ok(outlet);
        }
    }
    Err(RegistryFault::NoPrefix)
}
