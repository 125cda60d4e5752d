//! How many connections may be, how many of them from one neighbourhood, and when they are few.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Neighbourhood;

/// The places of a server's connections.
#[derive(Clone)]
pub(super) struct Places {
    all: usize,
    free: Arc<Semaphore>,
    /// How many have a client; one more waits for the next.
    held: Arc<AtomicUsize>,
    /// How many of them each neighbourhood has.
    shares: Arc<Mutex<BTreeMap<Neighbourhood, usize>>>,
}

/// A client's place, free again when this is dropped.
pub(super) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    places: Places,
    neighbourhood: Neighbourhood,
}

/// While fewer than this part of all places is free, connections are not kept for further requests: clients that only
/// keep theirs would keep others out. Of fewer than 8 places it is none.
const SCARCE: usize = 8;
/// While fewer than this part is free, who is slow to say what he wants does not keep his place.
const FEW: usize = 4;
/// Fewer places than these are not shared out: a share of them would be nothing.
const SHARED: usize = 64;

impl Places {
    pub(super) fn new(all: NonZeroUsize) -> Self {
        let all = all.get().min(Semaphore::MAX_PERMITS);
        Self { all, free: Arc::new(Semaphore::new(all)), held: Arc::default(), shares: Arc::default() }
    }

    /// Waits until there is a place for the next client.
    pub(super) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A client has come for the place that waited; none if its neighbourhood has its share already: a quarter of all
    /// places, three quarters on this machine, where proxies are that nobody named. A trusted proxy has no share: it speaks
    /// for many.
    pub(super) fn hold(
        &self,
        permit: Option<OwnedSemaphorePermit>,
        peer: IpAddr,
        is_proxy: bool,
    ) -> Option<Place> {
        let neighbourhood = Neighbourhood::of(peer);
        let most = match peer.to_canonical().is_loopback() {
            _ if is_proxy || self.all < SHARED => self.all,
            true => self.all / 4 * 3,
            false => self.all / 4,
        };
        let mut shares = self.shares();
        let share = shares.entry(neighbourhood).or_default();
        // One that has its share has somebody: no entry stays empty.
        if *share >= most {
            return None;
        }
        *share += 1;
        drop(shares);
        self.held.fetch_add(1, Ordering::Relaxed);
        Some(Place { _permit: permit, places: self.clone(), neighbourhood })
    }

    fn shares(&self) -> MutexGuard<'_, BTreeMap<Neighbourhood, usize>> {
        // A thread that panicked between two left them whole.
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether none is free.
    pub(super) fn are_full(&self) -> bool {
        self.free.available_permits() == 0
    }

    pub(super) fn are_few(&self) -> bool {
        self.all.saturating_sub(self.held.load(Ordering::Relaxed)) < self.all / FEW
    }

    pub(super) fn are_scarce(&self) -> bool {
        self.all.saturating_sub(self.held.load(Ordering::Relaxed)) < self.all / SCARCE
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.held.fetch_sub(1, Ordering::Relaxed);
        let mut shares = self.places.shares();
        if let Some(share) = shares.get_mut(&self.neighbourhood) {
            *share -= 1;
            if *share == 0 {
                shares.remove(&self.neighbourhood);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a hundred from one address find a place among so many.
    fn found(all: usize, from: &str, is_proxy: bool) -> usize {
        let places = Places::new(NonZeroUsize::new(all).unwrap());
        let peer = from.parse().unwrap();
        let held: Vec<_> = (0..100).filter_map(|_| places.hold(None, peer, is_proxy)).collect();
        let count = held.len();
        drop(held);
        assert!(places.shares().is_empty() && !places.are_few(), "all are free again");
        count
    }

    #[test]
    fn one_neighbourhood_has_a_quarter_and_this_machine_three() {
        assert_eq!(found(100, "192.0.2.7", false), 25);
        assert_eq!(found(100, "2001:db8::7", false), 25);
        assert_eq!(found(100, "127.0.0.2", false), 75);
        assert_eq!(found(100, "192.0.2.7", true), 100, "a proxy speaks for many");
        assert_eq!(found(16, "192.0.2.7", false), 16, "of few there are no shares");
    }

    #[test]
    fn neighbours_share_and_strangers_do_not() {
        let places = Places::new(NonZeroUsize::new(100).unwrap());
        let hold = |from: &str| places.hold(None, from.parse().unwrap(), false);
        let mut held: Vec<_> = (0..25).filter_map(|n| hold(&format!("2001:db8::{n}"))).collect();
        assert_eq!(held.len(), 25);
        assert!(hold("2001:db8::ffff").is_none(), "it is the same customer");
        assert!(hold("2001:db8:0:1::1").is_some() && hold("192.0.2.7").is_some());
        held.pop();
        assert!(hold("2001:db8::ffff").is_some(), "one went");
    }
}
