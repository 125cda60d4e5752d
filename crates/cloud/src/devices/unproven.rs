//! Connections that have not proven themselves yet: few at once, and few from one neighbourhood.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use super::link::locked;
use crate::limits::Neighbourhood;

/// All of them, and those of each neighbourhood.
#[derive(Clone, Default)]
pub(super) struct Unproven(Arc<Mutex<BTreeMap<Neighbourhood, usize>>>);

/// One of them, until this is dropped.
pub(super) struct Place {
    all: Unproven,
    neighbourhood: Neighbourhood,
}

/// So many at once.
const MOST: usize = 512;
/// So many of one neighbourhood: a shop has one.
const OF_ONE: usize = 16;
/// So many on this machine, where proxies are that end TLS and that nobody named.
const OF_THIS_MACHINE: usize = 256;

impl Unproven {
    /// One more, if there is a place.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let neighbourhood = Neighbourhood::of(address);
        let most = if address.to_canonical().is_loopback() { OF_THIS_MACHINE } else { OF_ONE };
        let mut all = locked(&self.0);
        if all.values().sum::<usize>() >= MOST {
            return None;
        }
        let own = all.entry(neighbourhood).or_default();
        if *own >= most {
            return None;
        }
        *own += 1;
        drop(all);
        Some(Place { all: self.clone(), neighbourhood })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = locked(&self.all.0);
        if let Some(own) = all.get_mut(&self.neighbourhood) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.neighbourhood);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_neighbourhood_has_few_places_and_they_are_free_again() {
        let unproven = Unproven::default();
        let take = |address: &str| unproven.take(address.parse().unwrap());
        let held: Vec<_> = (0..100).filter_map(|_| take("192.0.2.7")).collect();
        assert_eq!(held.len(), OF_ONE);
        assert!(take("192.0.2.8").is_some() && take("127.0.0.1").is_some());
        drop(held);
        assert!(take("192.0.2.7").is_some() && locked(&unproven.0).is_empty());
    }
}
