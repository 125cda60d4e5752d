use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Asks for a host's addresses once a minute, and not for each call: the library asks before it looks for a connection that
/// is open, and has a thread for each question.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered(Arc<Addresses>);

#[derive(Debug, Default)]
struct Addresses {
    asks: DefaultResolver,
    known: Mutex<BTreeMap<String, Known>>,
}

#[derive(Debug)]
struct Known {
    since: Instant,
    addresses: ResolvedSocketAddrs,
}

const LASTS: Duration = Duration::from_secs(60);
/// Of more hosts than an installation has, the addresses are asked for again.
const HOSTS: usize = 64;

impl Resolver for Remembered {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.scheme().zip(uri.authority());
        let host = host.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let Some(host) = host else { return self.0.asks.resolve(uri, config, timeout) };
        let now = now();
        let all = self.known();
        let known = all.get(&host).filter(|known| now.duration_since(known.since) < LASTS);
        if let Some(addresses) = known.map(|known| known.addresses.clone()) {
            return Ok(addresses);
        }
        drop(all);
        let addresses = self.0.asks.resolve(uri, config, timeout)?;
        let mut all = self.known();
        if all.len() >= HOSTS {
            all.clear();
        }
        all.insert(host, Known { since: now, addresses: addresses.clone() });
        Ok(addresses)
    }
}

impl Remembered {
    /// Nobody is at the addresses any more, perhaps: they are asked for again.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long addresses are good is a matter of this process's own time"
)]
fn now() -> Instant {
    Instant::now()
}
