//! The folder of the cloud.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use ::cloud::{ApiKey, Config, SystemClock};
use anyhow::{Context, bail};
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::UtcOffset;
use ledger::Outlet;
use signing::Cost;

use super::day::{NIF, OUTLET, PREFIX};
use crate::{cloud::api_key, random};

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

impl Place {
    /// Goes on with a folder, or makes it.
    pub(super) fn open(folder: &Path, port: Option<u16>) -> anyhow::Result<Self> {
        if !folder.join(CONFIG).exists() {
            make(folder, port.unwrap_or(PORT))?;
        }
        let text = fs::read_to_string(folder.join(CONFIG)).with_context(|| shown(folder, CONFIG))?;
        // What the environment says is of other clouds.
        let mut config = Config::read(&text, folder, &[]).with_context(|| shown(folder, CONFIG))?;
        if let Some(port) = port {
            config.http.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        }
        let key = fs::read_to_string(folder.join(API_KEY)).with_context(|| shown(folder, API_KEY))?;
        let key = key.trim_end().parse().with_context(|| shown(folder, API_KEY))?;
        Ok(Self { folder: folder.to_owned(), config, key })
    }

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

fn shown(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Makes all of it; its configuration comes last, so that a folder with one is whole.
fn make(folder: &Path, port: u16) -> anyhow::Result<()> {
    let name = folder.display();
    fs::create_dir_all(folder).with_context(|| name.to_string())?;
    let unfinished = folder.join(UNFINISHED);
    if unfinished.exists() {
        bail!("{name} was left half made: remove it, or name another folder with --dir");
    }
    if fs::read_dir(folder).with_context(|| name.to_string())?.next().is_some() {
        bail!("{name} is not empty and no cloud's: name another folder with --dir");
    }
    let outlet = OUTLET.parse()?;
    let (key, lines) = api_key(Some(outlet));
    let text = format!(
        "# The cloud of `stelala up`; `stelala cloud run --config {CONFIG}` runs it too. `stelala cloud config` explains\n\
         # each member.\n\n[http]\nlisten = \"127.0.0.1:{port}\"\n\n[signer]\npassphrase_file = \"{PASSPHRASE}\"\n\n{lines}"
    );
    write_secret(folder, UNFINISHED, &text)?;
    let mut passphrase = [0; 32];
    random::fill(&mut passphrase);
    write_secret(folder, PASSPHRASE, &format!("{}\n", Base64UrlUnpadded::encode_string(&passphrase)))?;
    write_secret(folder, API_KEY, &format!("{}\n", key.reveal()))?;
    let config = Config::read(&text, folder, &[])?;
    let database = ::cloud::database(&config.database)?;
    ::cloud::make_key(&config, Cost::RECOMMENDED, &*database, &SystemClock, random::fill)?;
    let outlet = Outlet { id: outlet, nif: NIF.parse()?, prefix: PREFIX.parse()?, zone: UtcOffset::KINSHASA };
    ::cloud::register_outlet(&*database, &outlet, config.signer.id())?;
    fs::rename(unfinished, folder.join(CONFIG)).with_context(|| shown(folder, CONFIG))
}

/// A new file that nobody else may read.
fn write_secret(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name));
    open.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| shown(folder, name))
}
