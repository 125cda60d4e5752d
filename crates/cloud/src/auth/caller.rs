use std::{ops::Deref, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use ledger::By;
use registry::{Principal, SessionId, Who};

use crate::{
    problem::{Kind, Problem, words},
    request_id::RequestId,
};

/// Who asks, on a route that let him through.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    principal: Arc<Principal>,
    by: By,
}

impl Caller {
    /// How the log of acts names him and this request.
    pub(crate) fn by(&self) -> By {
        self.by.clone()
    }

    /// His session, on a route for people who signed in.
    pub(crate) fn session(&self) -> Result<SessionId, Problem> {
        match &self.principal.who {
            Who::Person(_, session) => Ok(session.clone()),
            Who::Key(_) => Err(unguarded()),
        }
    }
}

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Arc<Principal>>().cloned();
        let request = parts.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok());
        let (Some(principal), Some(request)) = (principal, request) else { return Err(unguarded()) };
        let name = |text: &str| text.parse().map_err(|_| unguarded());
        let tenant = principal.reach.merchant().map(|merchant| name(merchant.as_str())).transpose()?;
        let by = By { actor: name(principal.actor())?, tenant, request: name(request)? };
        Ok(Self { principal, by })
    }
}

/// The route lets everybody through and yet wants to know who asks.
fn unguarded() -> Problem {
    Problem::new(Kind::Internal, words("erreur interne : signalez-la", "an internal error: please report it"))
}
