use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use ureq::http::Uri;

use crate::address::{Networks, is_public};

/// Where events are sent: `https://host[:port]/path?query`, without a user or a fragment.
///
/// `http://` is for private networks only, where these are allowed. What a name means is asked each time that something
/// is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// Why nothing can be sent to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It is none.
    #[error("this is no URL: write https://, a host and a path, in ASCII")]
    Form,
    /// It is too long.
    #[error("a webhook's URL has at most 512 bytes: shorten it")]
    Long,
    /// Anybody on the way could read it.
    #[error("a webhook's URL begins with https://: give the receiver a certificate")]
    NotSecure,
    /// It has a user or a password in it.
    #[error("a webhook's URL names no user: the signature says who sends")]
    User,
    /// It has a fragment, which is never sent.
    #[error("a webhook's URL has no part after #: leave it out")]
    Fragment,
    /// It names a host that the Internet does not reach.
    #[error("a webhook's host is one that the Internet reaches: no private, local or reserved address")]
    Private,
}

impl UrlFault {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "WEBHOOK_URL_FORM",
            Self::Long => "WEBHOOK_URL_LONG",
            Self::NotSecure => "WEBHOOK_URL_NOT_SECURE",
            Self::User => "WEBHOOK_URL_USER",
            Self::Fragment => "WEBHOOK_URL_FRAGMENT",
            Self::Private => "WEBHOOK_URL_PRIVATE",
        }
    }
}

impl WebhookUrl {
    /// The longest, in bytes.
    pub const MAX_LENGTH: usize = 512;

    /// Reads one that may be used under these settings.
    pub fn read(text: &str, networks: Networks) -> Result<Self, UrlFault> {
        let url: Self = text.parse()?;
        // Reading found a host.
        let address = url.uri().and_then(|uri| uri.host().and_then(literal));
        let is_secure = text.starts_with("https://");
        match (networks, address.map(is_public)) {
            (Networks::PublicOnly, _) if !is_secure => Err(UrlFault::NotSecure),
            (Networks::PublicOnly, Some(false)) => Err(UrlFault::Private),
            (Networks::PublicOnly, None) if url.is_local_name() => Err(UrlFault::Private),
            // A name is looked up when something is sent, and refused then if it is of the Internet.
            (Networks::PrivateToo, Some(true)) if !is_secure => Err(UrlFault::NotSecure),
            _ => Ok(url),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn uri(&self) -> Option<Uri> {
        self.0.parse().ok()
    }

    fn is_local_name(&self) -> bool {
        let uri = self.uri();
        let host =
            uri.as_ref().and_then(Uri::host).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        host == "localhost" || host.ends_with(".localhost")
    }
}

/// The address that a host is, if it is no name.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.map_or_else(|| host.parse().ok(), |bare| bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

fn is_host(host: &str) -> bool {
    let name = |host: &str| {
        (1..=253).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    literal(host).is_some() || name(host)
}

/// As it is stored: the settings may have been others when it was made, and what is sent is checked again.
impl FromStr for WebhookUrl {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        if text.len() > Self::MAX_LENGTH {
            return Err(UrlFault::Long);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UrlFault::Form);
        }
        if text.contains('#') {
            return Err(UrlFault::Fragment);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(if text.contains("://") { UrlFault::NotSecure } else { UrlFault::Form })?;
        let authority = rest.split(['/', '?', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(UrlFault::User);
        }
        let uri: Uri = text.parse().map_err(|_| UrlFault::Form)?;
        let host = uri.host().unwrap_or_default();
        let port = authority.strip_prefix(host).unwrap_or_default();
        let port_is_right = port.is_empty()
            || port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0);
        if port_is_right && is_host(host) { Ok(Self(text.to_owned())) } else { Err(UrlFault::Form) }
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without its path and query: they may hold a token of the receiver's.
impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.0.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        write!(f, "{}/…", origin.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, networks: Networks) -> Result<(), UrlFault> {
        WebhookUrl::read(text, networks).map(|url| assert_eq!(url.as_str(), text))
    }

    #[test]
    fn urls_that_the_internet_reaches_over_tls_are_taken() {
        for text in [
            "https://example.cd/hooks",
            "https://example.cd",
            "https://example.cd:8443/a/b?token=1",
            "https://8.8.8.8/",
            "https://[2a00:1450::1]:443/x",
        ] {
            assert_eq!(read(text, Networks::PublicOnly), Ok(()), "{text}");
            assert_eq!(read(text, Networks::PrivateToo), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_for_events_is_refused_by_name() {
        use UrlFault::{Form, Fragment, NotSecure, Private, User};
        for (text, fault) in [
            ("", Form),
            ("example.cd/hooks", Form),
            ("https://", Form),
            ("https:///path", Form),
            ("https://exa mple.cd/", Form),
            ("https://exämple.cd/", Form),
            ("https://example.cd:0/", Form),
            ("https://example.cd:/", Form),
            ("https://example.cd:99999/", Form),
            ("https://[::1/", Form),
            ("https://exa%41mple.cd/", Form),
            ("https://example.cd/#part", Fragment),
            ("ftp://example.cd/", NotSecure),
            ("http://example.cd/", NotSecure),
            ("https://user@example.cd/", User),
            ("https://user:word@example.cd/", User),
            ("https://127.0.0.1/", Private),
            ("https://192.168.1.5:8443/", Private),
            ("https://[::1]/", Private),
            ("https://[::ffff:10.0.0.1]/", Private),
            ("https://localhost/", Private),
            ("https://LOCALHOST./", Private),
            ("https://a.localhost/", Private),
        ] {
            assert_eq!(read(text, Networks::PublicOnly), Err(fault), "{text}");
        }
    }

    #[test]
    fn without_tls_only_private_networks_are_told_where_they_are_allowed() {
        for text in
            ["http://127.0.0.1:9000/hook", "http://localhost:9000/", "http://[::1]:9000/", "http://till.lan/"]
        {
            assert_eq!(read(text, Networks::PrivateToo), Ok(()), "{text}");
            assert_eq!(read(text, Networks::PublicOnly), Err(UrlFault::NotSecure), "{text}");
        }
        assert_eq!(read("http://8.8.8.8/", Networks::PrivateToo), Err(UrlFault::NotSecure));
    }

    #[test]
    fn a_url_is_as_long_as_512_bytes_and_no_longer() {
        let of = |length: usize| format!("https://example.cd/{}", "a".repeat(length - 19));
        assert_eq!(read(&of(512), Networks::PublicOnly), Ok(()));
        assert_eq!(read(&of(513), Networks::PublicOnly), Err(UrlFault::Long));
    }

    #[test]
    fn a_token_in_a_url_is_in_no_debug_text() {
        for text in ["https://example.cd/hooks/secret?token=secret", "https://example.cd?secret"] {
            let url: WebhookUrl = text.parse().unwrap();
            assert_eq!(format!("{url:?}"), "https://example.cd/…");
        }
    }
}
