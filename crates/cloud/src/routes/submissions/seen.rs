use std::sync::Arc;

use fiscal::OutletId;
use registry::Reach;
use sync::{AlertsOf, Sight};

use crate::{
    app::App,
    auth::Caller,
    problem::Problem,
    routes::{place::reached, whose::shown},
    start::places_of,
};

/// Whose invoices are meant, as [`Sight`] has it.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// The platform sees all.
    All,
    /// Those of these outlets.
    Outlets(Vec<OutletId>),
}

/// What of the way to the authority somebody is shown: invoices, and the machines to which they go.
#[derive(Clone, Debug)]
pub(crate) struct Affairs {
    pub(crate) reach: Reach,
    pub(crate) seen: Seen,
}

impl Affairs {
    /// All that somebody reaches, or what of it is one merchant's.
    pub(crate) async fn of(app: &Arc<App>, caller: &Caller, merchant: Option<&str>) -> Result<Self, Problem> {
        let reach = shown(app, caller, merchant).await?;
        Ok(Self { seen: Seen::of_reach(app, &reach).await?, reach })
    }

    /// The alerts among it. Who reaches one outlet only does not run the merchant's machines.
    pub(crate) fn alerts(&self) -> AlertsOf<'_> {
        let merchant = self.reach.merchant().filter(|_| self.reach.outlet().is_none());
        AlertsOf { sight: self.seen.sight(), merchant }
    }
}

impl Seen {
    /// All that somebody reaches, or what of it is one merchant's or one outlet's.
    pub(crate) async fn of(
        app: &Arc<App>,
        caller: &Caller,
        merchant: Option<&str>,
        outlet: Option<&str>,
    ) -> Result<Self, Problem> {
        let Some(named) = outlet else { return Ok(Affairs::of(app, caller, merchant).await?.seen) };
        let reach = shown(app, caller, merchant).await?;
        let place = reached(app, caller, Some(named)).await?;
        let is_his = reach.covers(&place.merchant, place.outlet.id);
        Ok(Self::Outlets(if is_his { vec![place.outlet.id] } else { Vec::new() }))
    }

    /// All that a reach covers.
    pub(crate) async fn of_reach(app: &Arc<App>, reach: &Reach) -> Result<Self, Problem> {
        match reach {
            Reach::Platform => Ok(Self::All),
            Reach::Outlet(_, outlet) => Ok(Self::Outlets(vec![*outlet])),
            Reach::Merchant(merchant) => {
                let merchant = merchant.clone();
                let places = app.registry(move |registry| places_of(registry, &merchant)).await?;
                Ok(Self::Outlets(places.iter().map(|place| place.outlet.id).collect()))
            }
        }
    }

    pub(crate) fn sight(&self) -> Sight<'_> {
        match self {
            Self::All => Sight::All,
            Self::Outlets(outlets) => Sight::Outlets(outlets),
        }
    }
}
