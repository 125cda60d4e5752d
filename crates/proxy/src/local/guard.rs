//! Who may ask: no web page (L10), and on the LAN paired tills only.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use fiscal::TerminalId;

use super::{Local, Problem};

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) from: IpAddr,
    /// The address here that it called.
    pub(super) to: Option<IpAddr>,
}

impl Peer {
    /// Where it is, however that was written.
    pub(super) fn address(self) -> IpAddr {
        self.from.to_canonical()
    }

    /// Whether it is a program of this machine: it called by loopback, or by an address that it has itself.
    pub(super) fn is_here(self) -> bool {
        let from = self.from.to_canonical();
        from.is_loopback() || self.to.is_some_and(|to| to.to_canonical() == from)
    }
}

/// For whom a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A program on this machine.
    Here,
    /// A paired till.
    Till(TerminalId),
}

/// What may be asked over the LAN by who is not paired.
const OPEN: [&str; 3] = ["/v1/pairings", "/healthz", "/openapi.json"];

/// Looks at each request before its route does, and writes problems in the till's language.
pub(super) async fn guard(State(local): State<Arc<Local>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let mut response = match admit(&local, &request) {
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    let out = response.headers_mut();
    out.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    Problem::speak(&mut response, &headers);
    response
}

fn admit(local: &Local, request: &Request) -> Result<Option<Who>, Problem> {
    let headers = request.headers();
    if !is_called_rightly(headers, &local.names) {
        return Err(Problem::said(
            "FORBIDDEN",
            "Host : appelez le proxy par localhost, son adresse ou un nom de local.names",
            "Host: call the proxy by localhost, its address, or a name of local.names",
        ));
    }
    if is_of_a_page(headers) {
        return Err(Problem::said(
            "FORBIDDEN",
            "le proxy ne répond pas aux pages web : vendez par un programme de caisse",
            "the proxy does not answer web pages: sell by a till's program",
        ));
    }
    if request.method() == Method::OPTIONS {
        return Err(Problem::of("METHOD_NOT_ALLOWED"));
    }
    if request.extensions().get::<Peer>().is_some_and(|peer| peer.is_here()) {
        return Ok(Some(Who::Here));
    }
    if OPEN.contains(&request.uri().path()) {
        return Ok(None);
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(unpaired)?;
    let tills = local.tills.lock().unwrap_or_else(PoisonError::into_inner);
    match tills.authenticate(token) {
        Ok(Some(till)) => Ok(Some(Who::Till(till))),
        Ok(None) => Err(unpaired()),
        Err(fault) => Err(Problem::new("STATE_UNAVAILABLE", fault.to_string())),
    }
}

fn unpaired() -> Problem {
    Problem::said(
        "UNAUTHENTICATED",
        "appairez cette caisse (POST /v1/pairings), et envoyez son jeton en Authorization: Bearer",
        "pair this till (POST /v1/pairings), and send its token as Authorization: Bearer",
    )
}

/// A page of another site can have a browser send requests here, and by a name of its own that leads here: those are told by
/// what they call this machine.
fn is_called_rightly(headers: &HeaderMap, names: &[String]) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Browsers say so, and tills' programs do not.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    let fetched = |value: &header::HeaderValue| value != "none";
    headers.contains_key(header::ORIGIN) || headers.get("sec-fetch-site").is_some_and(fetched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_name_that_is_not_this_machines_is_refused() {
        let names = ["caisse.lan".to_owned()];
        for (host, right) in [
            ("localhost:7717", true),
            ("LOCALHOST", true),
            ("127.0.0.1:7717", true),
            ("[::1]:7717", true),
            ("192.168.1.7", true),
            ("Caisse.lan:7717", true),
            ("evil.example:7717", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:7717", false),
            ("", false),
        ] {
            assert_eq!(is_called_rightly(&headers(header::HOST, host), &names), right, "{host}");
        }
        assert!(!is_called_rightly(&HeaderMap::new(), &names));
    }

    #[test]
    fn a_program_that_calls_this_machine_by_its_own_address_is_here() {
        let peer = |from: &str, to: Option<&str>| Peer {
            from: from.parse().unwrap(),
            to: to.map(|to| to.parse().unwrap()),
        };
        assert!(peer("127.0.0.1", None).is_here());
        assert!(peer("::ffff:127.0.0.1", None).is_here());
        assert!(peer("192.168.1.4", Some("192.168.1.4")).is_here());
        assert!(!peer("192.168.1.5", Some("192.168.1.4")).is_here());
        assert!(!peer("192.168.1.5", None).is_here());
    }

    #[test]
    fn a_page_is_told_by_what_its_browser_says() {
        assert!(is_of_a_page(&headers(header::ORIGIN, "https://evil.example")));
        assert!(is_of_a_page(&headers(header::ORIGIN, "null")));
        assert!(is_of_a_page(&headers("sec-fetch-site".parse().unwrap(), "cross-site")));
        assert!(!is_of_a_page(&headers("sec-fetch-site".parse().unwrap(), "none")));
        assert!(!is_of_a_page(&HeaderMap::new()));
    }
}
