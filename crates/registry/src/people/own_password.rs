use fiscal::Timestamp;
use ledger::By;

use super::{Cost, Password, SignInFault, keys::Keys, session, sign_in, tries};
use crate::{Random, Registry, RegistryFault, SessionId, acts::Asked, rows::text};

/// Somebody's own old password, and the one that he wants.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The one that he has.
    pub old: &'a Password,
    /// The one that he wants.
    pub new: &'a Password,
}

impl Registry<'_> {
    /// Changes the password of who has this session; his other sessions end. A wrong old one counts as a failure to sign
    /// in, so that nobody who finds a screen open guesses at it.
    pub fn change_password(
        &mut self,
        session: &SessionId,
        change: PasswordChange<'_>,
        cost: Cost,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(), SignInFault> {
        let looked = self.look(|statements| {
            let person = session::holder(statements, session, now)?;
            let name = tries::name(person.merchant.as_ref(), person.email.as_str());
            Ok((tries::of(statements, &name)?.wait(now), name, Keys::of_person(statements, &person.id)?))
        });
        let (wait, name, keys) = looked?;
        if let Some(retry_after) = wait {
            return Err(SignInFault::TooMany { retry_after });
        }
        change.new.is_good_for(&keys.person.email).map_err(RegistryFault::from)?;
        let is_right = change.old.matches(keys.password.as_ref(), cost).map_err(RegistryFault::from)?;
        let mut salt = [0; 16];
        random(&mut salt);
        let kept = if is_right {
            Some(change.new.hash(cost, salt).map_err(RegistryFault::from)?.to_phc())
        } else {
            None
        };
        let outcome = self.change(|statements| {
            let person = session::holder(statements, session, now)?;
            if let Some(retry_after) = tries::of(statements, &name)?.wait(now) {
                return Ok(Err(SignInFault::TooMany { retry_after }));
            }
            let is_same = Keys::of_person(statements, &person.id)?.password == keys.password;
            let Some(kept) = kept.as_ref().filter(|_| is_same) else {
                tries::add(statements, &name, now)?;
                sign_in::refuse(statements, Some(&person), &by.request, now)?;
                return Ok(Err(SignInFault::Wrong));
            };
            let values = [text(kept), text(person.id.as_str())];
            statements.execute("UPDATE people SET password = $1 WHERE id = $2", &values)?;
            session::end_others(statements, &person.id, session)?;
            tries::clear(statements, &name)?;
            Asked { by, now }.note(statements, "user.password", person.whose(), person.id.as_str())?;
            Ok(Ok(()))
        });
        outcome?
    }
}
