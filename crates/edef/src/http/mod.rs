//! The authority over HTTP/1.1 and TLS.

mod fault;
mod left;
mod resolve;
#[cfg(test)]
mod tests;

use std::{io::Read, sync::Arc, time::Duration};

use rustls::crypto::aws_lc_rs;
use ureq::{
    Agent, Body, Error,
    config::AutoHeaderValue,
    http::{HeaderValue, Response, header},
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
    unversioned::transport::{Connector, DefaultConnector},
};

use self::resolve::Remembered;
use crate::{
    ApiUrl, Authority, CallFault, Confirmed, CurrencyRates, Dialect, Finalising, InfoStatus, InvoiceRequest,
    NamedCodes, PendingInvoice, Requested, Status, TaxGroups, Token, Uid, answer::refusal, json::object,
};

/// A longer answer is none of the authority's.
const BODY_BYTES: u64 = 1024 * 1024;
const HEADER_BYTES: usize = 16 * 1024;
/// So many connections are kept: three for each of forty e-MCFs, and some.
const IDLE_CONNECTIONS: usize = 128;
/// What each of them holds in memory. A header has to fit.
const INPUT_BYTES: usize = 2 * HEADER_BYTES;
const OUTPUT_BYTES: usize = 16 * 1024;

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection with TLS.
    pub connect: Duration,
    /// Until the answer is whole.
    pub whole: Duration,
}

impl Default for Patience {
    /// 10 and 30 seconds.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

/// Connections to the authority, shared by every e-MCF of a process. It follows no redirects, asks no proxy, repeats
/// nothing, and trusts the authorities of certificates that the system trusts.
#[derive(Clone, Debug)]
pub struct HttpClient {
    agent: Agent,
    addresses: Remembered,
}

impl HttpClient {
    /// `roots` are certificates that are trusted besides, in DER.
    pub fn new(patience: Patience, roots: &[Vec<u8>]) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(trusted(roots))))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_global(Some(patience.whole))
            .max_response_header_size(HEADER_BYTES)
            .input_buffer_size(INPUT_BYTES)
            .output_buffer_size(OUTPUT_BYTES)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .user_agent(AutoHeaderValue::Provided(Arc::new("Stelala-eDEF/1".to_owned())))
            .build();
        let connector = DefaultConnector::default().chain(left::Watched);
        let addresses = Remembered::default();
        Self { agent: Agent::with_parts(config, connector, addresses.clone()), addresses }
    }
}

fn trusted(extra: &[Vec<u8>]) -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() && extra.is_empty() {
        tracing::warn!(
            "the system trusts no authorities: install its certificates, or the tax authority is not reached"
        );
    }
    let of_system = found.certs.iter().map(|certificate| certificate.as_ref());
    of_system
        .chain(extra.iter().map(Vec::as_slice))
        .map(|der| Certificate::from_der(der).to_owned())
        .collect()
}

/// One e-MCF over HTTP. Its token is in the header of each call and nowhere else.
#[derive(Debug)]
pub struct HttpAuthority {
    client: HttpClient,
    url: ApiUrl,
    token: Token,
    dialect: Dialect,
}

