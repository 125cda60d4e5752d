use std::fmt;

use fiscal::Timestamp;
use ledger::{By, Cell};

use super::{
    Email, PeopleFault, TotpCode, Vault,
    keys::{Keys, about},
    session,
    totp::TotpSecret,
};
use crate::{Random, Registry, RegistryFault, SessionId, acts::Asked, rows::text};

/// What somebody shows to his app once. It is no second factor before the app's code confirms it.
#[derive(Clone)]
pub struct Enrolment {
    secret: TotpSecret,
    email: Email,
}

impl Enrolment {
    /// To be typed: 32 letters and digits.
    pub fn reveal(&self) -> String {
        self.secret.reveal()
    }

    /// To be shown as a QR code: `otpauth://totp/Stelala:aline%40example.cd?secret=…&issuer=Stelala`.
    pub fn reveal_url(&self) -> String {
        self.secret.reveal_url(&self.email)
    }
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

impl Registry<'_> {
    /// Begins a second factor for who has this session; what was begun before is gone. One that is confirmed stays: only
    /// a new invitation takes it away.
    pub fn begin_totp(
        &mut self,
        session: &SessionId,
        vault: &Vault,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Enrolment, RegistryFault> {
        let (mut bytes, mut nonce) = ([0; TotpSecret::LENGTH], [0; 12]);
        random(&mut bytes);
        random(&mut nonce);
        let secret = TotpSecret::new(bytes);
        self.change(|statements| {
            let person = session::holder(statements, session, now)?;
            if person.has_second_factor {
                return Err(PeopleFault::HasSecondFactor.into());
            }
            let sealed = vault.seal(&about(&person.id), secret.as_bytes(), nonce);
            statements.execute(
                "UPDATE people SET totp = $1 WHERE id = $2",
                &[text(&sealed), text(person.id.as_str())],
            )?;
            Asked { by, now }.note(statements, "user.totp_begin", person.whose(), person.id.as_str())?;
            Ok(Enrolment { secret: secret.clone(), email: person.email })
        })
    }

    /// Confirms a second factor with the code that the app shows: from now on he signs in with one. This session may what
    /// his role may; his others end, for whoever opened them knew only the password.
    pub fn confirm_totp(
        &mut self,
        session: &SessionId,
        code: &TotpCode,
        vault: &Vault,
        by: &By,
        now: Timestamp,
    ) -> Result<(), RegistryFault> {
        self.change(|statements| {
            let person = session::holder(statements, session, now)?;
            if person.has_second_factor {
                return Err(PeopleFault::HasSecondFactor.into());
            }
            let keys = Keys::of_person(statements, &person.id)?;
            let secret = keys.secret(vault)?.ok_or(PeopleFault::NotBegun)?;
            let step = secret.step_of(code, now, None).and_then(|step| i64::try_from(step).ok());
            let step = step.ok_or(PeopleFault::WrongCode)?;
            statements.execute(
                "UPDATE people SET totp_step = $1 WHERE id = $2",
                &[Cell::Integer(step), text(person.id.as_str())],
            )?;
            session::end_others(statements, &person.id, session)?;
            Asked { by, now }.note(statements, "user.totp", person.whose(), person.id.as_str())
        })
    }
}
