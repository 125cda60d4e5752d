use fiscal::Timestamp;
use ledger::{ActName, By, Statements};

use super::{
    Cost, Email, Password, Person, SignInFault, TotpCode, Vault,
    keys::{Keys, Proof},
    session, tries,
};
use crate::{
    MerchantId, Random, Registry, RegistryFault, SessionId, SessionToken, UserId,
    acts::Asked,
    rows::{text, wrong},
};

/// What somebody says who he is, and how he shows it.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// Whose person he is; none is the platform's.
    pub merchant: Option<&'a MerchantId>,
    /// His e-mail address, as he typed it.
    pub email: &'a str,
    /// His password.
    pub password: &'a Password,
    /// What his app shows, if he has one.
    pub code: Option<&'a TotpCode>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// He.
    pub person: UserId,
    /// His session.
    pub session: SessionId,
    /// What he shows from now on; it is shown once.
    pub token: SessionToken,
    /// Until when: twelve hours.
    pub expires: Timestamp,
    /// Whether his role needs a second factor that he has not got. He may nothing else before he makes one.
    pub needs_enrolment: bool,
}

impl Registry<'_> {
    /// Signs somebody in. After five failures in a row each try waits, for 30 seconds and then twice as long each time,
    /// up to a quarter of an hour. Tries that overtook each other count as if they had come one by one.
    pub fn sign_in(
        &mut self,
        asked: &SignIn<'_>,
        vault: &Vault,
        cost: Cost,
        request: &ActName,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<SignedIn, SignInFault> {
        let name = tries::name(asked.merchant, asked.email);
        let keys = self.look(|statements| {
            let tries = tries::of(statements, &name)?;
            Ok((tries.wait(now), keys_of(statements, asked)?))
        });
        let keys = match keys? {
            (Some(retry_after), _) => return Err(SignInFault::TooMany { retry_after }),
            (None, keys) => keys,
        };
        // What takes long is done outside of any transaction, and for nobody, too.
        let hash = keys.as_ref().and_then(|keys| keys.password.as_ref());
        let is_right = asked.password.matches(hash, cost).map_err(RegistryFault::from)?;
        let proof = match &keys {
            Some(keys) if is_right => keys.proof(asked.code, vault, now)?,
            _ => None,
        };
        let fresh = new_session(random);
        let outcome = self.change(|statements| {
            if let Some(retry_after) = tries::of(statements, &name)?.wait(now) {
                return Ok(Err(SignInFault::TooMany { retry_after }));
            }
            // Whatever changed since it was looked at may have changed because of somebody else.
            let is_same = keys_of(statements, asked)? == keys;
            match (&keys, &proof) {
                (Some(keys), Some(proof)) if is_same => {
                    let signed_in = admit(statements, keys, *proof, &fresh, (request, now))?;
                    tries::clear(statements, &name)?;
                    Ok(Ok(signed_in))
                }
                _ => {
                    tries::add(statements, &name, now)?;
                    refuse(statements, keys.as_ref().map(|keys| &keys.person), request, now)?;
                    Ok(Err(SignInFault::Wrong))
                }
            }
        });
        outcome?
    }
}

/// Of somebody who may sign in, if he is known.
fn keys_of(statements: &mut dyn Statements, asked: &SignIn<'_>) -> Result<Option<Keys>, RegistryFault> {
    let Ok(email) = asked.email.parse::<Email>() else { return Ok(None) };
    Ok(Keys::of_email(statements, asked.merchant, &email)?)
}

fn new_session(random: Random<'_>) -> (SessionId, SessionToken) {
    let (mut id, mut token) = ([0; 20], [0; 32]);
    random(&mut id);
    random(&mut token);
    (SessionId::new(id), SessionToken::new(token))
}

fn admit(
    statements: &mut dyn Statements,
    keys: &Keys,
    proof: Proof,
    (id, token): &(SessionId, SessionToken),
    (request, now): (&ActName, Timestamp),
) -> Result<SignedIn, RegistryFault> {
    let person = &keys.person;
    if let Proof::Code(step) = proof {
        // A code is good once, and none before it afterwards.
        statements.execute(
            "UPDATE people SET totp_step = $1 WHERE id = $2",
            &[ledger::Cell::Integer(step), text(person.id.as_str())],
        )?;
    }
    let by = session::own(&person.id, request)?;
    let expires = session::open(statements, person, (id, token), Asked { by: &by, now })?;
    Ok(SignedIn {
        person: person.id.clone(),
        session: id.clone(),
        token: token.clone(),
        expires,
        needs_enrolment: person.role.needs_second_factor(&person.reach()) && !person.has_second_factor,
    })
}

/// Notes a failure to sign in as somebody who is known. Who it was is not.
pub(super) fn refuse(
    statements: &mut dyn Statements,
    person: Option<&Person>,
    request: &ActName,
    now: Timestamp,
) -> Result<(), RegistryFault> {
    let Some(person) = person else { return Ok(()) };
    let actor = "unknown".parse().map_err(|_| wrong("acts.actor"))?;
    let by = By { actor, tenant: None, request: request.clone() };
    Asked { by: &by, now }.note(statements, "session.refuse", person.whose(), person.id.as_str())
}
