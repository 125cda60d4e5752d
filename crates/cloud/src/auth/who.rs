use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, header};
use registry::{ApiKey, KeyHash, Principal, SessionToken};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use crate::{
    app::App,
    limits::Passed,
    problem::{Kind, Problem, words},
    server::ClientAddress,
};

/// A token that may be somebody's, by its hash.
struct Token {
    hash: KeyHash,
    is_key: bool,
}

/// Who asks. Failures are counted by address: guessing is slowed down, and only guessing. A key has 256 random bits, so
/// that nobody finds one; this keeps the log and the database quiet. Once an address has no failures left, its tokens are
/// not looked up, but for those that were good before, and those of an address from which somebody was let in within the
/// last minute: tills that share it with who guesses go on.
pub(super) async fn who(
    app: &Arc<App>,
    headers: &HeaderMap,
    address: Option<ClientAddress>,
) -> Result<Arc<Principal>, Problem> {
    let wrong = |problem| match address {
        Some(address) => counted(app.limiters.failed_login(address.0), problem),
        None => problem,
    };
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(header) = header else {
        return Err(wrong(unknown(
            "envoyez votre clé d'API : Authorization: Bearer stk_…",
            "send your API key: Authorization: Bearer stk_…",
        )));
    };
    let known = match Token::read(header) {
        Some(token) => token.holder(app, address).await?,
        None => None,
    };
    if let (Some(_), Some(address)) = (&known, address) {
        app.limiters.let_in(address.0);
    }
    known.ok_or_else(|| {
        wrong(unknown(
            "cette clé ou session est inconnue, expirée ou révoquée : vérifiez qu'elle est entière, ou demandez-en une autre",
            "this key or session is not known, expired or revoked: check that all of it was copied, or ask for another",
        ))
    })
}

impl Token {
    fn read(header: &str) -> Option<Self> {
        let (scheme, text) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let text = text.trim();
        match (text.parse::<ApiKey>(), text.parse::<SessionToken>()) {
            (Ok(key), _) => Some(Self { hash: key.hash(), is_key: true }),
            (_, Ok(session)) => Some(Self { hash: session.hash(), is_key: false }),
            _ => None,
        }
    }

    /// Who has it, as the database said a moment ago or says now.
    async fn holder(
        self,
        app: &Arc<App>,
        address: Option<ClientAddress>,
    ) -> Result<Option<Arc<Principal>>, Problem> {
        let Self { hash, is_key } = self;
        let known = app.principals.find(&hash, Instant::now());
        if let Some(known) = known.filter(|known| known.holds_at(app.clock.now())) {
            return Ok(Some(known));
        }
        let place = if app.principals.was_there(&hash) { None } else { Some(strange(app, address).await?) };
        let (now, asking) = (app.clock.now(), app.principals.ask(Instant::now()));
        let found = app.registry(move |registry| {
            // The question goes on when nobody waits for it any more.
            let _place = place;
            if is_key {
                registry.principal_of_key(&hash, now)
            } else {
                registry.principal_of_session(&hash, now)
            }
        });
        let found = found.await?.map(Arc::new);
        match &found {
            Some(principal) => app.principals.keep(hash, principal, asking),
            None => app.principals.forget(&hash),
        }
        Ok(found)
    }
}

/// A place among those who were not seen before, if their address may still guess.
async fn strange(app: &App, address: Option<ClientAddress>) -> Result<Option<OwnedSemaphorePermit>, Problem> {
    may_guess(app, address)?;
    // It is never closed.
    let place = Arc::clone(&app.strangers).acquire_owned().await.ok();
    // Others of this address may have failed meanwhile.
    may_guess(app, address)?;
    Ok(place)
}

fn may_guess(app: &App, address: Option<ClientAddress>) -> Result<(), Problem> {
    match address.map(|address| app.limiters.may_guess(address.0)) {
        Some(Passed::No { retry_after, .. }) => Err(too_often(retry_after)),
        Some(Passed::Yes(_)) | None => Ok(()),
    }
}

/// Lets an address say who it is, unless it was wrong too often.
pub(crate) fn may_log_in(app: &App, address: ClientAddress) -> Result<(), Problem> {
    match app.limiters.may_try_password(address.0) {
        Passed::No { retry_after, .. } => Err(too_often(retry_after)),
        Passed::Yes(_) => Ok(()),
    }
}

/// An address was wrong about a person or a password: that is counted.
pub(crate) fn wrong_log_in(app: &App, address: ClientAddress, problem: Problem) -> Problem {
    counted(app.limiters.wrong_password(address.0), problem)
}

fn counted(passed: Passed, problem: Problem) -> Problem {
    match passed {
        Passed::No { retry_after, .. } => too_often(retry_after),
        Passed::Yes(_) => problem,
    }
}

pub(super) fn too_often(retry_after: Duration) -> Problem {
    Problem::new(
        Kind::RateLimited,
        words(
            "cette adresse demande trop souvent : attendez comme le dit Retry-After",
            "this address asks too often: wait as Retry-After says",
        ),
    )
    .with_retry_after(retry_after)
}

fn unknown(french: &str, english: &str) -> Problem {
    Problem::new(Kind::Unauthenticated, words(french, english))
}
