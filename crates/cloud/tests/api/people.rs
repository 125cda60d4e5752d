//! People who sign in, with a second factor and without one.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use registry::Role;
use serde_json::{Value, json};

use crate::{
    bench::{Answer, bearer},
    tenants::send,
    world::{OPERATOR, OWNER, World},
};

/// As the examples of the document have it.
pub(crate) const PASSWORD: &str = "four words are enough";

/// What somebody is, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Post {
    pub(crate) role: Role,
    /// Of the platform, or of the first merchant.
    pub(crate) is_of_platform: bool,
}

/// The first merchant's owner.
pub(crate) const AN_OWNER: Post = Post { role: Role::Owner, is_of_platform: false };

/// Somebody who signed in.
pub(crate) struct Person {
    pub(crate) post: Post,
    /// Whether he has a second factor.
    pub(crate) has_factor: bool,
    /// What his app makes codes of.
    pub(crate) secret: Option<String>,
    /// What he sends as `Authorization`.
    pub(crate) token: String,
}

impl Person {
    /// Whether he lacks what he needs: who owns all of a merchant's, or sees all merchants', has a second factor.
    pub(crate) fn lacks_factor(&self) -> bool {
        let needs_factor = self.post.role == Role::Owner || self.post.is_of_platform;
        needs_factor && !self.has_factor
    }
}

/// What a telephone shows, so many steps of 30 seconds from now.
pub(crate) fn code(secret: &str, steps: u64) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut count, mut bytes) = (0_u64, 0, Vec::new());
    for letter in secret.bytes() {
        bits = bits << 5 | letters.iter().position(|known| *known == letter).unwrap() as u64;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a telephone has a clock of its own")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &(now / 30 + steps).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

impl World {
    /// Sends a body as whoever has a token.
    pub(crate) fn say(&self, line: &str, token: &str, body: Option<&Value>) -> Answer {
        send(&mut self.bench.client(), line, token, body)
    }

    /// Invites somebody; the invitation.
    pub(crate) fn invite(&self, post: Post, email: &str) -> String {
        let number = if post.is_of_platform { OPERATOR } else { OWNER };
        let new = json!({ "email": email, "name": "Aline", "role": post.role.name() });
        let invited = self.say("POST /api/v1/users", &bearer(number), Some(&new));
        assert_eq!(invited.status, 201, "{invited:?}");
        invited.json()["invitation"].as_str().unwrap().to_owned()
    }

    /// What somebody signs in with, but for his code.
    pub(crate) fn credentials(&self, post: Post, email: &str) -> Value {
        let mut credentials = json!({ "email": email, "password": PASSWORD });
        if !post.is_of_platform {
            credentials["merchant_id"] = json!(self.things["merchant_id"]);
        }
        credentials
    }

    /// Somebody new who signed in, and made a second factor if he is to have one.
    pub(crate) fn person(&self, post: Post, email: &str, has_factor: bool) -> Person {
        let acceptance = json!({ "invitation": self.invite(post, email), "password": PASSWORD });
        let accepted = self.say("POST /api/v1/invitations/accept", "", Some(&acceptance));
        assert_eq!(accepted.status, 200, "{accepted:?}");
        let session = self.say("POST /api/v1/sessions", "", Some(&self.credentials(post, email)));
        assert_eq!(session.status, 201, "{session:?}");
        let token = format!("Bearer {}", session.json()["token"].as_str().unwrap());
        let mut person = Person { post, has_factor, secret: None, token };
        if has_factor {
            let code = json!({ "code": code(&self.begin_factor(&mut person), 0) });
            let confirmed = self.say("POST /api/v1/account/totp/confirm", &person.token, Some(&code));
            assert_eq!(confirmed.status, 204, "{confirmed:?}");
        }
        person
    }

    /// Begins a second factor; its secret.
    pub(crate) fn begin_factor(&self, person: &mut Person) -> String {
        let begun = self.say("POST /api/v1/account/totp", &person.token, None);
        assert_eq!(begun.status, 200, "{begun:?}");
        let secret = begun.json()["secret"].as_str().unwrap().to_owned();
        person.secret = Some(secret.clone());
        secret
    }

    /// Two persons for each post: one without a second factor, and one with it.
    pub(crate) fn people(&self) -> Vec<Person> {
        let posts = Role::ALL.iter().map(|role| Post { role: *role, is_of_platform: role.is_of_platform() });
        let auditor = Post { role: Role::Auditor, is_of_platform: true };
        let pair = |post: Post| {
            [false, true].map(|has_factor| {
                let email = format!("{}-{}-{has_factor}@example.cd", post.role.name(), post.is_of_platform);
                self.person(post, &email, has_factor)
            })
        };
        posts.chain([auditor]).flat_map(pair).collect()
    }
}
