//! The authority that signs device certificates: its key is in the signer's store, its certificate by the root.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use ::cloud::{Config, DevicesConfig, open_signer};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use def_protocol::token::Realm;
use fiscal::PublicKey;
use pki::{AuthorityCertificate, AuthorityName, CertificateRequest, Chain, Validity};
use signing::{Cost, KeyRing, Passphrase, Purpose};

use super::{configured::ConfigArgs, desk::now};
use crate::{authority::Root, random};

/// How long a command waits for a token.
const PATIENCE: Duration = Duration::from_secs(20);
/// In the folder of certificates.
const ROOT: &str = "root.pem";
const ISSUING: &str = "issuing.pem";
const NAME: &str = "Stelala devices";

/// What the authority can be asked.
#[derive(Subcommand)]
pub(crate) enum CaCommand {
    /// Prints what the root is to sign: this cloud's request for a certificate.
    Request(RequestCommand),
    /// Takes the certificate that the root signed.
    Install(InstallCommand),
    /// Says which certificates there are, and until when they hold.
    Show(ShowCommand),
    /// Prints the public key that devices have to have as their root, in PEM.
    DeviceRoot(DeviceRootCommand),
}

/// What it asks for.
#[derive(Args)]
pub(crate) struct RequestCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// What the authority is called, at most 64 characters.
    #[arg(long, default_value = NAME)]
    name: AuthorityName,
}

