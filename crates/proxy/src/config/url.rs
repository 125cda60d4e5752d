use std::{fmt, net::IpAddr, str::FromStr};

/// Where a cloud is: `https://host[:port]`, or `http://` on this machine only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CloudUrl {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl CloudUrl {
    /// As a `Host` header has it.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for CloudUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

impl FromStr for CloudUrl {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        let form = || UrlFault::Form(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
        let tls = match scheme {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(form()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split(authority).ok_or_else(form)?;
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(form)?,
            None if tls => 443,
            None => 80,
        };
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte);
        if host.is_empty() || !host.bytes().all(known) {
            return Err(form());
        }
        if !tls && !is_loopback(host) {
            return Err(UrlFault::Plain(text.to_owned()));
        }
        Ok(Self { tls, host: host.to_owned(), port })
    }
}

/// A host and what follows its colon; an IPv6 address stands in brackets.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match rest {
            "" => Some((host, None)),
            rest => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why an address is no cloud's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Not of its form.
    #[error("{0:?} is no cloud's address: write it like https://cloud.example")]
    Form(String),
    /// Not encrypted, and not on this machine.
    #[error("{0:?} is not encrypted: http:// is for this machine only, write https://")]
    Plain(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_was_read() {
        for text in [
            "https://cloud.example",
            "https://cloud.example:8443",
            "http://127.0.0.1:8080",
            "http://[::1]:80",
        ] {
            let url: CloudUrl = text.parse().unwrap();
            assert_eq!(url.to_string().parse(), Ok(url), "{text}");
        }
        let url: CloudUrl = "wss://cloud.example/".parse().unwrap();
        assert_eq!(url.to_string(), "https://cloud.example");
    }

    #[test]
    fn what_is_not_encrypted_stays_on_this_machine() {
        for text in ["http://cloud.example", "ws://192.168.1.5:80", "http://127.0.0.1.evil.example"] {
            assert!(matches!(text.parse::<CloudUrl>(), Err(UrlFault::Plain(_))), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "cloud.example",
            "https://",
            "https://a b",
            "https://x:0",
            "https://x/path",
            "ftp://x",
            "https://u@x",
        ] {
            assert!(matches!(text.parse::<CloudUrl>(), Err(UrlFault::Form(_))), "{text}");
        }
    }
}
