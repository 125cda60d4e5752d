//! Questions to the cloud, over HTTP/1.1 and TLS.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use ureq::{
    Agent, Error,
    http::{Response, Uri},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem},
};

use super::key::Key;

/// Asks one cloud with one key.
pub(super) struct Client {
    agent: Agent,
    base: String,
    key: Key,
    attempts: u32,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// After which the cloud wants to be asked again.
    pub(super) retry_after: Option<Duration>,
}

/// Why there is no answer.
pub(super) enum Trouble {
    /// It may have been heard: asking again may help.
    Lost(String),
    /// It will not be better the next time.
    Hopeless(String),
}

const CONNECT: Duration = Duration::from_secs(10);
/// A batch is sealed within it, also by a slow signer.
const WHOLE: Duration = Duration::from_secs(120);
/// Of an answer to a batch: 50 seals with their payloads.
const BODY_BYTES: u64 = 8 * 1024 * 1024;

impl Client {
    /// For an address such as `https://cloud.example`. Plain HTTP would show the key to everybody on the way: it is for
    /// this machine, unless that is told.
    pub(super) fn new(
        url: &str,
        plain_http: bool,
        ca: Option<&Path>,
        key: Key,
        attempts: u32,
    ) -> anyhow::Result<Self> {
        let base = base(url, plain_http)?;
        let tls = if base.starts_with("https:") { tls(ca)? } else { TlsConfig::default() };
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .user_agent(concat!("stelala-import/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), base, key, attempts })
    }

    /// Sends JSON once.
    pub(super) fn post(&self, path: &str, body: &str) -> Result<Answer, Trouble> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("authorization", self.key.bearer()).header("accept-language", "en");
        answer(request.header("content-type", "application/json").send(body))
    }

    /// Asks until there is an answer that will not change, or patience ends.
    pub(super) fn read(&self, path: &str) -> anyhow::Result<Answer> {
        let mut patience = self.patience();
        loop {
            let request = self.agent.get(format!("{}{path}", self.base));
            let request = request.header("authorization", self.key.bearer()).header("accept-language", "en");
            let (why, asked) = match answer(request.call()) {
                Ok(answer) if !answer.may_change() => return Ok(answer),
                Ok(answer) => (answer.said(), answer.retry_after),
                Err(Trouble::Lost(why)) => (why, None),
                Err(Trouble::Hopeless(why)) => bail!("{}: {why}", self.base),
            };
            if !patience.wait(asked) {
                bail!("{}: {why}", self.base);
            }
        }
    }

    /// For one question.
    pub(super) const fn patience(&self) -> Patience {
        Patience { left: self.attempts, pause: FIRST_PAUSE }
    }

    /// Whom it asks.
    pub(super) fn base(&self) -> &str {
        &self.base
    }
}

impl Answer {
    /// Whether the same question may get another answer.
    pub(super) const fn may_change(&self) -> bool {
        may_change(self.status)
    }

    /// What it says, as far as that is for people.
    pub(super) fn said(&self) -> String {
        let problem: Option<serde_json::Value> = serde_json::from_str(&self.body).ok();
        let detail = problem.as_ref().and_then(|problem| problem.get("detail")?.as_str());
        match detail {
            Some(detail) => format!("the cloud answers {}: {detail}", self.status),
            None => format!("the answer is {}, and not a cloud's: is the address right?", self.status),
        }
    }
}

/// Whether a status says "not now".
pub(super) const fn may_change(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// How often something is tried, and how long it rests in between.
pub(super) struct Patience {
    left: u32,
    pause: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);
/// Whoever asks for more is asked another time.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

impl Patience {
    /// Rests before the next try, at least as long as the cloud asked for; false when there is none.
    pub(super) fn wait(&mut self, asked: Option<Duration>) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || asked.is_some_and(|asked| asked > LONGEST_ASKED) {
            return false;
        }
        std::thread::sleep(self.pause.max(asked.unwrap_or_default()));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

fn answer(asked: Result<Response<ureq::Body>, Error>) -> Result<Answer, Trouble> {
    let mut answer = asked.map_err(trouble)?;
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = answer.body_mut().with_config().limit(BODY_BYTES).read_to_string().map_err(trouble)?;
    Ok(Answer { status: answer.status().as_u16(), body, retry_after: retry_after.map(Duration::from_secs) })
}

fn trouble(error: Error) -> Trouble {
    let is_tls = match &error {
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => true,
        Error::Io(fault) => fault.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    };
    match error {
        _ if is_tls => {
            Trouble::Hopeless(format!("{error}: is it the right cloud? --ca names a private authority"))
        }
        Error::Timeout(_) => Trouble::Lost("the cloud did not answer in time".to_owned()),
        Error::Io(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => {
            Trouble::Lost("nothing listens at this address".to_owned())
        }
        error => Trouble::Lost(error.to_string()),
    }
}

/// The address without the slash at its end.
fn base(url: &str, plain_http: bool) -> anyhow::Result<String> {
    const FORM: &str = "--url is the cloud's address, as https://cloud.example or http://127.0.0.1:8080";
    let uri: Uri = url.parse().context(FORM)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { bail!(FORM) };
    if authority.as_str().contains('@') || uri.query().is_some() || !matches!(scheme, "http" | "https") {
        bail!(FORM);
    }
    let host = authority.host().trim_matches(['[', ']']);
    let is_here =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|host| host.is_loopback());
    if scheme == "http" && !is_here && !plain_http {
        bail!(
            "http shows the key to everybody on the way: use https, or say --plain-http in a network that you trust"
        );
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Who may vouch for the cloud: a private authority alone, or those that the system trusts.
fn tls(ca: Option<&Path>) -> anyhow::Result<TlsConfig> {
    let roots = match ca {
        Some(path) => authority(path).with_context(|| path.display().to_string())?,
        None => {
            let found = rustls_native_certs::load_native_certs().certs;
            found.iter().map(|found| Certificate::from_der(found.as_ref()).to_owned()).collect()
        }
    };
    if roots.is_empty() {
        bail!("the system trusts no authorities: install its certificates, or name one with --ca");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build())
}

fn authority(path: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let pem = fs::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.context("this is no PEM")? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        bail!("there is no certificate in it: PEM is expected");
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_travels_in_the_clear_within_this_machine_only() {
        for good in
            ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:1", "https://cloud.example/"]
        {
            assert_eq!(base(good, false).unwrap(), good.trim_end_matches('/'));
        }
        assert!(base("http://cloud.example", false).unwrap_err().to_string().contains("--plain-http"));
        assert!(base("http://127.0.0.1.example", false).is_err());
        assert!(base("http://cloud.example", true).is_ok());
        for wrong in
            ["cloud.example", "ftp://127.0.0.1", "https://u:p@cloud.example", "https://cloud.example/?a", ""]
        {
            assert!(base(wrong, true).unwrap_err().to_string().contains("--url is"), "{wrong}");
        }
    }

    #[test]
    fn patience_ends() {
        let mut patience = Patience { left: 3, pause: Duration::ZERO };
        assert_eq!([(); 3].map(|()| patience.wait(None)), [true, true, false]);
        assert!(!Patience { left: 3, pause: Duration::ZERO }.wait(Some(Duration::from_secs(3_600))));
    }
}
