//! How many connections may be, and when they are few.

use std::{num::NonZeroUsize, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a server's connections.
#[derive(Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    scarce: usize,
}

/// While fewer than this part of all places is free, connections are not kept for further requests: clients that only
/// keep theirs would keep others out. Of fewer than 8 places it is none.
const SCARCE: usize = 8;

impl Places {
    pub(super) fn new(all: NonZeroUsize) -> Self {
        let all = all.get().min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(all)), scarce: all / SCARCE }
    }

    /// Waits for a place; it is free again when what this returns is dropped.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    pub(super) fn are_scarce(&self) -> bool {
        self.free.available_permits() < self.scarce
    }
}
