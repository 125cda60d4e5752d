//! Whether a cloud is reached: its name, its port, its certificate, and what it says.

use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::Arc,
};

use def_protocol::reply::Lifecycle;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::{About, Finding, Sight, Told, plain, why};
use crate::{CloudUrl, Config};

/// What a cloud says of itself is short.
const LONGEST: u64 = 4_096;

pub(super) fn examine(config: &Config, told: Option<&Told>, sight: &Sight) -> Vec<Finding> {
    let language = sight.language;
    if config.cloud.urls.is_empty() {
        let sentence = say!(
            language,
            "aucun cloud n'est configuré (cloud.urls) : rien n'atteint le registre",
            "no cloud is configured (cloud.urls): nothing reaches the ledger"
        );
        return vec![Finding::warning(About::Cloud, sentence)];
    }
    let mut findings = Vec::new();
    for url in &config.cloud.urls {
        match reached(config, url, sight) {
            Ok(()) => findings.push(tunnel(url, told, sight)),
            Err(trouble) => findings.push(Finding::bad(About::Cloud, trouble.say(url, sight))),
        }
    }
    findings
}

/// The cloud is there; whether it takes this proxy is another matter.
fn tunnel(url: &CloudUrl, told: Option<&Told>, sight: &Sight) -> Finding {
    let language = sight.language;
    let name = url.to_string();
    let tunnel = told.and_then(|told| told.tunnels.iter().find(|tunnel| tunnel.cloud == name));
    let Some(tunnel) = tunnel else {
        let sentence = say!(language, "{name} répond", "{name} answers");
        return Finding::good(About::Cloud, sentence);
    };
    let code = tunnel.code.as_deref().unwrap_or_default();
    let detail = why(code, tunnel.detail.as_deref().unwrap_or_default(), language);
    let parts = [plain(code), detail];
    let why = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let lifecycle = told.and_then(|told| told.device.as_ref()).map(|device| device.lifecycle);
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    match tunnel.state.as_str() {
        "up" => {
            let sentence = say!(
                language,
                "{name} répond, et le tunnel est ouvert",
                "{name} answers, and the tunnel is open"
            );
            Finding::good(About::Cloud, sentence)
        }
        state if state != "refused" && lifecycle == Some(Lifecycle::Factory) => {
            let sentence = say!(
                language,
                "{name} répond ; le tunnel s'ouvre avec l'activation de l'appareil",
                "{name} answers; the tunnel opens with the device's activation"
            );
            Finding::warning(About::Cloud, sentence)
        }
        "refused" => {
            let sentence = say!(
                language,
                "{name} refuse cet appareil{why} : demandez à l'opérateur si l'appareil y est enregistré et activé",
                "{name} refuses this device{why}: ask the operator whether the device is registered there and activated"
            );
            Finding::bad(About::Cloud, sentence)
        }
        _ => {
            let sentence = say!(
                language,
                "{name} répond, et le tunnel n'est pas ouvert{why} : le proxy réessaie sans cesse ; sans appareil il n'y a pas de tunnel",
                "{name} answers, and the tunnel is not open{why}: the proxy keeps trying; without a device there is no tunnel"
            );
            Finding::warning(About::Cloud, sentence)
        }
    }
}

/// Why a cloud is not reached.
enum Trouble {
    Name(io::Error),
    Refused(SocketAddr),
    Silent(SocketAddr),
    Connection(io::Error),
    Roots(String),
    Certificate(CertificateError),
    Tls(String),
    Answer(String),
}

impl Trouble {
    fn say(&self, url: &CloudUrl, sight: &Sight) -> String {
        let (language, host) = (sight.language, &url.host);
        match self {
            Self::Name(cause) => say!(
                language,
                "le nom {host} n'a pas d'adresse ({cause}) : vérifiez la connexion à Internet, le DNS et cloud.urls",
                "the name {host} has no address ({cause}): check the connection to the Internet, the DNS and cloud.urls"
            ),
            Self::Refused(address) => say!(
                language,
                "{host} ({address}) refuse la connexion : vérifiez le port dans cloud.urls, et que le cloud tourne",
                "{host} ({address}) refuses the connection: check the port in cloud.urls, and that the cloud runs"
            ),
            Self::Silent(address) => say!(
                language,
                "{host} ({address}) ne répond pas : vérifiez la connexion à Internet et le pare-feu",
                "{host} ({address}) does not answer: check the connection to the Internet and the firewall"
            ),
            Self::Connection(cause) => say!(
                language,
                "{host} n'est pas joint ({cause}) : vérifiez la connexion à Internet",
                "{host} is not reached ({cause}): check the connection to the Internet"
            ),
            Self::Roots(cause) => say!(
                language,
                "cloud.ca_file : {cause} ; donnez un fichier PEM",
                "cloud.ca_file: {cause}; name a PEM file"
            ),
            Self::Certificate(fault) => certificate(fault, host, sight),
            Self::Tls(cause) => say!(
                language,
                "{url} ne parle pas TLS comme il faut ({cause}) : vérifiez cloud.urls",
                "{url} does not speak TLS as it should ({cause}): check cloud.urls"
            ),
            Self::Answer(line) => say!(
                language,
                "ce qui répond à {url} n'est pas un cloud Stelala en service ({line}) : vérifiez cloud.urls",
                "what answers at {url} is no Stelala cloud in service ({line}): check cloud.urls"
            ),
        }
    }
}

