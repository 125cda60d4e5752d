//! Tells a device up to where the ledger holds everything (D10): beside the way in, because a device may be long about it.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{grants, link::Link};
use crate::app::App;

/// It is told at most so often, or after so many invoices.
const EVERY: Duration = Duration::from_secs(5);
const INVOICES: u64 = 64;

/// Tells it, for as long as the session lasts.
pub(super) async fn tell(app: Arc<App>, link: Arc<Link>) {
    let mut teller = Teller { told: None, number: 0 };
    let mut held = link.watch_held();
    loop {
        let due = teller.due(&link);
        tokio::select! {
            () = link.over() => return,
            changed = held.changed() => if changed.is_err() { return },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => teller.tell(&app, &link).await,
        }
    }
}

struct Teller {
    told: Option<Instant>,
    /// The newest number when it was told.
    number: u64,
}

impl Teller {
    /// When it is to be told at the latest, if there is something to tell.
    fn due(&self, link: &Link) -> Option<Instant> {
        let number = link.held().number.map_or(0, |number| number.value());
        if number == self.number {
            return None;
        }
        let is_much = number.abs_diff(self.number) >= INVOICES;
        Some(match self.told {
            Some(told) if !is_much => told + EVERY,
            _ => Instant::now(),
        })
    }

    async fn tell(&mut self, app: &Arc<App>, link: &Arc<Link>) {
        self.told = Some(Instant::now());
        self.number = link.held().number.map_or(0, |number| number.value());
        if !link.retired && self.number > 0 {
            grants::acknowledge(app, link).await;
        }
    }
}
