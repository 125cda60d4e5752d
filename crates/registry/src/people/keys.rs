use fiscal::Timestamp;
use ledger::{Statements, StoreFault};

use super::{Email, Person, TotpCode, Vault, password::PasswordHash, person::find, totp::TotpSecret};
use crate::{
    MerchantId, RegistryFault, UserId,
    rows::{first, text, wrong},
};

/// With what somebody signs in, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) person: Person,
    /// Whether he, his merchant or his outlet is stopped.
    is_stopped: bool,
    pub(super) password: Option<PasswordHash>,
    /// Sealed by the vault.
    pub(super) totp: Option<String>,
    /// The step of the last code that was used. None: the secret is not confirmed yet.
    pub(super) step: Option<u64>,
}

/// What was shown beside the right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing, and nothing was needed.
    Password,
    /// A code of this step.
    Code(i64),
}

/// In the order of [`Keys::of_row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.stopped, m.stopped, o.stopped, p.password, p.totp, p.totp_step FROM people p ",
            "LEFT JOIN merchants m ON m.id = p.merchant LEFT JOIN places o ON o.outlet = p.outlet ",
            $rest
        )
    };
}

impl Keys {
    pub(super) fn of_email(
        statements: &mut dyn Statements,
        merchant: Option<&MerchantId>,
        email: &Email,
    ) -> Result<Option<Self>, StoreFault> {
        let found = statements.query(
            select!("WHERE COALESCE(p.merchant, '') = $1 AND p.email = $2"),
            &[text(merchant.map_or("", MerchantId::as_str)), text(email.as_str())],
        )?;
        first(found).map(|row| Self::of_row(statements, row)).transpose()
    }

    pub(super) fn of_person(statements: &mut dyn Statements, id: &UserId) -> Result<Self, RegistryFault> {
        let found = statements.query(select!("WHERE p.id = $1"), &[text(id.as_str())])?;
        let row = first(found).ok_or(RegistryFault::NotFound("person"))?;
        Ok(Self::of_row(statements, row)?)
    }

    fn of_row(statements: &mut dyn Statements, mut row: crate::rows::Row) -> Result<Self, StoreFault> {
        let id: UserId = row.text("people.id")?;
        let mut is_stopped = false;
        for column in ["people.stopped", "merchants.stopped", "places.stopped"] {
            is_stopped |= row.time_or_none(column)?.is_some();
        }
        let phc: Option<String> = row.text_or_none("people.password")?;
        let password = phc.map(|phc| PasswordHash::from_phc(&phc).ok_or_else(|| wrong("people.password")));
        let (password, totp) = (password.transpose()?, row.text_or_none("people.totp")?);
        let step = row.integer_or_none("people.totp_step")?;
        let step = step.map(u64::try_from).transpose().map_err(|_| wrong("people.totp_step"))?;
        let person = find(statements, &id)?.ok_or_else(|| wrong("people.id"))?;
        Ok(Self { person, is_stopped, password, totp, step })
    }

    /// Whether he may come in, whose password was right.
    pub(super) fn proof(
        &self,
        code: Option<&TotpCode>,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Option<Proof>, RegistryFault> {
        if self.is_stopped {
            return Ok(None);
        }
        let Some(used) = self.step else { return Ok(Some(Proof::Password)) };
        let secret = self.secret(vault)?.ok_or_else(|| wrong("people.totp"))?;
        let step = code.and_then(|code| secret.step_of(code, now, Some(used)));
        Ok(step.and_then(|step| i64::try_from(step).ok()).map(Proof::Code))
    }

    /// The secret of his app, also before it is confirmed.
    pub(super) fn secret(&self, vault: &Vault) -> Result<Option<TotpSecret>, RegistryFault> {
        let Some(sealed) = &self.totp else { return Ok(None) };
        let bytes = zeroize::Zeroizing::new(vault.open(&about(&self.person.id), sealed)?);
        Ok(Some(TotpSecret::from_bytes(&bytes).ok_or_else(|| wrong("people.totp"))?))
    }
}

/// What a sealed secret is about.
pub(super) fn about(person: &UserId) -> String {
    format!("totp:{person}")
}
