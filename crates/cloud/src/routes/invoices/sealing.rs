//! Whoever holds the outlet's line seals: the cloud's own signer, or a device. Never the one in place of the other.

use std::{sync::Arc, time::Duration};

use def_protocol::reply::Seal;
use ledger::{Offer, Refusal};
use tokio::time::Instant;

use super::create::{replay, seal_of};
use crate::{
    app::App,
    devices::{self, Sale},
    problem::Problem,
};

/// A sale that is sealed.
pub(crate) struct Done {
    pub(crate) seal: Seal,
    pub(crate) repeated: bool,
}

/// What a credit note takes back may be on its way from its device: so long it is waited for.
const ARRIVAL: Duration = Duration::from_secs(5);

/// Has a sale sealed, by whoever holds the line.
///
/// The ledger is asked first, whoever that is: it knows what was sealed before, and what is left of an original over all
/// signers.
pub(crate) async fn seal(app: &Arc<App>, offer: Offer, began: Instant) -> Result<Done, Problem> {
    let (outlet, keyed) = (offer.outlet(), offer.key().is_some());
    let sale = app.devices.is_some().then(|| Sale {
        outlet,
        payload: offer.payload().to_owned(),
        hash: offer.hash(),
        key: offer.key().cloned(),
    });
    if offer.invoice_type().is_credit() {
        arrived(app, &offer).await;
    }
    match app.seal(offer).await {
        Ok(sealing) => {
            app.metrics.sealed(began.elapsed(), sealing.repeated);
            Ok(Done { seal: seal_of(&sealing)?, repeated: sealing.repeated })
        }
        Err(Refusal::Replay { epoch, number }) => Err(replay(app, outlet, epoch, number, keyed).await),
        Err(Refusal::HandedOver { device }) => {
            let Some(sale) = sale else { return Err(Problem::no_devices()) };
            let sealed = devices::seal(app, device, sale).await?;
            app.metrics.device_sealed(began.elapsed());
            Ok(Done { seal: sealed.seal, repeated: sealed.repeated })
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Waits until the ledger holds what this outlet's devices sealed a moment ago.
async fn arrived(app: &App, offer: &Offer) {
    let Some(devices) = &app.devices else { return };
    for link in devices.links().into_iter().filter(|link| link.outlet == offer.outlet()) {
        link.settle(ARRIVAL).await;
    }
}
