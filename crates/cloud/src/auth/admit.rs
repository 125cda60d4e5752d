use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use registry::{Permission, Principal, Who};

use crate::{
    app::App,
    limits::{Allowance, Passed},
    problem::{Kind, Problem, words},
    server::ClientAddress,
};

/// What a route asks of who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// A permission.
    Permission(Permission),
    /// To be known: also a person who has not yet the second factor that his role needs.
    Identity,
    /// To be known, with any permission at all.
    AnyPermission,
    /// To be a person in a session.
    Person,
}

/// Lets those through who are known, may, and do not ask too often.
pub(crate) async fn admit(needs: Needs, mut request: Request, next: Next) -> Response {
    // `observe` is around every route.
    let Some(app) = request.extensions().get::<Arc<App>>().cloned() else { return lost() };
    let address = request.extensions().get::<ClientAddress>().copied();
    let principal = match principal(&app, request.headers()).await {
        Ok(principal) => principal,
        Err(problem) if problem.kind() == Kind::Unauthenticated => {
            return unauthenticated(&app, address, problem);
        }
        Err(problem) => return problem.into_response(),
    };
    let own = principal.rate.map(|rate| Allowance { limit_per_second: rate.per_second, burst: rate.burst });
    match app.limiters.key(principal.actor(), own) {
        Passed::No { standing, retry_after } => {
            let mut response = Problem::new(
                Kind::RateLimited,
                words(
                    "cette clé demande trop souvent : attendez comme le dit Retry-After",
                    "this key asks too often: wait as Retry-After says",
                ),
            )
            .with_retry_after(retry_after)
            .into_response();
            response.headers_mut().extend(standing.headers());
            response
        }
        Passed::Yes(standing) => {
            let mut response = match needs.refuses(&principal) {
                Some(problem) => problem.into_response(),
                None => {
                    request.extensions_mut().insert(principal);
                    next.run(request).await
                }
            };
            response.headers_mut().extend(standing.headers());
            response
        }
    }
}

/// Lets everybody through, a little at a time.
pub(crate) async fn admit_address(request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<Arc<App>>().cloned() else { return lost() };
    let Some(address) = request.extensions().get::<ClientAddress>().copied() else { return lost() };
    match app.limiters.address(address.0) {
        Passed::No { standing, retry_after } => {
            let mut response = too_often(retry_after).into_response();
            response.headers_mut().extend(standing.headers());
            response
        }
        Passed::Yes(standing) => {
            let mut response = next.run(request).await;
            response.headers_mut().extend(standing.headers());
            response
        }
    }
}

impl Needs {
    fn refuses(self, principal: &Principal) -> Option<Problem> {
        match self {
            Self::Identity => None,
            Self::Person if matches!(principal.who, Who::Person(..)) => None,
            Self::Person => Some(Problem::new(
                Kind::Forbidden,
                words(
                    "seule une personne connectée peut le faire : ouvrez une session",
                    "only a person who signed in may do this: open a session",
                ),
            )),
            Self::AnyPermission if principal.permissions.iter().next().is_some() => None,
            Self::Permission(permission) if principal.permits(permission) => None,
            _ if principal.permissions.iter().next().is_none() => Some(Problem::new(
                Kind::Forbidden,
                words(
                    "votre rôle exige un second facteur : enregistrez-le (POST /api/v1/account/totp)",
                    "your role needs a second factor: enrol it first (POST /api/v1/account/totp)",
                ),
            )),
            Self::AnyPermission => None,
            Self::Permission(permission) => {
                let scope = permission.name();
                Some(Problem::new(
                    Kind::Forbidden,
                    words(
                        format!("il faut le droit {scope} : demandez une clé ou un rôle qui l'a"),
                        format!("this needs the scope {scope}: ask for a key or a role that has it"),
                    ),
                ))
            }
        }
    }
}

async fn principal(app: &Arc<App>, headers: &HeaderMap) -> Result<Arc<Principal>, Problem> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(header) = header else {
        return Err(unknown(
            "envoyez votre clé d'API : Authorization: Bearer stk_…",
            "send your API key: Authorization: Bearer stk_…",
        ));
    };
    let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let known = match token {
        Some((_, token)) => app.principal(token.trim()).await?,
        None => None,
    };
    known.ok_or_else(|| {
        unknown(
            "cette clé ou session est inconnue, expirée ou révoquée : vérifiez qu'elle est entière, ou demandez-en une autre",
            "this key or session is not known, expired or revoked: check that all of it was copied, or ask for another",
        )
    })
}

/// Lets an address say who it is, unless it was wrong too often.
pub(crate) fn may_log_in(app: &App, address: ClientAddress) -> Result<(), Problem> {
    match app.limiters.may_log_in(address.0) {
        Passed::No { retry_after, .. } => Err(too_often(retry_after)),
        Passed::Yes(_) => Ok(()),
    }
}

/// Guessing is slowed down, and only guessing: tills that share an address with who guesses go on. A key has 256 random
/// bits, so that nobody finds one; this keeps the log and the database quiet.
pub(crate) fn wrong_log_in(app: &App, address: ClientAddress, problem: Problem) -> Problem {
    match app.limiters.failed_login(address.0) {
        Passed::No { retry_after, .. } => too_often(retry_after),
        Passed::Yes(_) => problem,
    }
}

fn unauthenticated(app: &App, address: Option<ClientAddress>, problem: Problem) -> Response {
    match address {
        Some(address) => wrong_log_in(app, address, problem).into_response(),
        None => problem.into_response(),
    }
}

fn too_often(retry_after: std::time::Duration) -> Problem {
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

fn lost() -> Response {
    let detail = words("erreur interne : signalez-la", "an internal error: please report it");
    Problem::new(Kind::Internal, detail).into_response()
}
