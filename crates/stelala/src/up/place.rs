//! The folder of the cloud.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use ::cloud::{Config, SystemClock};
use anyhow::{Context, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::UtcOffset;
use registry::{ApiKey, NewKey, NewPlace, Reach, Role};
use signing::Cost;

use super::{
    authorities,
    day::{MERCHANT, NIF, OUTLET, PREFIX},
};
use crate::{
    cloud::{Desk, opened},
    random,
};

/// The outlet that a fiscal memory seals for, and what its fiscal numbers begin with.
pub(super) const SECOND: &str = "LUB-KAMALONDO-01";
pub(super) const SECOND_PREFIX: &str = "LUBKAMAL01";
/// The fiscal memory's serial number.
pub(super) const DEVICE: &str = "DEF-000001";
/// Its port, in the folder.
pub(super) const PORT: &str = "port";

/// A folder in which a cloud is, or in which one can be made.
pub(super) struct Site {
    folder: PathBuf,
    listen: SocketAddr,
    config: Option<Config>,
}

/// The folder, ready to be served.
pub(super) struct Place {
    folder: PathBuf,
    config: Config,
    key: ApiKey,
}

const CONFIG: &str = "cloud.toml";
const PASSPHRASE: &str = "passphrase";
const API_KEY: &str = "api-key";
/// Of the whole merchant: devices and modes are his.
pub(super) const MERCHANT_KEY: &str = "merchant-key";
/// Of the platform, which confirms that the authority knows a device, and settles what is in doubt there.
pub(super) const OPERATOR_KEY: &str = "operator-key";
/// Until all is made.
const UNFINISHED: &str = "cloud.toml.unfinished";
const HTTP_PORT: u16 = 8080;
/// What a configuration had before keys were kept in the database.
const KEYS_OF_OLD: &str = "[[api_keys]]";

impl Site {
    /// Looks at a folder and changes nothing.
    pub(super) fn look(folder: &Path, port: Option<u16>) -> anyhow::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let folder = folder.to_owned();
        if !folder.join(CONFIG).exists() {
            check_empty(&folder)?;
            return Ok(Self { folder, listen: local(port.unwrap_or(HTTP_PORT)), config: None });
        }
        let config = read(&folder)?;
        let listen = port.map_or(config.http.listen, local);
        Ok(Self { folder, listen, config: Some(config) })
    }

    /// Where its cloud is to listen.
    pub(super) const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Goes on with the cloud, or makes it.
    pub(super) fn open(self) -> anyhow::Result<Place> {
        let Self { folder, listen, config } = self;
        let mut config = match config {
            Some(config) => config,
            None => {
                make(&folder, listen)?;
                read(&folder)?
            }
        };
        config.http.listen = listen;
        let key = read_key(&folder, API_KEY)?;
        Ok(Place { folder, config, key })
    }
}

impl Place {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) const fn api_key(&self) -> &ApiKey {
        &self.key
    }

    /// Somebody else's key.
    pub(super) fn key_of(&self, holder: Holder) -> anyhow::Result<ApiKey> {
        read_key(
            &self.folder,
            match holder {
                Holder::Merchant => MERCHANT_KEY,
                Holder::Operator => OPERATOR_KEY,
            },
        )
    }

    /// Whether there is a second shop, with a fiscal memory: folders of older versions have none.
    pub(super) const fn has_device(&self) -> bool {
        self.config.devices.is_some()
    }

    /// Where hosts find the device.
    pub(super) fn port(&self) -> PathBuf {
        self.folder.join(PORT)
    }

    /// Where the proxy is to listen: beside the cloud.
    pub(super) fn proxy_listen(&self) -> SocketAddr {
        let port = match self.config.http.listen.port() {
            0 => 0,
            port => port.checked_add(1).unwrap_or(port - 1),
        };
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    /// Where the simulated tax authority is to listen: beside the proxy. 0 lets the system choose.
    pub(super) fn authority_port(&self) -> u16 {
        match self.config.http.listen.port() {
            0 => 0,
            port => port.checked_add(2).unwrap_or(port - 2),
        }
    }

    /// A file of it, as one types it.
    pub(super) fn file(&self, name: &str) -> String {
        shown(&self.folder, name)
    }
}

/// Whose key.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    Merchant,
    Operator,
}

fn read_key(folder: &Path, name: &str) -> anyhow::Result<ApiKey> {
    let key = fs::read_to_string(folder.join(name)).with_context(|| shown(folder, name))?;
    key.trim_end().parse().with_context(|| shown(folder, name))
}

