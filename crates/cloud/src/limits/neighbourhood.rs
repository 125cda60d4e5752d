use std::net::{IpAddr, Ipv4Addr};

/// Addresses that are one client as far as anybody can tell: an IPv4 address, or an IPv6 network of 64 bits, of which
/// one customer has at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Neighbourhood {
    V4(Ipv4Addr),
    /// The first half of the address.
    V6(u64),
}

impl Neighbourhood {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d].into_iter().fold(0, |bits, part| bits << 16 | u64::from(part)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Neighbourhood {
        Neighbourhood::of(text.parse().unwrap())
    }

    #[test]
    fn a_customer_is_an_ipv4_address_or_64_bits_of_ipv6() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.6"));
        assert_ne!(of("::"), of("0.0.0.0"));
    }
}
