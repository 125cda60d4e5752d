use std::sync::Arc;

use registry::Place;

use super::invoices::outlet;
use crate::{app::App, auth::Caller, extract::not_found, problem::Problem};

/// The outlet that is meant: the one that is named, or the only one that the caller reaches. Another's is not found.
pub(super) async fn reached(
    app: &Arc<App>,
    caller: &Caller,
    named: Option<&str>,
) -> Result<Arc<Place>, Problem> {
    let outlet = outlet(caller, named)?;
    let place = app.place(outlet).await?;
    place.filter(|place| caller.reach.covers(&place.merchant, outlet)).ok_or_else(not_found)
}