/// A file as one types it.
fn shown(folder: &Path, name: &str) -> String {
    let path = folder.join(name).display().to_string();
    let is_plain = path.chars().all(|letter| letter.is_alphanumeric() || "/._-+@%".contains(letter));
    if is_plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

fn read(folder: &Path) -> anyhow::Result<Config> {
    let text = fs::read_to_string(folder.join(CONFIG)).with_context(|| shown(folder, CONFIG))?;
    if text.lines().any(|line| line.trim() == KEYS_OF_OLD) {
        bail!(
            "{} is of an older version, which kept API keys in {CONFIG}, and its outlet belongs to no merchant: name another \
             folder with --dir. What this one sealed stays readable by `stelala ledger` and `stelala verify ledger`, once \
             the part {KEYS_OF_OLD} is taken out of {CONFIG}",
            folder.display()
        );
    }
    // What the environment says is of other clouds.
    Config::read(&text, folder, &[]).with_context(|| shown(folder, CONFIG))
}

fn check_empty(folder: &Path) -> anyhow::Result<()> {
    let name = folder.display();
    if folder.join(UNFINISHED).exists() {
        bail!("{name} was left half made: remove it, or name another folder with --dir");
    }
    if folder.exists() && fs::read_dir(folder).with_context(|| name.to_string())?.next().is_some() {
        bail!("{name} is not empty and no cloud's: name another folder with --dir");
    }
    Ok(())
}

/// Makes all of it; its configuration comes last, so that a folder with one is whole.
fn make(folder: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let text = format!(
        "# The cloud of `stelala up`; `stelala cloud run --config {CONFIG}` runs it too. `stelala cloud config` explains\n\
         # each member.\n\n[http]\nlisten = \"{listen}\"\n\n[signer]\npassphrase_file = \"{PASSPHRASE}\"\n\n{}\n{}",
        authorities::SECTION,
        super::edef::SECTION
    );
    write_secret(folder, UNFINISHED, &text)?;
    let mut passphrase = [0; 32];
    random::fill(&mut passphrase);
    let passphrase = Base64UrlUnpadded::encode_string(&passphrase);
    write_secret(folder, PASSPHRASE, &format!("{passphrase}\n"))?;
    let config = Config::read(&text, folder, &[])?;
    ::cloud::make_key(&config, Cost::RECOMMENDED, &*opened(&config)?, &SystemClock, random::fill)?;
    authorities::make(&config, folder, &passphrase)?;
    let keys = Desk::of(&config, |desk| make_tenant(desk, &config))?;
    for (name, key) in [API_KEY, MERCHANT_KEY, OPERATOR_KEY].into_iter().zip(keys) {
        write_secret(folder, name, &format!("{}\n", key.reveal()))?;
    }
    fs::rename(folder.join(UNFINISHED), folder.join(CONFIG)).with_context(|| shown(folder, CONFIG))
}

/// A merchant with two outlets; keys of the first one's manager, of the merchant, and of the platform.
fn make_tenant(desk: &mut Desk<'_>, config: &Config) -> anyhow::Result<[ApiKey; 3]> {
    let (merchant, _) = desk.find_or_make_merchant(NIF.parse()?, &MERCHANT.parse()?)?;
    let outlets = [
        (OUTLET, "Gombe", PREFIX, UtcOffset::KINSHASA),
        (SECOND, "Kamalondo", SECOND_PREFIX, UtcOffset::LUBUMBASHI),
    ];
    for (id, name, prefix, zone) in outlets {
        let place = NewPlace {
            id: id.parse()?,
            merchant: merchant.id.clone(),
            name: name.parse()?,
            address: None,
            prefix: Some(prefix.parse()?),
            zone,
        };
        desk.make_outlet(&place, config.signer.id())?;
    }
    let mut key = |reach, role| {
        let name = "stelala up".parse()?;
        anyhow::Ok(desk.make_key(&NewKey { name, reach, role, scopes: None, rate: None, expires: None })?.0)
    };
    Ok([
        key(Reach::Outlet(merchant.id.clone(), OUTLET.parse()?), Role::Manager)?,
        key(Reach::Merchant(merchant.id.clone()), Role::Manager)?,
        key(Reach::Platform, Role::Operator)?,
    ])
}

/// A new file that nobody else may read.
fn write_secret(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name));
    open.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| shown(folder, name))
}
