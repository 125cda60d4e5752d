//! Who signs in: passwords, second factors, invitations, sessions.

mod change;
mod email;
mod enrol;
mod fault;
mod grant;
mod invite;
mod keys;
mod own_password;
mod password;
mod person;
mod session;
mod sign_in;
mod totp;
mod tries;
mod vault;

pub use self::{
    change::PersonChange,
    email::{Email, EmailFault},
    enrol::Enrolment,
    fault::{PeopleFault, SignInFault},
    invite::{Invited, NewOwner, NewPerson},
    own_password::PasswordChange,
    password::{Cost, Password, PasswordFault},
    person::Person,
    sign_in::{SignIn, SignedIn},
    totp::{TotpCode, TotpCodeFault},
    vault::{Vault, VaultFault},
};
