use fiscal::{OutletId, Timestamp};
use ledger::{Statements, StoreFault};

use super::Email;
use crate::{
    Label, MerchantId, Reach, Registry, RegistryFault, Role, UserId,
    rows::{self, Row, first, limit, text},
};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: UserId,
    /// With which he signs in: no other person of the merchant, or of the platform, has it.
    pub email: Email,
    /// What people call him.
    pub name: Label,
    /// Whose person he is; none is the platform's.
    pub merchant: Option<MerchantId>,
    /// The only outlet that he reaches, if it is one.
    pub outlet: Option<OutletId>,
    /// What he is there.
    pub role: Role,
    /// Since when he is here.
    pub created: Timestamp,
    /// Since when he may not sign in.
    pub stopped: Option<Timestamp>,
    /// Whether he has chosen a password since he was last invited.
    pub has_accepted: bool,
    /// Whether he signs in with a code, too.
    pub has_second_factor: bool,
}

/// In the order of [`read`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, merchant, outlet, role, created, stopped, ",
            "CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), totp_step FROM people ",
            $rest
        )
    };
}

impl Registry<'_> {
    /// The people within reach in the order of their ids, those after one, at most so many. Those of the platform are
    /// within the platform's reach only.
    pub fn people(
        &mut self,
        reach: &Reach,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<Person>, RegistryFault> {
        let (after, most) = (text(after.map_or("", UserId::as_str)), limit(most));
        self.look(|statements| {
            let found = match reach {
                Reach::Platform => statements
                    .query(select!("WHERE id > $1 ORDER BY id LIMIT $2"), &[after.clone(), most.clone()])?,
                Reach::Merchant(own) => statements.query(
                    select!("WHERE merchant = $1 AND id > $2 ORDER BY id LIMIT $3"),
                    &[text(own.as_str()), after.clone(), most.clone()],
                )?,
                Reach::Outlet(own, only) => statements.query(
                    select!("WHERE merchant = $1 AND outlet = $2 AND id > $3 ORDER BY id LIMIT $4"),
                    &[text(own.as_str()), text(only.as_str()), after.clone(), most.clone()],
                )?,
            };
            Ok(rows::all(found, read)?)
        })
    }

    /// A person within reach.
    pub fn person(&mut self, reach: &Reach, id: &UserId) -> Result<Person, RegistryFault> {
        self.look(|statements| find_within(statements, reach, id))
    }
}

pub(super) fn find(statements: &mut dyn Statements, id: &UserId) -> Result<Option<Person>, StoreFault> {
    first(statements.query(select!("WHERE id = $1"), &[text(id.as_str())])?).map(read).transpose()
}

pub(super) fn find_within(
    statements: &mut dyn Statements,
    reach: &Reach,
    id: &UserId,
) -> Result<Person, RegistryFault> {
    find(statements, id)?.filter(|person| person.is_within(reach)).ok_or(RegistryFault::NotFound("person"))
}

impl Person {
    /// Whose things he reaches.
    pub fn reach(&self) -> Reach {
        reach(self.merchant.as_ref(), self.outlet)
    }

    fn is_within(&self, reach: &Reach) -> bool {
        match (reach, &self.merchant) {
            (Reach::Platform, _) => true,
            (Reach::Merchant(own), Some(merchant)) => own == merchant,
            (Reach::Outlet(own, only), Some(merchant)) => own == merchant && self.outlet == Some(*only),
            (_, None) => false,
        }
    }

    /// Under what his acts and those about him are found.
    pub(super) fn whose(&self) -> (Option<&MerchantId>, Option<OutletId>) {
        (self.merchant.as_ref(), self.outlet)
    }
}

/// Of a person of a merchant, or of none, with one outlet, or all.
pub(super) fn reach(merchant: Option<&MerchantId>, outlet: Option<OutletId>) -> Reach {
    match (merchant, outlet) {
        (Some(merchant), Some(outlet)) => Reach::Outlet(merchant.clone(), outlet),
        (Some(merchant), None) => Reach::Merchant(merchant.clone()),
        (None, _) => Reach::Platform,
    }
}

fn read(mut row: Row) -> Result<Person, StoreFault> {
    Ok(Person {
        id: row.text("people.id")?,
        email: row.text("people.email")?,
        name: row.text("people.name")?,
        merchant: row.text_or_none("people.merchant")?,
        outlet: row.text_or_none("people.outlet")?,
        role: row.text("people.role")?,
        created: row.time("people.created")?,
        stopped: row.time_or_none("people.stopped")?,
        has_accepted: row.integer("people.password")? != 0,
        has_second_factor: row.integer_or_none("people.totp_step")?.is_some(),
    })
}
