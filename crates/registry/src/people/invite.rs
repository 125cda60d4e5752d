use fiscal::{OutletId, Timestamp};
use ledger::{ActName, By, Statements, StoreFault};

use super::{
    Cost, Email, Password, PeopleFault, Person, change,
    grant::{self, Post},
    person::{find, find_within},
    session, tries,
};
use crate::{
    Hand, InvitationToken, Label, Maker, Merchant, MerchantId, NewMerchant, Random, Reach, Registry,
    RegistryFault, Role, UserId,
    acts::Asked,
    merchants,
    rows::{Row, first, text, text_or_null, time},
};

/// Who is to be invited.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// With which he will sign in.
    pub email: Email,
    /// What people call him.
    pub name: Label,
    /// Whose person he is; none is the platform's.
    pub merchant: Option<MerchantId>,
    /// The only outlet that he is to reach, if it is one.
    pub outlet: Option<OutletId>,
    /// What he will be.
    pub role: Role,
}

impl NewPerson {
    /// The most people who may sign in that a merchant has, or the platform for itself.
    pub const MOST: usize = 1_000;
}

/// A merchant's first owner, who is to be invited.
#[derive(Clone, Debug)]
pub struct NewOwner {
    /// With which he will sign in.
    pub email: Email,
    /// What people call him.
    pub name: Label,
}

impl NewOwner {
    fn of(&self, merchant: &MerchantId) -> NewPerson {
        let Self { email, name } = self.clone();
        NewPerson { email, name, merchant: Some(merchant.clone()), outlet: None, role: Role::Owner }
    }
}

impl NewPerson {
    fn post(&self) -> Post<'_> {
        Post { merchant: self.merchant.as_ref(), outlet: self.outlet, role: self.role }
    }
}

/// Somebody who was invited, and what he needs to choose a password.
#[derive(Clone, Debug)]
pub struct Invited {
    /// He.
    pub person: Person,
    /// To be given to him; it is shown once.
    pub token: InvitationToken,
    /// Until when it is good.
    pub expires: Timestamp,
}

/// In seconds.
const VALID: u64 = 72 * 60 * 60;

