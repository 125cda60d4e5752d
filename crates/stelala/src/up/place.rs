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

use super::day::{MERCHANT, NIF, OUTLET, PREFIX};
use crate::{
    cloud::{Desk, opened},
    random,
};

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
/// Until all is made.
const UNFINISHED: &str = "cloud.toml.unfinished";
const PORT: u16 = 8080;
/// What a configuration had before keys were kept in the database.
const KEYS_OF_OLD: &str = "[[api_keys]]";

impl Site {
    /// Looks at a folder and changes nothing.
    pub(super) fn look(folder: &Path, port: Option<u16>) -> anyhow::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let folder = folder.to_owned();
        if !folder.join(CONFIG).exists() {
            check_empty(&folder)?;
            return Ok(Self { folder, listen: local(port.unwrap_or(PORT)), config: None });
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
        let key = fs::read_to_string(folder.join(API_KEY)).with_context(|| shown(&folder, API_KEY))?;
        let key = key.trim_end().parse().with_context(|| shown(&folder, API_KEY))?;
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

    /// A file of it, as one types it.
    pub(super) fn file(&self, name: &str) -> String {
        shown(&self.folder, name)
    }
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
         # each member.\n\n[http]\nlisten = \"{listen}\"\n\n[signer]\npassphrase_file = \"{PASSPHRASE}\"\n"
    );
    write_secret(folder, UNFINISHED, &text)?;
    let mut passphrase = [0; 32];
    random::fill(&mut passphrase);
    write_secret(folder, PASSPHRASE, &format!("{}\n", Base64UrlUnpadded::encode_string(&passphrase)))?;
    let config = Config::read(&text, folder, &[])?;
    ::cloud::make_key(&config, Cost::RECOMMENDED, &*opened(&config)?, &SystemClock, random::fill)?;
    let key = Desk::of(&config, |desk| make_tenant(desk, &config))?;
    write_secret(folder, API_KEY, &format!("{}\n", key.reveal()))?;
    fs::rename(folder.join(UNFINISHED), folder.join(CONFIG)).with_context(|| shown(folder, CONFIG))
}

/// A merchant with an outlet, and a key of its manager.
fn make_tenant(desk: &mut Desk<'_>, config: &Config) -> anyhow::Result<ApiKey> {
    let (merchant, _) = desk.find_or_make_merchant(NIF.parse()?, &MERCHANT.parse()?)?;
    let id = OUTLET.parse()?;
    let place = NewPlace {
        id,
        merchant: merchant.id.clone(),
        name: "Gombe".parse()?,
        address: None,
        prefix: Some(PREFIX.parse()?),
        zone: UtcOffset::KINSHASA,
    };
    desk.make_outlet(&place, config.signer.id())?;
    let new = NewKey {
        name: "stelala up".parse()?,
        reach: Reach::Outlet(merchant.id, id),
        role: Role::Manager,
        scopes: None,
        rate: None,
        expires: None,
    };
    Ok(desk.make_key(&new)?.0)
}

/// A new file that nobody else may read.
fn write_secret(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name));
    open.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| shown(folder, name))
}
