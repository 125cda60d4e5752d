//! What a certificate says: for which names, and until when.

use std::net::{Ipv4Addr, Ipv6Addr};

use fiscal::Timestamp;
use x509_cert::{
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
    time::Time,
};

use crate::{config::TlsFiles, doctor::Finding, server::Certificate};

const ABOUT: &str = "TLS";
/// Renewing takes people's time.
const SOON_SECONDS: u64 = 30 * 86_400;
/// Of a certificate for more, the others are counted.
const NAMES_SHOWN: usize = 5;

/// The certificate, if it can be shown, and what is to say of it. One that its own key signed is as good as any: whether
/// clients trust it is their matter.
pub(super) fn examine(files: &TlsFiles, now: Timestamp) -> (Option<Certificate>, Vec<Finding>) {
    let certificate = match Certificate::read(files) {
        Ok(certificate) => certificate,
        Err(fault) => return (None, vec![Finding::bad(ABOUT, fault.to_string())]),
    };
    let chain = certificate.chain();
    let said = chain.first().and_then(|first| Said::read(first));
    let name = files.certificate.display().to_string();
    let findings = match said {
        Some(said) => said.findings(&name, now),
        None => {
            let problem = format!(
                "{name} is shown, but its names and its dates cannot be read: look at it with openssl"
            );
            vec![Finding::warning(ABOUT, problem)]
        }
    };
    (Some(certificate), findings)
}

struct Said {
    names: Vec<String>,
    from: Timestamp,
    until: Timestamp,
}

impl Said {
    fn read(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
        let names = certificate.get::<SubjectAltName>().ok()?;
        let names = names.map(|(_, SubjectAltName(names))| names.iter().filter_map(name).collect());
        Some(Self {
            names: names.unwrap_or_default(),
            from: time(certificate.validity.not_before),
            until: time(certificate.validity.not_after),
        })
    }

    fn findings(&self, file: &str, now: Timestamp) -> Vec<Finding> {
        let Self { from, until, .. } = self;
        let mut findings = Vec::new();
        if self.names.is_empty() {
            let problem = format!(
                "{file} names no host, so that clients refuse it: have one made for this cloud's name"
            );
            findings.push(Finding::warning(ABOUT, problem));
        }
        findings.push(if now < *from {
            let problem =
                format!("{file} is not valid before {from}Z, and it is {now}Z here: look at the clock");
            Finding::bad(ABOUT, problem)
        } else if *until < now {
            Finding::bad(ABOUT, format!("{file} was valid until {until}Z: have it renewed"))
        } else if until.seconds_after(now) < SOON_SECONDS {
            Finding::warning(ABOUT, format!("{file} is valid until {until}Z only: have it renewed"))
        } else {
            Finding::good(ABOUT, format!("{file}{}, valid until {until}Z", self.names()))
        });
        findings
    }

    fn names(&self) -> String {
        if self.names.is_empty() {
            return String::new();
        }
        let shown: Vec<&str> = self.names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
        match self.names.len().saturating_sub(NAMES_SHOWN) {
            0 => format!(" for {}", shown.join(", ")),
            more => format!(" for {} and {more} more", shown.join(", ")),
        }
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
            let sixteen = || <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string());
            four.or_else(|_| sixteen()).ok()
        }
        _ => None,
    }
}

/// Its years are ours: 1970 to 9999.
fn time(time: Time) -> Timestamp {
    Timestamp::from_unix(time.to_unix_duration().as_secs()).unwrap_or(Timestamp::LATEST)
}
