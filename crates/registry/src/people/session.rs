use fiscal::{OutletId, Timestamp};
use ledger::{ActName, By, Statements, StoreFault};

use super::{Person, person::find, tries};
use crate::{
    KeyHash, MerchantId, Permissions, Principal, Registry, RegistryFault, Role, SessionId, SessionToken,
    UserId, Who,
    acts::Asked,
    rows::{Row, first, text, time, wrong},
};

/// In seconds.
const LASTS: u64 = 12 * 60 * 60;

impl Registry<'_> {
    /// Who asks with a session's token; none when there is no such session, it is over, or who had it, his merchant or
    /// his outlet was stopped. His role is the one that he has now. Who needs a second factor and has none may nothing
    /// but make himself one.
    pub fn principal_of_session(
        &mut self,
        token: &KeyHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, RegistryFault> {
        self.look(|statements| {
            let found = statements.query(
                "SELECT s.id, p.id, p.merchant, p.outlet, p.role, p.totp_step, s.expires FROM sessions s \
                 JOIN people p ON p.id = s.person \
                 LEFT JOIN merchants m ON m.id = p.merchant \
                 LEFT JOIN places o ON o.outlet = p.outlet AND o.merchant = p.merchant \
                 WHERE s.hash = $1 AND s.expires > $2 AND p.stopped IS NULL \
                 AND (p.merchant IS NULL OR (m.id IS NOT NULL AND m.stopped IS NULL)) \
                 AND (p.outlet IS NULL OR (o.outlet IS NOT NULL AND o.stopped IS NULL))",
                &[text(&token.to_hex()), time(now)],
            )?;
            Ok(first(found).map(principal).transpose()?)
        })
    }

    /// Ends a session; false when it was over already.
    pub fn sign_out(&mut self, session: &SessionId, by: &By, now: Timestamp) -> Result<bool, RegistryFault> {
        self.change(|statements| {
            let found =
                statements.query("SELECT person FROM sessions WHERE id = $1", &[text(session.as_str())])?;
            let Some(mut row) = first(found) else { return Ok(false) };
            let person = known(statements, &row.text("sessions.person")?)?;
            statements.execute("DELETE FROM sessions WHERE id = $1", &[text(session.as_str())])?;
            Asked { by, now }.note(statements, "session.close", person.whose(), session.as_str())?;
            Ok(true)
        })
    }

    /// Forgets sessions and invitations that are over, and failures of a day ago; says how many they were. Whoever asks
    /// is refused by their time alone: this frees room only, and leaves no act.
    pub fn forget_sessions(&mut self, now: Timestamp) -> Result<u64, RegistryFault> {
        let yesterday = Timestamp::from_unix(now.unix().saturating_sub(tries::REMEMBERED)).unwrap_or(now);
        self.change(|statements| {
            let sessions = statements.execute("DELETE FROM sessions WHERE expires <= $1", &[time(now)])?;
            let invitations =
                statements.execute("DELETE FROM invitations WHERE expires <= $1", &[time(now)])?;
            let tries =
                statements.execute("DELETE FROM sign_in_tries WHERE last <= $1", &[time(yesterday)])?;
            Ok(sessions + invitations + tries)
        })
    }
}

fn principal(mut row: Row) -> Result<Principal, StoreFault> {
    let session: SessionId = row.text("sessions.id")?;
    let user: UserId = row.text("people.id")?;
    let merchant: Option<MerchantId> = row.text_or_none("people.merchant")?;
    let outlet: Option<OutletId> = row.text_or_none("people.outlet")?;
    let role: Role = row.text("people.role")?;
    let has_second_factor = row.integer_or_none("people.totp_step")?.is_some();
    let until = row.time("sessions.expires")?;
    // Nobody has the platform's role by a fault of the database.
    if role.is_of_platform() && merchant.is_some() {
        return Err(wrong("people.role"));
    }
    let reach = super::person::reach(merchant.as_ref(), outlet);
    let is_half = role.needs_second_factor(&reach) && !has_second_factor;
    Ok(Principal {
        who: Who::Person(user, session),
        role,
        permissions: if is_half { Permissions::default() } else { role.may() },
        reach,
        rate: None,
        until: Some(until),
    })
}

/// Opens a session, and says until when it is open.
pub(super) fn open(
    statements: &mut dyn Statements,
    person: &Person,
    (id, token): (&SessionId, &SessionToken),
    asked: Asked<'_>,
) -> Result<Timestamp, RegistryFault> {
    let expires = later(asked.now, LASTS);
    statements.execute(
        "INSERT INTO sessions (hash, id, person, opened, expires) VALUES ($1, $2, $3, $4, $5)",
        &[
            text(&token.hash().to_hex()),
            text(id.as_str()),
            text(person.id.as_str()),
            time(asked.now),
            time(expires),
        ],
    )?;
    asked.note(statements, "session.open", person.whose(), id.as_str())?;
    Ok(expires)
}

/// Ends all sessions of a person.
pub(super) fn end_all(statements: &mut dyn Statements, person: &UserId) -> Result<(), StoreFault> {
    statements.execute("DELETE FROM sessions WHERE person = $1", &[text(person.as_str())]).map(|_| ())
}

/// Ends all sessions of a person but one, which must be open.
pub(super) fn end_others(
    statements: &mut dyn Statements,
    person: &UserId,
    session: &SessionId,
) -> Result<(), StoreFault> {
    statements
        .execute(
            "DELETE FROM sessions WHERE person = $1 AND id <> $2",
            &[text(person.as_str()), text(session.as_str())],
        )
        .map(|_| ())
}

/// Who has a session that is open.
pub(super) fn holder(
    statements: &mut dyn Statements,
    session: &SessionId,
    now: Timestamp,
) -> Result<Person, RegistryFault> {
    let found = statements.query(
        "SELECT person FROM sessions WHERE id = $1 AND expires > $2",
        &[text(session.as_str()), time(now)],
    )?;
    let mut row = first(found).ok_or(RegistryFault::NotFound("session"))?;
    known(statements, &row.text("sessions.person")?)
}

fn known(statements: &mut dyn Statements, id: &UserId) -> Result<Person, RegistryFault> {
    find(statements, id)?.ok_or_else(|| wrong("sessions.person").into())
}

/// Somebody acts for himself.
pub(super) fn own(person: &UserId, request: &ActName) -> Result<By, RegistryFault> {
    // An id has no other characters than such names.
    let actor = person.as_str().parse().map_err(|_| wrong("people.id"))?;
    Ok(By { actor, tenant: None, request: request.clone() })
}

/// So many seconds later, or the last second that there is.
pub(super) fn later(now: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_unix(now.unix().saturating_add(seconds)).unwrap_or(Timestamp::LATEST)
}
