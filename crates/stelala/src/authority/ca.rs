//! The root of device certificates: made and used on a machine that has no cloud.

use std::{
    fs::{self, DirBuilder},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use fiscal::Timestamp;
use pki::{AuthorityCertificate, AuthorityName, CertificateRequest, RootAuthority, SerialNumber, Validity};
use signing::{Cost, KeyRing, Passphrase, Purpose, RingSettings, SoftwareKeys};

use super::now;
use crate::{cloud::PassphraseArgs, random};

/// In its folder: the encrypted key, and the certificate.
const KEYS: &str = "root.keys";
const CERTIFICATE: &str = "root.pem";
/// Whose key it is, in the key file.
const SIGNER: &str = "ROOT-CA";
/// How long the key file may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the root can be asked.
#[derive(Subcommand)]
pub(crate) enum CaCommand {
    /// Makes a root: an encrypted key in root.keys, and its certificate in root.pem.
    New(NewCommand),
    /// Prints the certificate of an issuing authority, signed by the root.
    Sign(SignCommand),
}

/// A new root.
#[derive(Args)]
pub(crate) struct NewCommand {
    /// The folder for it; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What it is called, at most 64 characters.
    #[arg(long, default_value = "Stelala devices root")]
    name: AuthorityName,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// What it signs.
#[derive(Args)]
pub(crate) struct SignCommand {
    /// The folder that `authority ca new` made.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The request that `cloud ca request` printed.
    #[arg(long, value_name = "FILE.pem")]
    request: PathBuf,
    /// For how many days the certificate holds.
    #[arg(long, value_name = "N", default_value_t = Validity::ISSUING_DAYS)]
    days: u64,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl CaCommand {
    /// What is to be printed.
    pub(super) fn run(&self) -> anyhow::Result<String> {
        match self {
            Self::New(command) => command.run(),
            Self::Sign(command) => command.run(),
        }
    }
}

impl NewCommand {
    fn run(&self) -> anyhow::Result<String> {
        let root = Root::make(&self.out, &self.name, &self.passphrase.read()?, Cost::RECOMMENDED, now()?)?;
        let certificate = root.certificate();
        let until = certificate.validity().not_after();
        Ok(format!(
            "the root \"{}\", until {until}Z, in {}\nwho has {KEYS} and its passphrase can certify any device: keep both apart from the cloud",
            certificate.name(),
            self.out.display()
        ))
    }
}

impl SignCommand {
    fn run(&self) -> anyhow::Result<String> {
        let name = || self.request.display().to_string();
        let text = fs::read_to_string(&self.request).with_context(name)?;
        ensure!(
            !text.trim().is_empty(),
            "{}: the file is empty: have `stelala cloud ca request` write it again",
            name()
        );
        let request = CertificateRequest::from_pem(&text).with_context(name)?;
        let root = Root::open(&self.root, &self.passphrase.read()?)?;
        let certificate = root.sign(&request, now()?, self.days)?;
        eprintln!(
            "{} with the key {}: compare it with what the cloud said",
            request.name(),
            request.key().id()
        );
        Ok(certificate.pem().trim_end().to_owned())
    }
}

/// The root of a folder.
pub(crate) struct Root {
    authority: RootAuthority,
    /// Signs for the authority as long as it is there.
    _ring: KeyRing,
}

impl Root {
    /// Makes a new root in a new folder, all of it or nothing.
    pub(crate) fn make(
        folder: &Path,
        name: &AuthorityName,
        passphrase: &Passphrase,
        cost: Cost,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        if folder.symlink_metadata().is_ok() {
            bail!("{} is there already: a root is never overwritten, name another folder", folder.display());
        }
        let mut unfinished = folder.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        write(&unfinished, name, passphrase, cost, now)
            .and_then(|()| Ok(fs::rename(&unfinished, folder)?))
            .with_context(|| format!("{}: cannot put a root there", folder.display()))?;
        Self::open(folder, passphrase)
    }

    /// Opens that of a folder.
    pub(crate) fn open(folder: &Path, passphrase: &Passphrase) -> anyhow::Result<Self> {
        let name = || format!("{}: name a folder that `authority ca new` made", folder.display());
        let certificate = fs::read_to_string(folder.join(CERTIFICATE)).with_context(name)?;
        let certificate = AuthorityCertificate::from_pem(&certificate).with_context(name)?;
        let ring = ring(SoftwareKeys::open(folder.join(KEYS), passphrase, random::fill)?)?;
        let attester = Arc::new(ring.attester_for(Purpose::Certify)?);
        let authority = RootAuthority::new(certificate, attester).with_context(name)?;
        Ok(Self { authority, _ring: ring })
    }

    /// Its certificate.
    pub(crate) const fn certificate(&self) -> &AuthorityCertificate {
        self.authority.certificate()
    }

    /// Signs the certificate of an issuing authority.
    pub(crate) fn sign(
        &self,
        request: &CertificateRequest,
        now: Timestamp,
        days: u64,
    ) -> anyhow::Result<AuthorityCertificate> {
        Ok(self.authority.sign(request, Validity::days(now, days)?, serial_number())?)
    }
}

fn write(
    folder: &Path,
    name: &AuthorityName,
    passphrase: &Passphrase,
    cost: Cost,
    now: Timestamp,
) -> anyhow::Result<()> {
    // What an attempt that was interrupted left is nobody's.
    let _ = fs::remove_dir_all(folder);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    DirBuilder::new().mode(0o700).create(folder)?;
    let ring = ring(SoftwareKeys::create(folder.join(KEYS), passphrase, cost, random::fill)?)?;
    ring.ensure(Purpose::Certify, now)?;
    let attester = Arc::new(ring.attester_for(Purpose::Certify)?);
    let validity = Validity::days(now, Validity::ROOT_DAYS)?;
    let root = RootAuthority::make(name, attester, validity, serial_number())?;
    let mut file = fs::File::create_new(folder.join(CERTIFICATE))?;
    file.write_all(root.certificate().pem().as_bytes())?;
    Ok(file.sync_all()?)
}

/// Ready to sign with what the store has.
fn ring(store: SoftwareKeys) -> anyhow::Result<KeyRing> {
    let ring = KeyRing::start(Arc::new(store), RingSettings::new(SIGNER.parse()?), random::fill);
    // It has no sealing key, which is no fault here: it is up then.
    let _ = ring.wait_until_ready(PATIENCE);
    ring.refresh()?;
    Ok(ring)
}

/// A new one.
pub(crate) fn serial_number() -> SerialNumber {
    let mut bytes = [0; SerialNumber::LENGTH];
    random::fill(&mut bytes);
    SerialNumber::from_random(bytes)
}
