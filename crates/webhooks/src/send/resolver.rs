use std::{fmt, io, net::SocketAddr};

use ureq::{
    Error,
    config::Config,
    http::{Uri, uri::Scheme},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

use crate::address::{Networks, is_public};

/// Looks a host up each time that something is sent, and gives only addresses to which something may be sent. The
/// connection goes to one of these, so that a name cannot mean another address a moment later.
#[derive(Debug)]
pub(super) struct CheckedResolver(pub(super) Networks);

/// An address is one to which nothing is sent.
#[derive(Debug)]
pub(super) struct NotAllowed;

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is sent to this address")
    }
}

impl std::error::Error for NotAllowed {}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout);
        let found = found.map_err(|error| match error {
            Error::Timeout(which) => Error::Timeout(which),
            _ => Error::HostNotFound,
        })?;
        // One that is not allowed spoils all: who mixes them means no good.
        if found.iter().all(|address| self.allows(uri, address)) {
            Ok(found)
        } else {
            Err(Error::Io(io::Error::new(io::ErrorKind::PermissionDenied, NotAllowed)))
        }
    }
}

impl CheckedResolver {
    fn allows(&self, uri: &Uri, address: &SocketAddr) -> bool {
        let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
        match (self.0, is_public(address.ip())) {
            (Networks::PublicOnly, is_public) => is_secure && is_public,
            (Networks::PrivateToo, is_public) => is_secure || !is_public,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_settings_allow_is_connected_to() {
        use Networks::{PrivateToo, PublicOnly};
        for (networks, url, address, is_allowed) in [
            (PublicOnly, "https://a/", "8.8.8.8:443", true),
            (PublicOnly, "https://a/", "127.0.0.1:443", false),
            (PublicOnly, "https://a/", "[::ffff:8.8.8.8]:443", false),
            (PublicOnly, "http://a/", "8.8.8.8:80", false),
            (PrivateToo, "https://a/", "8.8.8.8:443", true),
            (PrivateToo, "https://a/", "10.0.0.1:443", true),
            (PrivateToo, "http://a/", "10.0.0.1:80", true),
            (PrivateToo, "http://a/", "8.8.8.8:80", false),
        ] {
            let (uri, address) = (url.parse().unwrap(), address.parse().unwrap());
            assert_eq!(CheckedResolver(networks).allows(&uri, &address), is_allowed, "{url} {address}");
        }
    }
}
