//! What a proxy runs on: one TOML file.

mod url;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use def_client::Address;
use fiscal::DeviceId;
use serde::Deserialize;

pub use self::url::{CloudUrl, UrlFault};
use crate::tls::Files;

/// A commented file.
pub const EXAMPLE: &str = include_str!("../example.toml");

/// Where tills find a proxy that is told nothing else.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7717);
const KEEP_DAYS: u32 = 400;
/// A database's name in the state folder.
const DATABASE: &str = "proxy.sqlite";

/// What a proxy runs on, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which device.
    pub device: DeviceConfig,
    /// To which clouds.
    pub cloud: CloudConfig,
    /// How tills reach it.
    pub local: LocalConfig,
    /// What it keeps.
    pub state: StateConfig,
    /// What is written of what happens.
    pub log: LogConfig,
}

/// Which device.
#[derive(Clone, Debug, Default)]
pub struct DeviceConfig {
    /// Only the one with this serial number is spoken to.
    pub serial: Option<DeviceId>,
    /// Where it is; without it the device is looked for by its USB ids.
    pub port: Option<Address>,
}

/// To which clouds the tunnel is opened.
#[derive(Clone, Debug, Default)]
pub struct CloudConfig {
    /// Each has its own tunnel; all get the same records.
    pub urls: Vec<CloudUrl>,
    /// Certificates in PEM that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// How tills reach the proxy.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Names by which tills call this machine, beside `localhost` and its addresses.
    pub names: Vec<String>,
    /// For TLS.
    pub tls: Option<Files>,
}

/// What the proxy keeps.
#[derive(Clone, Debug)]
pub struct StateConfig {
    /// In which folder; it is made when it is not there.
    pub folder: PathBuf,
    /// For so many days what every cloud holds is kept.
    pub keep_days: u32,
}

impl StateConfig {
    /// The one file with everything: the spool, and the paired tills.
    pub fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    /// The device's certificate and those above it.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("device.pem")
    }
}

/// What is written of what happens, on the standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// In lines for people or for programs.
    pub json: bool,
    /// From which level on.
    pub level: tracing::Level,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { json: false, level: tracing::Level::INFO }
    }
}

impl Config {
    /// Reads a file's text. Relative paths start at the folder.
    pub fn read(text: &str, folder: &Path) -> Result<Self, ConfigFault> {
        let file: File = toml::from_str(text).map_err(|fault| ConfigFault::Syntax(fault.to_string()))?;
        let place = |path: PathBuf| folder.join(path);
        let serial = file.device.serial.map(|text| text.parse().map_err(|_| ConfigFault::Serial(text)));
        let port = file.device.port.map(|text| {
            let Ok(address) = text.parse::<Address>();
            match address {
                Address::Serial(path) => Address::Serial(place(path)),
                Address::Tcp(host) => Address::Tcp(host),
            }
        });
        let urls = file.cloud.urls.iter().map(|text| text.parse().map_err(ConfigFault::Url));
        let level = match file.log.level {
            Some(text) => text.parse().map_err(|_| ConfigFault::Level(text))?,
            None => tracing::Level::INFO,
        };
        let tls = match (file.local.tls_certificate, file.local.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(Files { certificate: place(certificate), key: place(key) })
            }
            (None, None) => None,
            _ => return Err(ConfigFault::HalfTls),
        };
        Ok(Self {
            device: DeviceConfig { serial: serial.transpose()?, port },
            cloud: CloudConfig {
                urls: urls.collect::<Result<_, _>>()?,
                ca_file: file.cloud.ca_file.map(place),
            },
            local: LocalConfig { listen: file.local.listen.unwrap_or(LISTEN), names: file.local.names, tls },
            state: StateConfig {
                folder: place(file.state.folder),
                keep_days: file.state.keep_days.unwrap_or(KEEP_DAYS),
            },
            log: LogConfig { json: log_format(file.log.format)?, level },
        })
    }
}

fn log_format(format: Option<String>) -> Result<bool, ConfigFault> {
    match format.as_deref() {
        None | Some("text") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(ConfigFault::Format(other.to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    device: DeviceSection,
    #[serde(default)]
    cloud: CloudSection,
    #[serde(default)]
    local: LocalSection,
    state: StateSection,
    #[serde(default)]
    log: LogSection,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceSection {
    serial: Option<String>,
    port: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CloudSection {
    #[serde(default)]
    urls: Vec<String>,
    ca_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalSection {
    listen: Option<SocketAddr>,
    #[serde(default)]
    names: Vec<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateSection {
    folder: PathBuf,
    keep_days: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSection {
    format: Option<String>,
    level: Option<String>,
}

/// Why a configuration is none.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file is not TOML, or has a member that is not known.
    #[error("the configuration cannot be read: {0}")]
    Syntax(String),
    /// No device has this serial number.
    #[error("device.serial: {0:?} is no serial number: copy it from the device, like DEF-000123")]
    Serial(String),
    /// The cloud's address.
    #[error("cloud.urls: {0}")]
    Url(UrlFault),
    /// One of two files.
    #[error("local.tls_certificate and local.tls_key go together: name both, or none")]
    HalfTls,
    /// No such form of a log.
    #[error("log.format: {0:?} is neither text nor json")]
    Format(String),
    /// No such level.
    #[error("log.level: {0:?} is none of error, warn, info, debug and trace")]
    Level(String),
}

impl ConfigFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "CONFIG_SYNTAX",
            Self::Serial(_) => "CONFIG_SERIAL",
            Self::Url(_) => "CONFIG_URL",
            Self::HalfTls => "CONFIG_TLS",
            Self::Format(_) => "CONFIG_LOG_FORMAT",
            Self::Level(_) => "CONFIG_LOG_LEVEL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::read(EXAMPLE, Path::new("/etc")).unwrap();
        assert_eq!(config.local.listen, LISTEN);
        assert_eq!(config.state.database(), Path::new("/var/lib/stelala-proxy/proxy.sqlite"));
    }

    #[test]
    fn every_member_of_the_example_that_stands_in_a_comment_is_one() {
        let spoken: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = Config::read(&spoken, Path::new("/etc")).unwrap();
        assert_eq!(config.device.serial.unwrap().as_str(), "DEF-000123");
        assert_eq!(config.cloud.urls.len(), 1);
        assert!(config.local.tls.is_some());
    }

    #[test]
    fn a_member_that_is_not_known_is_refused() {
        let text = "[state]\nfolder = \"x\"\n[local]\nlisten_on = \"127.0.0.1:1\"\n";
        assert_eq!(Config::read(text, Path::new("/")).unwrap_err().code(), "CONFIG_SYNTAX");
    }

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        let text = "[state]\nfolder = \"x\"\n[local]\ntls_key = \"key.pem\"\n";
        assert_eq!(Config::read(text, Path::new("/")).unwrap_err().code(), "CONFIG_TLS");
    }
}