fn certificate(fault: &CertificateError, host: &str, sight: &Sight) -> String {
    let (language, now) = (sight.language, sight.now);
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => say!(
            language,
            "le certificat de {host} n'est plus valable, ou l'horloge de cette machine ({now}Z) est fausse",
            "the certificate of {host} is valid no more, or this machine's clock ({now}Z) is wrong: look at both"
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => say!(
            language,
            "le certificat de {host} n'est pas encore valable : mettez l'horloge de cette machine ({now}Z) à l'heure",
            "the certificate of {host} is not valid yet: set this machine's clock ({now}Z)"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => say!(
            language,
            "le certificat présenté n'est pas pour {host} : vérifiez cloud.urls, ou un réseau qui s'interpose",
            "the certificate that was shown is not for {host}: check cloud.urls, or a network that steps in between"
        ),
        CertificateError::UnknownIssuer => say!(
            language,
            "personne à qui cette machine fait confiance n'a signé le certificat de {host} : donnez cloud.ca_file, ou installez \
             ca-certificates",
            "nobody whom this machine trusts signed the certificate of {host}: set cloud.ca_file, or install ca-certificates"
        ),
        // WebPKI's word for it is in no variant.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => say!(
            language,
            "le certificat de {host} est celui d'une autorité, et non d'un serveur : faites-en faire un pour le serveur, et donnez \
             l'autorité dans cloud.ca_file",
            "the certificate of {host} is an authority's, and no server's: have one made for the server, and name the \
             authority's in cloud.ca_file"
        ),
        other => say!(
            language,
            "le certificat de {host} est refusé ({other:?})",
            "the certificate of {host} is refused ({other:?})"
        ),
    }
}

/// What a cloud in service answers to, and a proxy does not.
const ASKED: [&str; 2] = ["/healthz", "/.well-known/fiscal-keys.json"];

/// Asks as the tunnel would connect.
fn reached(config: &Config, url: &CloudUrl, sight: &Sight) -> Result<(), Trouble> {
    ASKED.into_iter().try_for_each(|path| answers(config, url, path, sight))
}

fn answers(config: &Config, url: &CloudUrl, path: &str, sight: &Sight) -> Result<(), Trouble> {
    let stream = connected(url, sight)?;
    let answer = if url.tls {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|fault| Trouble::Tls(fault.to_string()))?
            .with_root_certificates(roots(config)?)
            .with_no_client_auth();
        let name = ServerName::try_from(url.host.clone()).map_err(|fault| Trouble::Tls(fault.to_string()))?;
        let connection = ClientConnection::new(Arc::new(client), name).map_err(|fault| tls(&fault))?;
        said(StreamOwned::new(connection, stream), url, path)
    } else {
        said(stream, url, path)
    };
    let line = plain(answer?.lines().next().unwrap_or_default());
    if line.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(Trouble::Answer(line)) }
}

fn connected(url: &CloudUrl, sight: &Sight) -> Result<TcpStream, Trouble> {
    let addresses = (url.host.as_str(), url.port).to_socket_addrs().map_err(Trouble::Name)?;
    let mut trouble = Trouble::Name(io::Error::new(io::ErrorKind::NotFound, "no address"));
    for address in addresses {
        match TcpStream::connect_timeout(&address, sight.patience) {
            Ok(stream) => {
                let patient = stream
                    .set_read_timeout(Some(sight.patience))
                    .and_then(|()| stream.set_write_timeout(Some(sight.patience)));
                return patient.map(|()| stream).map_err(Trouble::Connection);
            }
            Err(fault) => {
                trouble = match fault.kind() {
                    io::ErrorKind::ConnectionRefused => Trouble::Refused(address),
                    io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::Silent(address),
                    _ => Trouble::Connection(fault),
                }
            }
        }
    }
    Err(trouble)
}

fn said(mut stream: impl Read + Write, url: &CloudUrl, path: &str) -> Result<String, Trouble> {
    let host = url.authority();
    let mut answer = Vec::new();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let asked =
        stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).and_then(|()| {
            match stream.take(LONGEST).read_to_end(&mut answer) {
                Err(fault) if fault.kind() != io::ErrorKind::UnexpectedEof => Err(fault),
                _ => Ok(()),
            }
        });
    match asked {
        Ok(()) => Ok(String::from_utf8_lossy(&answer).into_owned()),
        Err(fault) => match fault.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(inner) => Err(tls(inner)),
            None => Err(Trouble::Connection(fault)),
        },
    }
}

fn tls(fault: &Error) -> Trouble {
    match fault {
        Error::InvalidCertificate(fault) => Trouble::Certificate(fault.clone()),
        other => Trouble::Tls(plain(&other.to_string())),
    }
}

/// Those of the system, and those of the configuration.
fn roots(config: &Config) -> Result<RootCertStore, Trouble> {
    let mut roots = RootCertStore::empty();
    // Of the system's, one that cannot be used is none.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let Some(file) = &config.cloud.ca_file else { return Ok(roots) };
    let fault = |cause: String| Trouble::Roots(format!("{}: {cause}", file.display()));
    let text = fs::read(file).map_err(|cause| fault(cause.to_string()))?;
    let own: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let own = own.map_err(|cause| fault(cause.to_string()))?;
    if own.is_empty() {
        return Err(fault("no certificate".to_owned()));
    }
    for certificate in own {
        roots.add(certificate).map_err(|cause| fault(cause.to_string()))?;
    }
    Ok(roots)
}
