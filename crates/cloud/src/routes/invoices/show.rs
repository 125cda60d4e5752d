use std::{sync::Arc, time::Duration};

use axum::{Extension, extract::State};
use fiscal::FiscalNumber;
use ledger::{Row, StoreFault};
use registry::Place;

use super::{
    document::SealDocument,
    view::{InvoiceView, Viewer},
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, not_found},
    problem::{Language, Problem},
    routes::submissions::Standing,
};

/// Read a sealed invoice
///
/// With its canonical payload, and how it stands with the tax authority: both sets of security elements, once there are both.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{fiscal_number}",
    operation_id = "readInvoice",
    tag = "Invoices",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    responses((status = 200, description = "The invoice.", body = SealDocument)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
) -> Result<InvoiceView, Problem> {
    let found = find(&app, &caller, number, |viewer, row, _| viewer.whole(row)).await?;
    let invoice = found.flatten().ok_or_else(not_found)?;
    Ok(invoice.with_dgi(Standing::of(&app, number, language).await?))
}

/// So long what is on its way is waited for.
const ARRIVAL: Duration = Duration::from_secs(2);

/// Looks at an invoice that the caller reaches.
pub(crate) async fn find<T: Send + 'static>(
    app: &Arc<App>,
    caller: &Caller,
    number: FiscalNumber,
    look: impl FnOnce(&Viewer, Row, &Place) -> Result<T, StoreFault> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let Some(place) = app.registry(move |registry| registry.place_by_prefix(number.prefix)).await? else {
        return Ok(None);
    };
    if !caller.reach.covers(&place.merchant, place.outlet.id) {
        return Ok(None);
    }
    if let Some(devices) = &app.devices {
        // What a device answered with a moment ago may be on its way here.
        for link in devices.links().into_iter().filter(|link| link.outlet == place.outlet.id) {
            link.settle(ARRIVAL).await;
        }
    }
    let found = app.ask(move |store| {
        let Some(row) = store.by_number(place.outlet.id, number.epoch, number.number)? else {
            return Ok(None);
        };
        let viewer = Viewer::new(store, place.outlet.prefix)?;
        look(&viewer, row, &place).map(Some)
    });
    Ok(found.await?)
}
