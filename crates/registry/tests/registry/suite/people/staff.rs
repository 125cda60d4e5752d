use aws_lc_rs::hmac;
use fiscal::{OutletId, Timestamp};
use ledger::ActName;
use registry::{
    Cost, Email, Hand, Invited, Maker, MerchantId, NewPerson, Password, Person, Principal, RegistryFault,
    Role, SessionId, SessionToken, SignIn, SignInFault, SignedIn, TotpCode, Vault,
};

use super::super::world::*;

/// What everybody of the trials chooses.
pub(crate) const PASSWORD: &str = "quatre mots au hasard";

pub(crate) fn vault() -> Vault {
    Vault::new([42; 32])
}

pub(crate) fn request() -> ActName {
    "req-1".parse().unwrap()
}

pub(crate) fn given(text: &str) -> Password {
    Password::given(text.to_owned())
}

pub(crate) fn email(text: &str) -> Email {
    text.parse().unwrap()
}

pub(crate) fn new_person(merchant: Option<&MerchantId>, role: Role, address: &str) -> NewPerson {
    NewPerson {
        email: email(address),
        name: label("Aline Mbuyi"),
        merchant: merchant.cloned(),
        outlet: None,
        role,
    }
}

pub(crate) fn in_outlet(new: NewPerson, id: &str) -> NewPerson {
    NewPerson { outlet: Some(outlet(id)), ..new }
}

/// Somebody who has a password and, if his role needs one, an app.
pub(crate) struct Member {
    pub(crate) person: Person,
    pub(crate) app: Option<App>,
}

/// What a telephone has: the other half of RFC 6238, written once more.
pub(crate) struct App(Vec<u8>);

impl App {
    pub(crate) fn scan(secret: &str) -> Self {
        let letter = |letter: u8| match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => panic!("{secret}"),
        };
        let bits = secret.bytes().flat_map(|byte| (0..5).rev().map(move |at| letter(byte) >> at & 1));
        let bits: Vec<u8> = bits.collect();
        Self(bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit)).collect())
    }

    pub(crate) fn digits(&self, now: Timestamp) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &(now.unix() / 30).to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    pub(crate) fn shows(&self, now: Timestamp) -> TotpCode {
        self.digits(now).parse().unwrap()
    }

    /// Six digits that are wrong now.
    pub(crate) fn never_shows(&self, now: Timestamp) -> TotpCode {
        let around: Vec<String> = [-30, 0, 30]
            .map(|seconds| {
                self.digits(Timestamp::from_unix(now.unix().saturating_add_signed(seconds)).unwrap())
            })
            .into();
        let wrong = ["000000", "111111", "222222", "333333"]
            .into_iter()
            .find(|code| !around.contains(&(*code).into()));
        wrong.unwrap().parse().unwrap()
    }
}

impl World {
    pub(crate) fn invite(&mut self, new: &NewPerson) -> Invited {
        self.try_invite(&Maker::MACHINE, new).unwrap()
    }

    pub(crate) fn try_invite(&mut self, maker: &Maker, new: &NewPerson) -> Result<Invited, RegistryFault> {
        let (mut registry, mut random) = self.both();
        registry.invite(maker, new, &by("usr:maker"), at(0), &mut random)
    }

    pub(crate) fn accept(
        &mut self,
        invited: &Invited,
        password: &str,
        now: Timestamp,
    ) -> Result<Person, RegistryFault> {
        let (mut registry, mut random) = self.both();
        registry.accept_invitation(
            &invited.token,
            &given(password),
            Cost::LEAST,
            &request(),
            now,
            &mut random,
        )
    }

    pub(crate) fn sign_in_with(
        &mut self,
        (merchant, email): (Option<&MerchantId>, &str),
        password: &str,
        code: Option<&TotpCode>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInFault> {
        let (mut registry, mut random) = self.both();
        let asked = SignIn { merchant, email, password: &given(password), code };
        registry.sign_in(&asked, &vault(), Cost::LEAST, &request(), now, &mut random)
    }

    pub(crate) fn sign_in(&mut self, member: &Member, now: Timestamp) -> Result<SignedIn, SignInFault> {
        let code = member.app.as_ref().map(|app| app.shows(now));
        let who = (member.person.merchant.as_ref(), member.person.email.as_str());
        self.sign_in_with(who, PASSWORD, code.as_ref(), now)
    }

    /// Invited, accepted, and with an app if the role needs one: all before [`at`] 0, so that no code of then is used.
    pub(crate) fn member(&mut self, new: &NewPerson) -> Member {
        let before = Timestamp::from_unix(at(0).unix() - 3_600).unwrap();
        let invited = self.invite(new);
        let person = self.accept(&invited, PASSWORD, before).unwrap();
        let mut member = Member { person, app: None };
        if invited.person.role.needs_second_factor(&invited.person.reach()) {
            let signed_in = self.sign_in(&member, before).unwrap();
            member.app = Some(self.enrol(&signed_in.session, before));
            let person = member.person.clone();
            self.registry().sign_out(&signed_in.session, &by(person.id.as_str()), before).unwrap();
            member.person.has_second_factor = true;
        }
        member
    }

    pub(crate) fn enrol(&mut self, session: &SessionId, now: Timestamp) -> App {
        let (mut registry, mut random) = self.both();
        let by = by("usr:oneself");
        let enrolment = registry.begin_totp(session, &vault(), &by, now, &mut random).unwrap();
        let app = App::scan(&enrolment.reveal());
        registry.confirm_totp(session, &app.shows(now), &vault(), &by, now).unwrap();
        app
    }

    pub(crate) fn member_of(&mut self, merchant: &MerchantId, role: Role, address: &str) -> Member {
        self.member(&new_person(Some(merchant), role, address))
    }

    pub(crate) fn principal(&mut self, token: &SessionToken, now: Timestamp) -> Option<Principal> {
        self.registry().principal_of_session(&token.hash(), now).unwrap()
    }
}

pub(crate) fn maker_of(person: &Person) -> Maker {
    Maker { permissions: person.role.may(), reach: person.reach(), hand: Hand::Person }
}

pub(crate) fn maker(role: Role, merchant: Option<&MerchantId>, only: Option<OutletId>) -> Maker {
    use registry::Reach;
    let reach = match (merchant, only) {
        (Some(merchant), Some(only)) => Reach::Outlet(merchant.clone(), only),
        (Some(merchant), None) => Reach::Merchant(merchant.clone()),
        (None, _) => Reach::Platform,
    };
    Maker { permissions: role.may(), reach, hand: Hand::Person }
}

/// The code of why somebody is not signed in.
pub(crate) fn why<T: std::fmt::Debug>(outcome: Result<T, SignInFault>) -> &'static str {
    outcome.unwrap_err().code()
}
