use std::{fmt, net::IpAddr, str::FromStr};

/// One address, or all that begin with the same bits: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits are the same.
    bits: u8,
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFault {
    /// It is nothing of the kind.
    #[error("an address or a network is expected, as 127.0.0.1, 10.0.0.0/8 or fd00::/8")]
    Text,
    /// There are ones behind the bits that count: which network was meant?
    #[error(
        "the address has more bits than the network counts: the first of its addresses is expected, as 10.0.0.0/8"
    )]
    HostBits,
    /// `0.0.0.0/0` and `::/0`.
    #[error("this is everybody: name the addresses of your own proxies")]
    Everybody,
    /// An IPv4 address in the form of IPv6.
    #[error("write it as IPv4: ::ffff:10.0.0.0/104 is 10.0.0.0/8")]
    Mapped,
}

impl Network {
    /// Whether an address is of it. An IPv4 address in the form of IPv6 is one of IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = width(self.address) - u32::from(self.bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()) >> shift == 0,
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()) >> shift == 0,
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkFault;

    fn from_str(text: &str) -> Result<Self, NetworkFault> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NetworkFault::Text)?;
        if address.to_canonical() != address {
            return Err(NetworkFault::Mapped);
        }
        let width = width(address);
        let bits = match bits {
            None => width,
            // A number as it is written, without a sign.
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= width).ok_or(NetworkFault::Text)?
            }
            Some(_) => return Err(NetworkFault::Text),
        };
        if bits == 0 {
            return Err(NetworkFault::Everybody);
        }
        let trailing = match address {
            IpAddr::V4(address) => address.to_bits().trailing_zeros(),
            IpAddr::V6(address) => address.to_bits().trailing_zeros(),
        };
        if trailing < width - bits {
            return Err(NetworkFault::HostBits);
        }
        // At most 128.
        Ok(Self { address, bits: u8::try_from(bits).map_err(|_| NetworkFault::Text)? })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        for (text, inside, outside) in [
            (
                "10.0.0.0/8",
                ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0", "::a00:1"],
            ),
            ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7"], ["192.0.2.6", "192.0.2.8", "::1"]),
            (
                "127.0.0.0/31",
                ["127.0.0.0", "127.0.0.1", "127.0.0.1"],
                ["127.0.0.2", "126.255.255.255", "::1"],
            ),
            (
                "128.0.0.0/1",
                ["128.0.0.0", "255.255.255.255", "200.1.1.1"],
                ["127.255.255.255", "0.0.0.0", "ffff::"],
            ),
            (
                "2001:db8::/32",
                ["2001:db8::", "2001:db8:ffff::1", "2001:db8::9"],
                ["2001:db9::", "::1", "32.1.13.184"],
            ),
            ("::1", ["::1", "::1", "::1"], ["::2", "::", "127.0.0.1"]),
        ] {
            let network = network(text);
            for address in inside {
                assert!(network.contains(address.parse().unwrap()), "{address} is of {text}");
            }
            for address in outside {
                assert!(!network.contains(address.parse().unwrap()), "{address} is not of {text}");
            }
        }
    }

    #[test]
    fn what_is_no_network_of_anybodys_is_refused() {
        use NetworkFault::{Everybody, HostBits, Mapped, Text};
        for (text, fault) in [
            ("", Text),
            ("proxy.example", Text),
            ("10.0.0.0/", Text),
            ("10.0.0.0/33", Text),
            ("10.0.0.0/+8", Text),
            ("10.0.0.0/8/8", Text),
            ("10.0.0/8", Text),
            ("::/129", Text),
            (" 10.0.0.1", Text),
            ("10.0.0.1/8", HostBits),
            ("fd00::1/64", HostBits),
            ("0.0.0.0/0", Everybody),
            ("::/0", Everybody),
            ("::ffff:10.0.0.0/104", Mapped),
        ] {
            assert_eq!(text.parse::<Network>(), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn a_network_is_written_with_its_bits() {
        for (text, written) in [("10.0.0.0/8", "10.0.0.0/8"), ("::1", "::1/128"), ("10.0.0.1", "10.0.0.1/32")]
        {
            assert_eq!(network(text).to_string(), written);
            assert_eq!(network(written), network(text));
        }
    }
}
