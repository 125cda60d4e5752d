use std::{fmt, net::IpAddr, str::FromStr};

use ureq::http::Uri;

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

/// The root of the authority's API: `https://host[:port][/path]`, without a user, a query, a fragment or a slash at its end.
///
/// Plain `http://` is for this machine itself, where that is allowed. Two that are written alike are one machine's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiUrl {
    text: String,
    host: String,
    port: u16,
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

    /// Whether who answers there is the same as at another: by scheme, host and port.
    pub fn is_at(&self, other: &Self) -> bool {
        (self.is_secure(), &self.host, self.port) == (other.is_secure(), &other.host, other.port)
    }

    /// Whether what is finalised there is a test: all but the authority's own service at its own port.
    pub fn is_test(&self) -> bool {
        self.host != Self::PRODUCTION_HOST || self.port != HTTPS_PORT
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
        let (host, port) = host_and_port(authority).ok_or(UrlFault::Form)?;
        if scheme == "http" && !is_loopback(&host) {
            return Err(UrlFault::NotSecure);
        }
        let usual = if scheme == "https" { HTTPS_PORT } else { HTTP_PORT };
        let port = port.unwrap_or(usual);
        let shown = if port == usual { String::new() } else { format!(":{port}") };
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(Self { text: format!("{scheme}://{host}{shown}{slash}{path}"), host, port })
    }
}

/// What a host and its port are, in their one form; none of a text that is neither.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.to_ascii_lowercase();
    let uri: Uri = format!("https://{text}/").parse().ok()?;
    let host = uri.host()?;
    let port = match text.strip_prefix(host)? {
        "" => None,
        port => {
            let digits =
                port.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?;
            Some(digits.parse().ok().filter(|port| *port > 0)?)
        }
    };
    let host = match address_of(host) {
        Some(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    };
    is_host(&host).then_some((host, port))
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
    allowed: Vec<(String, Option<u16>)>,
    plain_loopback: bool,
}

impl Hosts {
    /// These hosts, as a configuration names them, with a port or without; one without a port allows each, and a text that
    /// is no host allows nothing. `plain_loopback` allows those of them that are this machine to be without TLS: simulators.
    pub fn new(names: impl IntoIterator<Item = String>, plain_loopback: bool) -> Self {
        let allowed = names.into_iter().filter_map(|name| host_and_port(name.trim())).collect();
        Self { allowed, plain_loopback }
    }

    /// Whether a text is a host, with a port or without.
    pub fn is_host(text: &str) -> bool {
        host_and_port(text).is_some()
    }

    fn allow(&self, url: &ApiUrl) -> bool {
        self.allowed.iter().any(|(host, port)| *host == url.host && port.is_none_or(|port| port == url.port))
    }
}

impl Default for Hosts {
    /// The authority's own service and no other.
    fn default() -> Self {
        Self { allowed: vec![(ApiUrl::PRODUCTION_HOST.to_owned(), None)], plain_loopback: false }
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
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            ("https://edef.dgirdc.cd:0443", "https://edef.dgirdc.cd"),
            ("http://127.0.0.1:09000", "http://127.0.0.1:9000"),
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
            ("https://edef.dgirdc.cd:+443/", Form),
            ("https://edef.dgirdc.cd:/", Form),
            ("https://edef.dgirdc.cd:65536/", Form),
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

    #[test]
    fn a_host_named_with_its_usual_port_or_in_capitals_is_that_host_at_that_port() {
        let hosts = Hosts::new(["EDEF.dgirdc.cd:443", "[0::1]:80"].map(String::from), true);
        for (text, may) in [
            ("https://edef.dgirdc.cd", Ok(())),
            ("https://edef.dgirdc.cd:443", Ok(())),
            ("https://edef.dgirdc.cd:8443", Err(UrlFault::Host)),
            ("http://[::1]", Ok(())),
            ("http://[::1]:81", Err(UrlFault::Host)),
        ] {
            assert_eq!(ApiUrl::read(text, &hosts).map(|_| ()), may, "{text}");
        }
        for (text, is_host) in
            [("[::1]", true), ("Edef.dgirdc.cd:443", true), ("https://a", false), ("", false)]
        {
            assert_eq!(Hosts::is_host(text), is_host, "{text}");
        }
    }

    #[test]
    fn another_port_of_the_authoritys_host_is_a_test() {
        let url = ApiUrl::read("https://edef.dgirdc.cd:8443", &Hosts::default()).unwrap();
        assert!(url.is_test());
    }
}
