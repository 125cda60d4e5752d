//! Who asks from where, when a proxy stands between.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{HeaderMap, HeaderName};

use crate::config::Network;

/// The address that a request comes from, in its extensions: the connection's other end or, if that is a trusted proxy,
/// the one that it names. Never an IPv4 address in the form of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

impl ClientAddress {
    /// Each proxy adds on the right whom it heard. So the list is read from there, and the first that is no proxy of
    /// ours is who asks: what stands left of it is only what that one says. A list that cannot be read to that point
    /// says nothing.
    pub(super) fn of(peer: IpAddr, trusted: &[Network], headers: &HeaderMap) -> Self {
        let peer = peer.to_canonical();
        let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
        if !is_trusted(peer) {
            return Self(peer);
        }
        let mut furthest = peer;
        for value in headers.get_all(FORWARDED).iter().rev() {
            let Ok(list) = value.to_str() else { return Self(peer) };
            for element in list.rsplit(',') {
                let Some(address) = address(element.trim()) else { return Self(peer) };
                if !is_trusted(address) {
                    return Self(address);
                }
                furthest = address;
            }
        }
        // All of them are ours: it began at the one that is furthest.
        Self(furthest)
    }
}

/// As proxies write it: an address, or one with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = text.parse().ok().or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn trusted() -> Vec<Network> {
        ["10.0.0.0/8", "::1", "fd00::/8"].iter().map(|text| text.parse().unwrap()).collect()
    }

    fn from(peer: &str, headers: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for text in headers {
            map.append(FORWARDED, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        }
        ClientAddress::of(peer.parse().unwrap(), &trusted(), &map).0.to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        assert_eq!(from("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(from(PROXY, &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("::ffff:192.0.2.7", &[]), "192.0.2.7");
        let nobody = ClientAddress::of(PROXY.parse().unwrap(), &[], &HeaderMap::new());
        assert_eq!(nobody.0.to_string(), PROXY);
    }

    #[test]
    fn what_a_client_says_itself_stands_left_and_is_not_believed() {
        for said in ["203.0.113.9", "10.0.0.9", "nonsense", "", "127.0.0.1, 1.1.1.1"] {
            assert_eq!(from(PROXY, &[&format!("{said}, 198.51.100.1")]), "198.51.100.1", "{said:?}");
            assert_eq!(from(PROXY, &[said, "198.51.100.1, 10.9.9.9"]), "198.51.100.1", "{said:?}");
        }
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, address) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("  198.51.100.1\t", "198.51.100.1"),
        ] {
            assert_eq!(from(PROXY, &[text]), address, "{text:?}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_says_nothing() {
        for list in [
            "",
            "unknown",
            "198.51.100.1, ",
            "198.51.100.1,,10.0.0.2",
            "198.51.100",
            "198.51.100.1 10.0.0.2",
            "é",
        ] {
            assert_eq!(from(PROXY, &[list]), PROXY, "{list:?}");
        }
        assert_eq!(from(PROXY, &[]), PROXY);
    }

    #[test]
    fn when_all_are_ours_the_furthest_asks() {
        assert_eq!(from("::1", &["10.1.1.1, fd00::9", "10.2.2.2"]), "10.1.1.1");
    }

    proptest! {
        #[test]
        fn no_list_makes_a_client_what_the_last_proxy_did_not_hear(said in "[ -~]{0,60}") {
            let list = format!("{said}, 198.51.100.1, 10.2.2.2");
            prop_assert_eq!(from(PROXY, &[&list]), "198.51.100.1");
            prop_assert_eq!(from("192.0.2.7", &[&said]), "192.0.2.7");
        }
    }
}
