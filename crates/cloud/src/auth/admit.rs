use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use registry::{MerchantId, Permission, Principal, Who};

use super::who::{too_often, who};
use crate::{
    app::App,
    limits::{Allowance, Passed, Standing},
    problem::{Kind, Problem, words},
    server::ClientAddress,
};

/// What a route asks of who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// A permission.
    Permission(Permission),
    /// One of two; which of them, what is asked for decides.
    Either(Permission, Permission),
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
    let principal = match who(&app, request.headers(), address).await {
        Ok(principal) => principal,
        Err(problem) => return problem.into_response(),
    };
    let passed = match app.limiters.key(principal.actor(), own(&principal)) {
        Passed::Yes(standing) => of_merchant(&app, &principal, standing),
        no => no,
    };
    match passed {
        Passed::No { standing, retry_after } => {
            let mut response = key_too_often(retry_after).into_response();
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
            // What asked for more has left less.
            let standing = response.extensions_mut().remove::<Standing>().unwrap_or(standing);
            response.headers_mut().extend(standing.headers());
            response
        }
    }
}

/// Lets a caller do so much more with one request than admission counted, up to what he may at once. The answer carries
/// how his limit stands then.
pub(crate) fn admit_more(app: &App, caller: &Principal, more: usize) -> Result<Option<Standing>, Problem> {
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    let Some(more) = NonZeroU32::new(more) else { return Ok(None) };
    let passed = match (app.limiters.key_more(caller.actor(), own(caller), more), merchant_of(caller)) {
        (Passed::Yes(standing), Some(merchant)) => match app.limiters.merchant_more(merchant, more) {
            Passed::Yes(_) => Passed::Yes(standing),
            no => no,
        },
        (passed, _) => passed,
    };
    match passed {
        Passed::No { retry_after, .. } => Err(key_too_often(retry_after)),
        Passed::Yes(standing) => Ok(Some(standing)),
    }
}

/// Lets everybody through, a little at a time.
pub(crate) async fn admit_address(request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<Arc<App>>().cloned() else { return lost() };
    let Some(address) = request.extensions().get::<ClientAddress>().copied() else { return lost() };
    let passed = app.limiters.address(address.0);
    admit_if(passed, request, next).await
}

/// Lets everybody sign in, a little at a time.
pub(crate) async fn admit_sign_in(request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<Arc<App>>().cloned() else { return lost() };
    let Some(address) = request.extensions().get::<ClientAddress>().copied() else { return lost() };
    let passed = app.limiters.sign_in(address.0);
    admit_if(passed, request, next).await
}

async fn admit_if(passed: Passed, request: Request, next: Next) -> Response {
    match passed {
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

/// What is left to a key when all of its merchant's together may still ask.
fn of_merchant(app: &App, principal: &Principal, standing: Standing) -> Passed {
    match merchant_of(principal).map(|merchant| app.limiters.merchant(merchant)) {
        Some(no @ Passed::No { .. }) => no,
        _ => Passed::Yes(standing),
    }
}

/// Whose bucket it is besides its own; of none is one whose allowance the platform raised openly.
fn merchant_of(principal: &Principal) -> Option<&str> {
    principal.reach.merchant().filter(|_| principal.rate.is_none()).map(MerchantId::as_str)
}

fn own(principal: &Principal) -> Option<Allowance> {
    principal.rate.map(|rate| Allowance { limit_per_second: rate.per_second, burst: rate.burst })
}

fn key_too_often(retry_after: Duration) -> Problem {
    let detail = words(
        "cette clé demande trop souvent : attendez comme le dit Retry-After",
        "this key asks too often: wait as Retry-After says",
    );
    Problem::new(Kind::RateLimited, detail).with_retry_after(retry_after)
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
            Self::Either(one, other) if principal.permits(one) || principal.permits(other) => None,
            _ if principal.permissions.iter().next().is_none() => Some(Problem::new(
                Kind::Forbidden,
                words(
                    "votre rôle exige un second facteur : enregistrez-le (POST /api/v1/account/totp)",
                    "your role needs a second factor: enrol it first (POST /api/v1/account/totp)",
                ),
            )),
            Self::AnyPermission => None,
            Self::Permission(permission) | Self::Either(permission, _) => {
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

fn lost() -> Response {
    let detail = words("erreur interne : signalez-la", "an internal error: please report it");
    Problem::new(Kind::Internal, detail).into_response()
}