enum Call<'a> {
    Get,
    Post(&'a str),
    Put(&'a str),
}

impl HttpAuthority {
    /// The machine of a token.
    pub fn new(client: &HttpClient, url: ApiUrl, token: Token, dialect: Dialect) -> Self {
        Self { client: client.clone(), url, token, dialect }
    }

    /// The service, and the taxpayer's machines.
    pub fn info_status(&self) -> Result<InfoStatus, CallFault> {
        self.ask("info/status", Call::Get, InfoStatus::read)
    }

    /// The codes of the invoice types.
    pub fn invoice_types(&self) -> Result<NamedCodes, CallFault> {
        self.ask("info/invoiceTypes", Call::Get, NamedCodes::read)
    }

    /// The codes of the means of payment.
    pub fn payment_types(&self) -> Result<NamedCodes, CallFault> {
        self.ask("info/paymentTypes", Call::Get, NamedCodes::read)
    }

    /// The codes of the kinds of clients.
    pub fn client_types(&self) -> Result<NamedCodes, CallFault> {
        self.ask("info/clientTypes", Call::Get, NamedCodes::read)
    }

    /// The codes of the natures of credit notes.
    pub fn reference_types(&self) -> Result<NamedCodes, CallFault> {
        self.ask("info/referenceTypes", Call::Get, NamedCodes::read)
    }

    /// The codes of the kinds of articles.
    pub fn item_types(&self) -> Result<NamedCodes, CallFault> {
        self.ask("info/itemTypes", Call::Get, NamedCodes::read)
    }

    fn finalising(&self, uid: &Uid, confirm: bool) -> String {
        format!("invoice/{uid}/{}", self.dialect.confirm.segment(confirm))
    }

    /// One call and what its answer says.
    fn ask<T>(
        &self,
        path: &str,
        call: Call<'_>,
        read: impl FnOnce(&str) -> Result<T, CallFault>,
    ) -> Result<T, CallFault> {
        let answer = self.call(path, call).and_then(Answer::success).and_then(|body| read(&body));
        answer.map_err(|fault| self.without_token(fault))
    }

    /// A server that sends the token back does not bring it into a fault.
    fn without_token(&self, fault: CallFault) -> CallFault {
        match fault {
            CallFault::Refused { code, text } => CallFault::Refused { code, text: self.token.cut_from(text) },
            other => other,
        }
    }

    fn call(&self, path: &str, call: Call<'_>) -> Result<Answer, CallFault> {
        let sent = left::watch(|| self.send(path, call));
        let mut answer = sent.outcome.map_err(|error| {
            if !sent.left {
                self.client.addresses.forget();
            }
            fault::of(&error, sent.left)
        })?;
        let body = read(&mut answer);
        let fault = fault::of_status(&answer, body.as_deref().unwrap_or_default());
        Ok(Answer { fault, body })
    }

    fn send(&self, path: &str, call: Call<'_>) -> Result<Response<Body>, Error> {
        let url = format!("{}/api/{path}", self.url);
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.reveal()))
            .map_err(|_| Error::BadUri(String::new()))?;
        bearer.set_sensitive(true);
        let agent = &self.client.agent;
        let with_body = match call {
            Call::Get => {
                let request = agent.get(url).header(header::AUTHORIZATION, bearer);
                return request.header(header::ACCEPT, "application/json").call();
            }
            Call::Post(body) => (agent.post(url), body),
            Call::Put(body) => (agent.put(url), body),
        };
        let (request, body) = with_body;
        request
            .header(header::AUTHORIZATION, bearer)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .send(body)
    }
}

/// What came back, whatever its status.
struct Answer {
    /// Of a status that is no success.
    fault: Option<CallFault>,
    body: Result<String, CallFault>,
}

impl Answer {
    /// The text of an answer with a status of success.
    fn success(self) -> Result<String, CallFault> {
        self.fault.map_or(self.body, Err)
    }
}

fn read(answer: &mut Response<Body>) -> Result<String, CallFault> {
    let mut body = Vec::new();
    let mut reader = answer.body_mut().as_reader().take(BODY_BYTES + 1);
    // The request has left, or there were no answer.
    reader.read_to_end(&mut body).map_err(|error| fault::of(&Error::from(error), true))?;
    if u64::try_from(body.len()).is_ok_and(|length| length > BODY_BYTES) {
        return Err(CallFault::Malformed);
    }
    String::from_utf8(body).map_err(|_| CallFault::Malformed)
}

impl Authority for HttpAuthority {
    fn status(&self) -> Result<Status, CallFault> {
        self.ask("invoice", Call::Get, Status::read)
    }

    fn request(&self, invoice: &InvoiceRequest) -> Result<Requested, CallFault> {
        self.ask("invoice", Call::Post(&invoice.write(&self.dialect)), Requested::read)
    }

    fn pending(&self, uid: &Uid) -> Result<PendingInvoice, CallFault> {
        self.ask(&format!("invoice/{uid}"), Call::Get, PendingInvoice::read)
    }

    fn confirm(&self, uid: &Uid, totals: &Finalising) -> Result<Confirmed, CallFault> {
        let answer = self.call(&self.finalising(uid, true), Call::Put(&totals.write()));
        // A code that came is not thrown away, whatever the status.
        let came = |answer: &Answer| Confirmed::read(answer.body.as_deref().ok()?).ok();
        if let Some(confirmed) = answer.as_ref().ok().and_then(came) {
            return Ok(confirmed);
        }
        let fault = answer.and_then(Answer::success).and_then(|body| Confirmed::read(&body));
        fault.map_err(|fault| self.without_token(fault))
    }

    fn cancel(&self, uid: &Uid, totals: &Finalising) -> Result<(), CallFault> {
        let read = |body: &str| if body.trim().is_empty() { Ok(()) } else { refusal(&object(body)?) };
        self.ask(&self.finalising(uid, false), Call::Put(&totals.write()), read)
    }

    fn tax_groups(&self) -> Result<TaxGroups, CallFault> {
        self.ask("info/taxGroups", Call::Get, TaxGroups::read)
    }

    fn currency_rates(&self) -> Result<CurrencyRates, CallFault> {
        self.ask("info/currencyRates", Call::Get, CurrencyRates::read)
    }
}
