//! Who tells webhooks while a cloud runs.

use std::sync::Arc;

use fiscal::OutletId;
use ledger::{Ledger, LedgerStore, StoreFault};
use registry::{MerchantId, Place, Reach, Registry, RegistryFault, Vault};
use webhooks::{Dispatcher, DispatcherParts, Networks, Settings};

use super::{Entropy, StartFault};
use crate::{app::App, clock::SystemClock, config::WebhooksConfig};

/// Starts it.
pub(super) fn dispatcher(
    config: &WebhooksConfig,
    ledger: &Ledger,
    vault: &Arc<Vault>,
    entropy: Entropy,
) -> Result<Dispatcher, StartFault> {
    let parts = DispatcherParts {
        ledger: ledger.clone(),
        outlets: Arc::new(selling),
        vault: Arc::clone(vault) as Arc<dyn webhooks::Vault>,
        clock: Arc::new(SystemClock::since_epoch),
        entropy: Box::new(entropy),
    };
    let WebhooksConfig { timeout, workers, .. } = *config;
    let settings = Settings { workers, timeout, networks: networks(config), ..Settings::default() };
    Dispatcher::start(parts, &settings).map_err(StartFault::Threads)
}

/// To which networks webhooks may lead.
pub(super) const fn networks(config: &WebhooksConfig) -> Networks {
    if config.allow_private_networks { Networks::PrivateToo } else { Networks::PublicOnly }
}

/// Notes what was told and what waits.
pub(super) fn count(app: &App) {
    if let Some(dispatcher) = &app.dispatcher {
        app.metrics.told(dispatcher.figures());
    }
}

/// Ends it; what is being sent is finished first.
pub(super) async fn stop(app: Arc<App>) {
    let stop = move || app.dispatcher.as_ref().map(|dispatcher| dispatcher.stop());
    if tokio::task::spawn_blocking(stop).await.is_err() {
        tracing::error!("the webhooks did not stop in good order");
    }
}

/// The outlets of which webhooks are told now: what is stopped is silent, and told later if it is resumed.
fn selling(store: &mut dyn LedgerStore, merchant: &MerchantId) -> Result<Vec<OutletId>, StoreFault> {
    let mut registry = Registry::over(store);
    let found = registry.merchant(&Reach::Platform, merchant).and_then(|merchant| match merchant.stopped {
        Some(_) => Ok(Vec::new()),
        None => places_of(&mut registry, &merchant.id),
    });
    match found {
        Ok(places) => {
            Ok(places.iter().filter(|place| place.stopped.is_none()).map(|place| place.outlet.id).collect())
        }
        Err(RegistryFault::NotFound(_)) => Ok(Vec::new()),
        Err(RegistryFault::Store(fault)) => Err(fault),
        Err(other) => Err(StoreFault::Unavailable(other.to_string())),
    }
}

/// All outlets of a merchant.
pub(crate) fn places_of(
    registry: &mut Registry<'_>,
    merchant: &MerchantId,
) -> Result<Vec<Place>, RegistryFault> {
    const PAGE: usize = 500;
    let reach = Reach::Merchant(merchant.clone());
    let mut places: Vec<Place> = Vec::new();
    loop {
        let after = places.last().map(|place| place.outlet.id);
        let page = registry.places(&reach, after, PAGE)?;
        let is_last = page.len() < PAGE;
        places.extend(page);
        if is_last {
            return Ok(places);
        }
    }
}