impl Registry<'_> {
    /// Invites somebody. Nobody gives more than he may himself; only the platform invites its own people.
    pub fn invite(
        &mut self,
        maker: &Maker,
        new: &NewPerson,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Invited, RegistryFault> {
        grant::allows(maker, new.post())?;
        let fresh = Fresh::new(random);
        self.change(|statements| fresh.invite(statements, new, Asked { by, now }))
    }

    /// Makes a merchant together with his first owner, if one is named: both or none. Only the platform does.
    pub fn create_merchant_with_owner(
        &mut self,
        maker: &Maker,
        new: &NewMerchant,
        owner: Option<&NewOwner>,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(Merchant, Option<Invited>), RegistryFault> {
        merchants::only_platform(&maker.reach)?;
        let id = merchants::new_id(random);
        let owner = owner.map(|owner| owner.of(&id));
        if let Some(owner) = &owner {
            grant::allows(maker, owner.post())?;
        }
        let fresh = Fresh::new(random);
        self.change(|statements| {
            let merchant = merchants::insert(statements, &id, new, Asked { by, now })?;
            let invite = |owner| fresh.invite(statements, owner, Asked { by, now });
            Ok((merchant, owner.as_ref().map(invite).transpose()?))
        })
    }

    /// Invites somebody anew: his password, his second factor and his sessions are gone at once, and the invitation
    /// before is good no more. Nobody does so to himself, or whoever finds his screen open could keep all others out. Of an
    /// owner or an operator who has accepted, no API key does it, or whoever finds one could become him; of the last one
    /// only the platform does.
    pub fn reinvite(
        &mut self,
        maker: &Maker,
        id: &UserId,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Invited, RegistryFault> {
        if by.actor.as_str() == id.as_str() {
            return Err(PeopleFault::Oneself.into());
        }
        let token = new_token(random);
        self.change(|statements| {
            let person = find_within(statements, &maker.reach, id)?;
            grant::allows(maker, Post::from(&person))?;
            if person.stopped.is_some() {
                return Err(PeopleFault::Stopped.into());
            }
            if person.has_accepted && matches!(person.role, Role::Owner | Role::Operator) {
                if maker.hand == Hand::Key {
                    return Err(PeopleFault::PersonNeeded.into());
                }
                if maker.reach != Reach::Platform {
                    change::refuse_last(statements, &person)?;
                }
            }
            statements.execute(
                "UPDATE people SET password = NULL, totp = NULL, totp_step = NULL WHERE id = $1",
                &[text(id.as_str())],
            )?;
            session::end_all(statements, id)?;
            let expires = open(statements, id, &token, now)?;
            Asked { by, now }.note(statements, "user.reinvite", person.whose(), id.as_str())?;
            let person = Person { has_accepted: false, has_second_factor: false, ..person };
            Ok(Invited { person, token: token.clone(), expires })
        })
    }

    /// Chooses a password with an invitation, which is good for one.
    pub fn accept_invitation(
        &mut self,
        token: &InvitationToken,
        password: &Password,
        cost: Cost,
        request: &ActName,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Person, RegistryFault> {
        let hash = token.hash().to_hex();
        let person = self.look(|statements| invited(statements, &hash, now))?;
        password.is_good_for(&person.email)?;
        let mut salt = [0; 16];
        random(&mut salt);
        // Deriving takes long: nobody waits for it in a transaction.
        let kept = password.hash(cost, salt)?.to_phc();
        self.change(|statements| {
            let person = invited(statements, &hash, now)?;
            close(statements, &person.id)?;
            statements.execute(
                "UPDATE people SET password = $1 WHERE id = $2",
                &[text(&kept), text(person.id.as_str())],
            )?;
            tries::clear(statements, &tries::name(person.merchant.as_ref(), person.email.as_str()))?;
            let by = session::own(&person.id, request)?;
            Asked { by: &by, now }.note(statements, "user.accept", person.whose(), person.id.as_str())?;
            Ok(Person { has_accepted: true, ..person })
        })
    }
}

/// An id and an invitation that nobody has.
struct Fresh {
    id: UserId,
    token: InvitationToken,
}

impl Fresh {
    fn new(random: Random<'_>) -> Self {
        let mut bytes = [0; 20];
        random(&mut bytes);
        Self { id: UserId::new(bytes), token: new_token(random) }
    }

    fn invite(
        &self,
        statements: &mut dyn Statements,
        new: &NewPerson,
        asked: Asked<'_>,
    ) -> Result<Invited, RegistryFault> {
        let Self { id, token } = self;
        grant::is_open(statements, new.post())?;
        grant::has_room(statements, new.merchant.as_ref())?;
        if !insert(statements, id, new, asked.now)? {
            return Err(RegistryFault::Exists("e-mail address"));
        }
        let expires = open(statements, id, token, asked.now)?;
        let person = find(statements, id)?.ok_or(RegistryFault::NotFound("person"))?;
        asked.note(statements, "user.invite", person.whose(), id.as_str())?;
        Ok(Invited { person, token: token.clone(), expires })
    }
}

fn new_token(random: Random<'_>) -> InvitationToken {
    let mut bytes = [0; 32];
    random(&mut bytes);
    InvitationToken::new(bytes)
}

/// False when somebody has the e-mail address already.
fn insert(
    statements: &mut dyn Statements,
    id: &UserId,
    new: &NewPerson,
    now: Timestamp,
) -> Result<bool, StoreFault> {
    let inserted = statements.execute(
        "INSERT INTO people (id, merchant, outlet, email, name, role, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &[
            text(id.as_str()),
            text_or_null(new.merchant.as_ref().map(MerchantId::as_str)),
            text_or_null(new.outlet.as_ref().map(OutletId::as_str)),
            text(new.email.as_str()),
            text(new.name.as_str()),
            text(new.role.name()),
            time(now),
        ],
    )?;
    Ok(inserted == 1)
}

/// Makes an invitation good, in place of any before.
fn open(
    statements: &mut dyn Statements,
    person: &UserId,
    token: &InvitationToken,
    now: Timestamp,
) -> Result<Timestamp, StoreFault> {
    let expires = session::later(now, VALID);
    close(statements, person)?;
    statements.execute(
        "INSERT INTO invitations (person, hash, expires) VALUES ($1, $2, $3)",
        &[text(person.as_str()), text(&token.hash().to_hex()), time(expires)],
    )?;
    Ok(expires)
}

/// An invitation of this person is good no more.
pub(super) fn close(statements: &mut dyn Statements, person: &UserId) -> Result<(), StoreFault> {
    statements.execute("DELETE FROM invitations WHERE person = $1", &[text(person.as_str())]).map(|_| ())
}

/// Who was invited, if the invitation is still good.
fn invited(statements: &mut dyn Statements, hash: &str, now: Timestamp) -> Result<Person, RegistryFault> {
    let found = statements
        .query("SELECT person FROM invitations WHERE hash = $1 AND expires > $2", &[text(hash), time(now)])?;
    let id = first(found).map(|mut row: Row| row.text("invitations.person")).transpose()?;
    let id: UserId = id.ok_or(PeopleFault::InvitationOver)?;
    let person = find(statements, &id)?.filter(|person| person.stopped.is_none());
    Ok(person.ok_or(PeopleFault::InvitationOver)?)
}
