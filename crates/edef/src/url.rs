use std::{fmt, net::IpAddr, str::FromStr};

use ureq::http::Uri;

/// The root of the authority's API: `https://host[:port][/path]`, without a user, a query, a fragment or a slash at its end.
///
/// Plain `http://` is for this machine itself, where that is allowed. Two that are written alike are one machine's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiUrl {
    text: String,
    host: String,
}

/// Why the API cannot be at a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It is none.
    #[error("this is no URL of the authority: write https://, a host and a path, without a query")]
    Form,
    /// It is too long.
    #[error("the authority's URL has at most 256 bytes: shorten it")]
    Long,
    /// Anybody on the way could read the token.
    #[error("the authority's URL begins with https://: http:// is for a simulator on this machine")]
    NotSecure,
    /// It has a user or a password in it.
    #[error("the authority's URL names no user: the token says who asks")]
    User,
    /// The configuration does not name the host.
    #[error("this host is not among the authority's: name it in [authority] hosts of the configuration")]
    Host,
}

impl UrlFault {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "AUTHORITY_URL_FORM",
            Self::Long => "AUTHORITY_URL_LONG",
            Self::NotSecure => "AUTHORITY_URL_NOT_SECURE",
            Self::User => "AUTHORITY_URL_USER",
            Self::Host => "AUTHORITY_URL_HOST",
        }
    }
}

impl ApiUrl {
    /// The longest, in bytes.
    pub const MAX_LENGTH: usize = 256;
    /// The authority's service.
    pub const PRODUCTION_HOST: &'static str = "edef.dgirdc.cd";
    /// The authority's service for tests.
    pub const TEST_HOST: &'static str = "developper.dgirdc.cd";

    /// Reads one that may be used under these settings.
    pub fn read(text: &str, hosts: &Hosts) -> Result<Self, UrlFault> {
        let url: Self = text.parse()?;
        if !url.is_secure() && !hosts.plain_loopback {
            return Err(UrlFault::NotSecure);
        }
        if hosts.allow(&url) { Ok(url) } else { Err(UrlFault::Host) }
    }

    /// The text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, in small letters, without its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether what is finalised there is a test: all but the authority's own service.
    pub fn is_test(&self) -> bool {
        self.host != Self::PRODUCTION_HOST
    }

    fn is_secure(&self) -> bool {
        self.text.starts_with("https://")
    }
}

/// As it is stored: the settings may have been others when it was made, and `http://` is for this machine whatever they are.
impl FromStr for ApiUrl {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        if text.len() > Self::MAX_LENGTH {
            return Err(UrlFault::Long);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['?', '#', '\\', '%']) {
            return Err(UrlFault::Form);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlFault::Form)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => "https",
            "http" => "http",
            _ => return Err(UrlFault::NotSecure),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(UrlFault::User);
        }
        let path = path.trim_end_matches('/');
        if !path.is_empty() && path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(UrlFault::Form);
        }
        let authority = authority.to_ascii_lowercase();
        let uri: Uri = format!("{scheme}://{authority}/").parse().map_err(|_| UrlFault::Form)?;
        let host = uri.host().unwrap_or_default().to_owned();
        let port = authority.strip_prefix(host.as_str()).unwrap_or_default();
        let port_is_right = port.is_empty()
            || port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0);
        if !port_is_right || !is_host(&host) {
            return Err(UrlFault::Form);
        }
        if scheme == "http" && !is_loopback(&host) {
            return Err(UrlFault::NotSecure);
        }
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(&authority);
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(Self { text: format!("{scheme}://{authority}{slash}{path}"), host })
    }
}

fn address_of(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}

fn is_host(host: &str) -> bool {
    let name = (1..=253).contains(&host.len())
        && !host.starts_with('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    name || address_of(host).is_some()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address_of(host).is_some_and(|address| address.is_loopback())
}

/// The hosts at which the authority may be; no token is sent anywhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    names: Vec<String>,
    plain_loopback: bool,
}

