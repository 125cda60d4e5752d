//! Places for connections: nobody on the network takes all of them.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::guard::Peer;

/// How many connections there are at once.
const ALL: usize = 256;
/// How many of them are kept for programs of this machine.
const KEPT: usize = 32;
/// How many one address of the network has.
const EACH: usize = 16;

/// Counts who is here, before a handshake says who it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    here: usize,
    network: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    peer: Peer,
}

impl Places {
    /// None when there is no room for this one.
    pub(super) fn take(&self, peer: Peer) -> Option<Place> {
        let mut taken = self.taken();
        if taken.here + taken.network >= ALL {
            return None;
        }
        if peer.is_here() {
            taken.here += 1;
        } else {
            let of_it = taken.by_address.get(&peer.address()).copied().unwrap_or(0);
            if of_it >= EACH || taken.network >= ALL - KEPT {
                return None;
            }
            taken.network += 1;
            taken.by_address.insert(peer.address(), of_it + 1);
        }
        drop(taken);
        Some(Place { places: self.clone(), peer })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing in here panics between two states.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if self.peer.is_here() {
            taken.here -= 1;
            return;
        }
        taken.network -= 1;
        let address = self.peer.address();
        match taken.by_address.get_mut(&address) {
            Some(of_it) if *of_it > 1 => *of_it -= 1,
            _ => drop(taken.by_address.remove(&address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(from: &str) -> Peer {
        Peer { from: from.parse().unwrap(), to: Some("192.168.1.4".parse().unwrap()) }
    }

    #[test]
    fn one_address_of_the_network_takes_few_places_and_gives_them_back() {
        let places = Places::default();
        let mut taken: Vec<Place> = (0..EACH).map(|_| places.take(peer("192.168.1.9")).unwrap()).collect();
        assert!(places.take(peer("192.168.1.9")).is_none());
        assert!(places.take(peer("::ffff:192.168.1.9")).is_none(), "written otherwise it is the same");
        assert!(places.take(peer("192.168.1.8")).is_some());
        taken.pop();
        assert!(places.take(peer("192.168.1.9")).is_some());
        drop(taken);
        assert!(places.taken().by_address.is_empty());
    }

    #[test]
    fn the_network_leaves_places_for_this_machine() {
        let places = Places::default();
        let network: Vec<Place> = (0..=255u8)
            .flat_map(|host| (0..2).map(move |_| format!("10.0.0.{host}")))
            .map_while(|from| places.take(peer(&from)))
            .collect();
        assert_eq!(network.len(), ALL - KEPT);
        let own: Vec<Place> = ["127.0.0.1", "192.168.1.4"]
            .into_iter()
            .cycle()
            .map_while(|from| places.take(peer(from)))
            .collect();
        assert_eq!(own.len(), KEPT);
    }
}
