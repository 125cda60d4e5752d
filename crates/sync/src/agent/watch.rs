use std::time::Duration;

use super::{Shared, turns::Looks};
use crate::{At, Desk, DeskFault};

/// How often it is looked for what time makes wrong.
const EVERY: Duration = Duration::from_secs(60);

/// Alerts begin and end. On a thread of its own: however long it takes, leases are renewed.
pub(super) fn run(shared: &Shared) {
    let (mut known, mut watched) = (0, At(0));
    while !shared.turns.is_stopping() {
        let now = shared.now();
        if now.since(watched) >= EVERY || now < watched {
            watched = now;
            let found = shared.ask(|store| Ok(Desk::over(store).watch(now)));
            let fault = match found {
                Ok(Ok(_)) => None,
                Ok(Err(fault)) => Some(fault),
                Err(fault) => Some(DeskFault::from(fault)),
            };
            if let Some(fault) = fault {
                tracing::warn!(%fault, "alerts of the sync could not be looked for");
            }
        }
        known = shared.turns.rest(Looks::Watch, shared.settings.poll, known);
    }
}