impl Hosts {
    /// These hosts, as a configuration names them, with a port or without; one without a port allows each.
    /// `plain_loopback` allows those of them that are this machine to be without TLS: simulators.
    pub fn new(names: impl IntoIterator<Item = String>, plain_loopback: bool) -> Self {
        let names = names.into_iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Self { names, plain_loopback }
    }

    fn allow(&self, url: &ApiUrl) -> bool {
        let rest = url.text.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        self.names.iter().any(|name| name == url.host() || name == authority)
    }
}

impl Default for Hosts {
    /// The authority's own service and no other.
    fn default() -> Self {
        Self { names: vec![ApiUrl::PRODUCTION_HOST.to_owned()], plain_loopback: false }
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiUrl({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(plain_loopback: bool) -> Hosts {
        Hosts::new(
            ["edef.dgirdc.cd", "Developper.DGIRDC.cd", "127.0.0.1:9000", "localhost", "[::1]"]
                .map(String::from),
            plain_loopback,
        )
    }

    #[test]
    fn a_url_has_one_form() {
        for (text, form) in [
            ("https://edef.dgirdc.cd", "https://edef.dgirdc.cd"),
            ("HTTPS://EDEF.dgirdc.cd:443/", "https://edef.dgirdc.cd"),
            ("https://developper.dgirdc.cd/edef//", "https://developper.dgirdc.cd/edef"),
            ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
            ("http://localhost:80/edef", "http://localhost/edef"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(
                ApiUrl::read(text, &hosts(true)).map(|url| url.to_string()),
                Ok(form.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_authority_cannot_be_at_is_refused_by_name() {
        use UrlFault::{Form, Host, Long, NotSecure, User};
        let long = format!("https://edef.dgirdc.cd/{}", "a".repeat(256));
        for (text, fault) in [
            ("", Form),
            ("edef.dgirdc.cd", Form),
            ("https://", Form),
            ("https://edef.dgirdc.cd:0/", Form),
            ("https://edef.dgirdc.cd/a/../b", Form),
            ("https://edef.dgirdc.cd/a//b", Form),
            ("https://edef.dgirdc.cd/?x=1", Form),
            ("https://edef.dgirdc.cd/#x", Form),
            ("https://edef.dgirdc.cd/%2e%2e", Form),
            ("https://édef.cd/", Form),
            ("https://edef.dgirdc.cd\\@example.cd", Form),
            ("https://edef.dgirdc.cd@example.cd/", User),
            ("ftp://edef.dgirdc.cd/", NotSecure),
            ("http://edef.dgirdc.cd/", NotSecure),
            ("http://10.0.0.1/", NotSecure),
            ("http://localhost.example.cd/", NotSecure),
            ("https://example.cd/", Host),
            ("https://edef.dgirdc.cd.example.cd/", Host),
            ("https://127.0.0.1:9001/", Host),
            ("http://127.0.0.1:9001/", Host),
            (&long, Long),
        ] {
            assert_eq!(ApiUrl::read(text, &hosts(true)), Err(fault), "{text}");
        }
    }

    #[test]
    fn without_tls_even_this_machine_has_to_be_allowed() {
        let read = |plain| ApiUrl::read("http://127.0.0.1:9000", &hosts(plain)).map(|_| ());
        assert_eq!(read(true), Ok(()));
        assert_eq!(read(false), Err(UrlFault::NotSecure));
        assert!(ApiUrl::read("https://127.0.0.1:9000", &hosts(false)).is_ok());
    }

    #[test]
    fn by_default_only_the_authoritys_own_service_is_allowed_and_all_others_are_tests() {
        let production = ApiUrl::read("https://edef.dgirdc.cd", &Hosts::default()).unwrap();
        assert!(!production.is_test());
        let test = "https://developper.dgirdc.cd/edef";
        assert_eq!(ApiUrl::read(test, &Hosts::default()), Err(UrlFault::Host));
        assert!(ApiUrl::read(test, &hosts(false)).unwrap().is_test());
    }
}
