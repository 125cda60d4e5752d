//! How many connections may be, and when they are few.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a server's connections.
#[derive(Clone)]
pub(super) struct Places {
    all: usize,
    free: Arc<Semaphore>,
    /// How many have a client; one more waits for the next.
    held: Arc<AtomicUsize>,
}

/// A client's place, free again when this is dropped.
pub(super) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    held: Arc<AtomicUsize>,
}

/// While fewer than this part of all places is free, connections are not kept for further requests: clients that only
/// keep theirs would keep others out. Of fewer than 8 places it is none.
const SCARCE: usize = 8;

impl Places {
    pub(super) fn new(all: NonZeroUsize) -> Self {
        let all = all.get().min(Semaphore::MAX_PERMITS);
        Self { all, free: Arc::new(Semaphore::new(all)), held: Arc::default() }
    }

    /// Waits until there is a place for the next client.
    pub(super) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A client has come for the place that waited.
    pub(super) fn hold(&self, permit: Option<OwnedSemaphorePermit>) -> Place {
        self.held.fetch_add(1, Ordering::Relaxed);
        Place { _permit: permit, held: Arc::clone(&self.held) }
    }

    pub(super) fn are_scarce(&self) -> bool {
        self.all.saturating_sub(self.held.load(Ordering::Relaxed)) < self.all / SCARCE
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::Relaxed);
    }
}
