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
    known: Mutex<Known<ResolvedSocketAddrs>>,
}

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
        let known = self.known().of(&host, now);
        if let Some(addresses) = known {
            return Ok(addresses);
        }
        let addresses = self.0.asks.resolve(uri, config, timeout)?;
        self.known().keep(host, addresses.clone(), now);
        Ok(addresses)
    }
}

impl Remembered {
    /// Nobody is at the addresses any more, perhaps: they are asked for again.
    pub(super) fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known<ResolvedSocketAddrs>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was answered for each host, and when.
#[derive(Debug)]
struct Known<T>(BTreeMap<String, (Instant, T)>);

const LASTS: Duration = Duration::from_secs(60);
/// Of more hosts than an installation has, the addresses are asked for again.
const HOSTS: usize = 64;

impl<T: Clone> Known<T> {
    fn of(&self, host: &str, now: Instant) -> Option<T> {
        let (since, addresses) = self.0.get(host)?;
        (now.duration_since(*since) < LASTS).then(|| addresses.clone())
    }

    fn keep(&mut self, host: String, addresses: T, now: Instant) {
        if self.0.len() >= HOSTS {
            self.0.clear();
        }
        self.0.insert(host, (now, addresses));
    }
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long addresses are good is a matter of this process's own time"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_good_for_a_minute_and_those_of_another_host_are_not_taken() {
        let (mut known, then) = (Known::default(), now());
        known.keep("edef.dgirdc.cd:443".to_owned(), 1, then);
        assert_eq!(known.of("edef.dgirdc.cd:443", then + LASTS - Duration::from_millis(1)), Some(1));
        assert_eq!(known.of("edef.dgirdc.cd:443", then + LASTS), None);
        assert_eq!(known.of("edef.dgirdc.cd:8443", then), None);
        known.keep("edef.dgirdc.cd:443".to_owned(), 2, then + LASTS);
        assert_eq!(known.of("edef.dgirdc.cd:443", then + LASTS), Some(2));
    }

    #[test]
    fn many_hosts_are_not_kept_for_ever() {
        let (mut known, then) = (Known::default(), now());
        for host in 0..1_000 {
            known.keep(format!("host-{host}"), host, then);
            assert!(known.0.len() <= HOSTS);
            assert_eq!(known.of(&format!("host-{host}"), then), Some(host));
        }
    }
}
