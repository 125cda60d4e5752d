use fiscal::{OutletId, Timestamp};
use ledger::{By, Statements};

use super::{
    PeopleFault, Person,
    grant::{self, Post},
    invite,
    person::find_within,
    session,
};
use crate::{
    Label, Maker, MerchantId, Registry, RegistryFault, Role, UserId,
    acts::Asked,
    rows::{first, text, text_or_null, time_or_null},
};

/// What is to be different; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// What people call him.
    pub name: Option<Label>,
    /// What he is.
    pub role: Option<Role>,
    /// The only outlet that he reaches, or all of the merchant's.
    pub outlet: Option<Option<OutletId>>,
    /// Whether he may not sign in.
    pub stopped: Option<bool>,
}

impl Registry<'_> {
    /// Changes a person. Who does so may give both what the person was and what he becomes.
    pub fn change_person(
        &mut self,
        maker: &Maker,
        id: &UserId,
        change: &PersonChange,
        by: &By,
        now: Timestamp,
    ) -> Result<Person, RegistryFault> {
        self.change(|statements| {
            let before = find_within(statements, &maker.reach, id)?;
            grant::allows(maker, Post::from(&before))?;
            let before = match change.stopped {
                Some(stopped) => set_stopped(statements, before, stopped, Asked { by, now })?,
                None => before,
            };
            let after = change.of(before.clone());
            if after == before {
                return Ok(after);
            }
            let post = Post::from(&after);
            grant::allows(maker, post)?;
            if (after.role, after.outlet) != (before.role, before.outlet) {
                grant::is_open(statements, post)?;
            }
            if after.role != before.role {
                refuse_last(statements, &before)?;
            }
            statements.execute(
                "UPDATE people SET name = $1, role = $2, outlet = $3 WHERE id = $4",
                &[
                    text(after.name.as_str()),
                    text(after.role.name()),
                    text_or_null(after.outlet.as_ref().map(OutletId::as_str)),
                    text(id.as_str()),
                ],
            )?;
            Asked { by, now }.note(statements, "user.change", after.whose(), id.as_str())?;
            Ok(after)
        })
    }

    /// Signs a person out and in no more; an invitation is good no more. A second time changes nothing.
    pub fn stop_person(
        &mut self,
        maker: &Maker,
        id: &UserId,
        by: &By,
        now: Timestamp,
    ) -> Result<Person, RegistryFault> {
        self.set_person_stopped(maker, id, true, Asked { by, now })
    }

    /// Lets a person sign in again; who never accepted his invitation needs another. A second time changes nothing.
    pub fn resume_person(
        &mut self,
        maker: &Maker,
        id: &UserId,
        by: &By,
        now: Timestamp,
    ) -> Result<Person, RegistryFault> {
        self.set_person_stopped(maker, id, false, Asked { by, now })
    }

    fn set_person_stopped(
        &mut self,
        maker: &Maker,
        id: &UserId,
        stopped: bool,
        asked: Asked<'_>,
    ) -> Result<Person, RegistryFault> {
        self.change(|statements| {
            let person = find_within(statements, &maker.reach, id)?;
            grant::allows(maker, Post::from(&person))?;
            set_stopped(statements, person, stopped, asked)
        })
    }
}

fn set_stopped(
    statements: &mut dyn Statements,
    person: Person,
    stopped: bool,
    asked: Asked<'_>,
) -> Result<Person, RegistryFault> {
    if person.stopped.is_some() == stopped {
        return Ok(person);
    }
    if stopped {
        refuse_last(statements, &person)?;
        session::end_all(statements, &person.id)?;
        invite::close(statements, &person.id)?;
    } else {
        grant::has_room(statements, person.merchant.as_ref())?;
    }
    let since = stopped.then_some(asked.now);
    statements.execute(
        "UPDATE people SET stopped = $1 WHERE id = $2",
        &[time_or_null(since), text(person.id.as_str())],
    )?;
    let action = if stopped { "user.stop" } else { "user.resume" };
    asked.note(statements, action, person.whose(), person.id.as_str())?;
    Ok(Person { stopped: since, ..person })
}

impl PersonChange {
    fn of(&self, person: Person) -> Person {
        Person {
            name: self.name.clone().unwrap_or_else(|| person.name.clone()),
            role: self.role.unwrap_or(person.role),
            outlet: self.outlet.unwrap_or(person.outlet),
            ..person
        }
    }
}

/// A merchant always has an owner who can sign in, and the platform an operator. Changes of all processes come one after
/// the other ([`ledger::LedgerStore::change`]), so that two owners cannot stop each other.
pub(super) fn refuse_last(statements: &mut dyn Statements, person: &Person) -> Result<(), RegistryFault> {
    if !matches!(person.role, Role::Owner | Role::Operator) || person.stopped.is_some() {
        return Ok(());
    }
    // Somebody who was only invited may never come.
    let others = statements.query(
        "SELECT id FROM people WHERE COALESCE(merchant, '') = $1 AND role = $2 AND id <> $3 \
         AND stopped IS NULL AND password IS NOT NULL LIMIT 1",
        &[
            text(person.merchant.as_ref().map_or("", MerchantId::as_str)),
            text(person.role.name()),
            text(person.id.as_str()),
        ],
    )?;
    if first(others).is_some() { Ok(()) } else { Err(PeopleFault::LastOwner.into()) }
}