/// What the root signed.
#[derive(Args)]
pub(crate) struct InstallCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// What `authority ca sign` printed.
    #[arg(value_name = "ISSUING.pem")]
    certificate: PathBuf,
    /// The root's certificate.
    #[arg(long, value_name = "ROOT.pem")]
    root: PathBuf,
    /// Put another root in the place of the one that is there.
    #[arg(long)]
    replace_root: bool,
}

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct ShowCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct DeviceRootCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl CaCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let said = match self {
            Self::Request(command) => {
                let request = request(&command.config.read()?, &command.name)?;
                eprintln!("{} with the key {}", request.name(), request.key().id());
                request.pem()
            }
            Self::Install(command) => command.run()?,
            Self::Show(command) => show(&command.config.read()?)?,
            Self::DeviceRoot(command) => device_root(&command.config.read()?)?.to_pem().as_str().to_owned(),
        };
        writeln!(io::stdout().lock(), "{}", said.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl InstallCommand {
    fn run(&self) -> anyhow::Result<String> {
        let config = self.config.read()?;
        let read = |path: &PathBuf| {
            let name = || path.display().to_string();
            let pem = fs::read_to_string(path).with_context(name)?;
            AuthorityCertificate::from_pem(&pem).with_context(name)
        };
        let chain = Chain::new(read(&self.certificate)?, read(&self.root)?)?;
        install(&config, &chain, self.replace_root)?;
        Ok(format!(
            "{}, until {}Z; clouds that run take it when they start again",
            chain.issuing().name(),
            chain.issuing().validity().not_after()
        ))
    }
}

/// Makes all that devices need of a cloud's authority, where it is missing: a root in a folder of its own, and a
/// certificate by it. For trials; in real business the root is elsewhere.
pub(crate) fn prepare(config: &Config, root: &Path, passphrase: &Passphrase) -> anyhow::Result<Chain> {
    let request = request(config, &NAME.parse()?)?;
    let root = if root.symlink_metadata().is_ok() {
        Root::open(root, passphrase)?
    } else {
        let name: AuthorityName = "Stelala devices root".parse()?;
        Root::make(root, &name, passphrase, TRIAL_COST, now())?
    };
    match installed(config) {
        Ok(chain) if chain.root() == root.certificate() && chain.issuing().key() == request.key() => {
            Ok(chain)
        }
        _ => {
            let certificate = root.sign(&request, now(), Validity::ISSUING_DAYS)?;
            let chain = Chain::new(certificate, root.certificate().clone())?;
            install(config, &chain, false)?;
            Ok(chain)
        }
    }
}

/// What a guess at the passphrase of a root for trials costs: little.
const TRIAL_COST: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

/// What the root is to sign. Keys that devices need and that are missing are made.
pub(crate) fn request(config: &Config, name: &AuthorityName) -> anyhow::Result<CertificateRequest> {
    let ring = ring(config)?;
    let devices = devices(config)?;
    for purpose in [Purpose::Operate, Purpose::Certify, Purpose::Activate] {
        // Who activates real devices is their manufacturer.
        if purpose != Purpose::Activate || devices.realm == Realm::Development {
            ring.ensure(purpose, now())?;
        }
    }
    Ok(CertificateRequest::make(name, &ring.attester_for(Purpose::Certify)?)?)
}

/// Keeps certificates that belong to the signer's key.
pub(crate) fn install(config: &Config, chain: &Chain, replace_root: bool) -> anyhow::Result<()> {
    let folder = &devices(config)?.certificates;
    let held = ring(config)?.key_for(Purpose::Certify)?;
    if held != *chain.issuing().key() {
        bail!(
            "the certificate is for the key {}, and the signer certifies with {held}: have the root sign what \
             `stelala cloud ca request` prints now",
            chain.issuing().key().id(),
            held = held.id()
        );
    }
    let before = fs::read_to_string(folder.join(ROOT)).ok();
    if before.is_some_and(|before| before != chain.root().pem()) && !replace_root {
        bail!(
            "{} has another root: what was certified under it leads nowhere without it; --replace-root does it all \
             the same",
            folder.display()
        );
    }
    let name = || format!("{}: cannot put certificates there", folder.display());
    fs::create_dir_all(folder).with_context(name)?;
    replace(&folder.join(ROOT), &chain.root().pem()).with_context(name)?;
    replace(&folder.join(ISSUING), &chain.issuing().pem()).with_context(name)
}

/// The certificates that are there.
pub(crate) fn installed(config: &Config) -> anyhow::Result<Chain> {
    let folder = &devices(config)?.certificates;
    let read = |name: &str| {
        let path = folder.join(name);
        let advice = || format!("{}: `stelala cloud ca install` puts it there", path.display());
        fs::read_to_string(&path).with_context(advice)
    };
    Ok(Chain::from_pem(&read(ISSUING)?, &read(ROOT)?)?)
}

/// The public key that devices have to have as their root.
pub(crate) fn device_root(config: &Config) -> anyhow::Result<PublicKey> {
    let key = ring(config)?.key_for(Purpose::Activate);
    key.context("this cloud activates no devices: in production their manufacturer does, for trials `stelala cloud ca request` makes the key")
}

fn show(config: &Config) -> anyhow::Result<String> {
    let chain = installed(config)?;
    let line = |what: &str, of: &AuthorityCertificate| {
        let (name, serial, until) = (of.name(), of.serial(), of.validity().not_after());
        format!("{what}: {name}, number {serial}, key {}, until {until}Z\n", of.key().id())
    };
    let mut said = line("root", chain.root()) + &line("issuing", chain.issuing());
    let ring = ring(config)?;
    for (purpose, what) in
        [(Purpose::Certify, "certificates"), (Purpose::Operate, "orders"), (Purpose::Activate, "activations")]
    {
        let key = ring.key_for(purpose).map_or_else(|_| "no key here".to_owned(), |key| key.id().to_string());
        said += &format!("signs {what}: {key}\n");
    }
    Ok(said)
}

fn devices(config: &Config) -> anyhow::Result<&DevicesConfig> {
    config.devices.as_ref().context("the configuration says nothing of devices: write a section [devices]")
}

/// The signer's keys, when all of them have proven themselves.
fn ring(config: &Config) -> anyhow::Result<KeyRing> {
    let ring = open_signer(config, random::fill)?;
    // The ring is up once it knows whether it has a sealing key; that it has none is no fault here.
    let _ = ring.wait_until_ready(PATIENCE);
    ring.refresh()?;
    Ok(ring)
}

/// The old text or the new one, never a part.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let mut file = fs::File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}
