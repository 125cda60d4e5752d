use std::sync::Arc;

use fiscal::OutletId;
use registry::Reach;
use sync::Sight;

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

impl Seen {
    /// All that somebody reaches, or what of it is one merchant's or one outlet's.
    pub(crate) async fn of(
        app: &Arc<App>,
        caller: &Caller,
        merchant: Option<&str>,
        outlet: Option<&str>,
    ) -> Result<Self, Problem> {
        let reach = shown(app, caller, merchant).await?;
        if let Some(named) = outlet {
            let place = reached(app, caller, Some(named)).await?;
            let is_his = reach.covers(&place.merchant, place.outlet.id);
            return Ok(Self::Outlets(if is_his { vec![place.outlet.id] } else { Vec::new() }));
        }
        Self::of_reach(app, &reach).await
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
