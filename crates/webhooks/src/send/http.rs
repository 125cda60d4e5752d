use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use fiscal::Timestamp;
use ureq::{
    Agent, Error,
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
    unversioned::transport::DefaultConnector,
};

use super::{
    Sender,
    resolver::{CheckedResolver, NotAllowed},
};
use crate::{AttemptFault, Networks, message::Message};

/// No more of an answer's body is read.
const BODY_BYTES: u64 = 4 * 1024;
const HEADER_BYTES: usize = 16 * 1024;

/// HTTP/1.1 over TLS. It follows no redirects, asks no proxy, and trusts the authorities that the system trusts.
pub(crate) struct HttpSender(Agent);

impl HttpSender {
    /// `roots` are certificates of authorities that are trusted besides, in DER.
    pub(crate) fn new(networks: Networks, timeout: Duration, roots: &[Vec<u8>]) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::Specific(Arc::new(trusted(roots))))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(timeout))
            .max_response_header_size(HEADER_BYTES)
            .max_idle_connections_per_host(1)
            .user_agent("Stelala-Webhooks/1")
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), CheckedResolver(networks)))
    }
}

impl Sender for HttpSender {
    fn send(&self, message: &Message, now: Timestamp) -> Result<u16, AttemptFault> {
        let request = self
            .0
            .post(message.url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", message.id.as_str())
            .header("webhook-timestamp", now.unix().to_string())
            .header("webhook-signature", message.signatures(now));
        let mut answer = request.send(message.body.as_str()).map_err(|error| fault(&error))?;
        // The status counts. The body is read so that the connection can be used again, and no further than that.
        let _ = io::copy(&mut answer.body_mut().as_reader().take(BODY_BYTES), &mut io::sink());
        Ok(answer.status().as_u16())
    }
}

fn trusted(extra: &[Vec<u8>]) -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() && extra.is_empty() {
        tracing::warn!(
            "the system trusts no authorities: install its certificates, or no webhook is told over TLS"
        );
    }
    let of_system = found.certs.iter().map(|certificate| certificate.as_ref());
    of_system
        .chain(extra.iter().map(Vec::as_slice))
        .map(|der| Certificate::from_der(der).to_owned())
        .collect()
}

fn fault(error: &Error) -> AttemptFault {
    match error {
        Error::Timeout(_) => AttemptFault::Timeout,
        Error::HostNotFound => AttemptFault::NoHost,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => AttemptFault::Tls,
        Error::Protocol(_) | Error::Http(_) | Error::LargeResponseHeader(..) => AttemptFault::NoHttp,
        Error::Io(error) => of_io(error),
        _ => AttemptFault::NotReached,
    }
}

fn of_io(error: &io::Error) -> AttemptFault {
    match error.get_ref() {
        Some(inner) if inner.is::<NotAllowed>() => AttemptFault::NotAllowed,
        Some(inner) if inner.is::<rustls::Error>() => AttemptFault::Tls,
        _ if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
            AttemptFault::Timeout
        }
        _ => AttemptFault::NotReached,
    }
}
