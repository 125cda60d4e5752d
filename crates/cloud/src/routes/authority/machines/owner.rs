use std::sync::Arc;

use edef::{ApiUrl, Token};
use fiscal::{Nif, OutletId};
use registry::{MerchantId, Reach};
use sync::{Machine, Owner};

use crate::{
    app::App,
    auth::Caller,
    extract::not_found,
    problem::{Kind, Problem, words},
    start::places_of,
};

/// A merchant, and those of his outlets that the caller reaches.
pub(super) struct Owned {
    pub(super) merchant: MerchantId,
    nif: Nif,
    outlets: Vec<OutletId>,
    is_platform: bool,
}

impl Owned {
    pub(super) async fn of(app: &Arc<App>, caller: &Caller, merchant: MerchantId) -> Result<Self, Problem> {
        let whose = merchant.clone();
        let found = app.registry(move |registry| {
            let known = registry.merchant(&Reach::Platform, &whose)?;
            Ok((known.nif, places_of(registry, &whose)?))
        });
        let (nif, places) = found.await?;
        let outlets = places.iter().map(|place| place.outlet.id);
        let outlets = outlets.filter(|outlet| caller.reach.covers(&merchant, *outlet)).collect();
        Ok(Self { merchant, nif, outlets, is_platform: matches!(caller.reach, Reach::Platform) })
    }

    pub(super) const fn nif(&self) -> Nif {
        self.nif
    }

    pub(super) fn owner(&self) -> Owner<'_> {
        Owner {
            merchant: &self.merchant,
            nif: self.nif,
            outlets: &self.outlets,
            is_platform: self.is_platform,
        }
    }
}

/// A machine that serves outlets which the caller does not reach is not his to change.
pub(super) fn check_whole(machine: &Machine, caller: &Caller) -> Result<(), Problem> {
    if !caller.reach.covers_merchant(&machine.merchant) {
        return Err(not_found());
    }
    if machine.outlets.iter().all(|outlet| caller.reach.covers(&machine.merchant, *outlet)) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        words(
            "cet e-MCF sert aussi d'autres points de vente : qui les gère tous le modifie",
            "this e-MCF serves other outlets too: someone who runs all of them changes it",
        ),
    ))
}

/// Where the authority may be, as the configuration says.
pub(super) fn address(app: &App, text: &str) -> Result<ApiUrl, Problem> {
    let hosts = app.authority.as_ref().ok_or_else(Problem::no_authority)?.hosts();
    Ok(ApiUrl::read(text, hosts)?)
}

/// A token, which is repeated in no answer.
pub(super) fn token(text: &str) -> Result<Token, Problem> {
    Ok(text.parse::<Token>()?)
}
