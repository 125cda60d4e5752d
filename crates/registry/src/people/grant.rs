use fiscal::OutletId;
use ledger::Statements;

use super::{NewPerson, PeopleFault, Person, person};
use crate::{
    Maker, MerchantId, Permission, Reach, RegistryFault, Role, merchants, places,
    rows::{count, text},
};

/// Where somebody stands, and as what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post<'a> {
    pub(super) merchant: Option<&'a MerchantId>,
    pub(super) outlet: Option<OutletId>,
    pub(super) role: Role,
}

impl<'a> From<&'a Person> for Post<'a> {
    fn from(person: &'a Person) -> Self {
        Self { merchant: person.merchant.as_ref(), outlet: person.outlet, role: person.role }
    }
}

impl Post<'_> {
    /// An auditor may be the platform's own, who reads what all merchants have.
    fn is_one(self) -> bool {
        match self.merchant {
            Some(_) => !self.role.is_of_platform(),
            None => matches!(self.role, Role::Operator | Role::Auditor) && self.outlet.is_none(),
        }
    }
}

/// Whether there is such a post, and whether somebody may put others there and take them away.
pub(super) fn allows(maker: &Maker, post: Post<'_>) -> Result<(), RegistryFault> {
    match (&maker.reach, post.merchant) {
        (Reach::Platform, _) => {}
        (_, None) => return Err(RegistryFault::PlatformOnly),
        (Reach::Merchant(own) | Reach::Outlet(own, _), Some(merchant)) if own != merchant => {
            return Err(RegistryFault::NotFound("merchant"));
        }
        (Reach::Merchant(_), _) => {}
        (Reach::Outlet(_, own), _) => match post.outlet {
            None => return Err(RegistryFault::WholeMerchant),
            Some(outlet) if outlet != *own => return Err(RegistryFault::NotFound("outlet")),
            Some(_) => {}
        },
    }
    if !post.is_one() {
        return Err(RegistryFault::RoleElsewhere);
    }
    if post.role == Role::Owner && post.outlet.is_some() {
        return Err(PeopleFault::OwnerOfOutlet.into());
    }
    let may = maker.permissions.has(Permission::WriteUsers)
        && maker.may_hand_out(post.role.may(), &person::reach(post.merchant, post.outlet));
    if may { Ok(()) } else { Err(RegistryFault::BeyondMaker) }
}

/// Whether one more may sign in.
pub(super) fn has_room(
    statements: &mut dyn Statements,
    merchant: Option<&MerchantId>,
) -> Result<(), RegistryFault> {
    let found = match merchant {
        Some(merchant) => statements.query(
            "SELECT count(*) FROM people WHERE merchant = $1 AND stopped IS NULL",
            &[text(merchant.as_str())],
        )?,
        None => {
            statements.query("SELECT count(*) FROM people WHERE merchant IS NULL AND stopped IS NULL", &[])?
        }
    };
    if count(found)? < NewPerson::MOST { Ok(()) } else { Err(PeopleFault::TooMany(NewPerson::MOST).into()) }
}

/// The merchant is there and runs, and the outlet is his.
pub(super) fn is_open(statements: &mut dyn Statements, post: Post<'_>) -> Result<(), RegistryFault> {
    let Some(merchant) = post.merchant else { return Ok(()) };
    merchants::find_running(statements, merchant)?;
    if let Some(outlet) = post.outlet {
        let place = places::find_within(statements, &Reach::Merchant(merchant.clone()), outlet)?;
        if place.stopped.is_some() {
            return Err(RegistryFault::OutletStopped);
        }
    }
    Ok(())
}
