use std::{num::NonZeroUsize, path::Path, sync::Arc, time::Duration};

use def_protocol::token::Realm;
use fiscal::{PublicKey, Timestamp};
use ledger::{Clock, Database, LedgerStore, SealingKey, StoreFault};
use signing::{
    Cost, KeyFileFault, KeyRing, KeyStore, Passphrase, Pkcs11Keys, Pkcs11Settings, Purpose, RingSettings,
    SoftwareKeys,
};

use super::{Entropy, StartFault};
use crate::config::{Config, SecretSource, SignerConfig};

/// How long a command waits for a token.
const PATIENCE: Duration = Duration::from_secs(20);
/// Processes look for a new key more often than this: after it, the old one seals no more.
const OVERLAP_SECONDS: u64 = 60;

/// Opens the store of keys.
pub(crate) fn key_store(config: &Config, entropy: Entropy) -> Result<Arc<dyn KeyStore>, StartFault> {
    match &config.signer {
        SignerConfig::Software { store, passphrase_file, .. } => {
            let passphrase = passphrase(config, passphrase_file.as_deref())?;
            Ok(Arc::new(SoftwareKeys::open(store, &passphrase, entropy)?))
        }
        SignerConfig::Pkcs11 { module, token, pin_file, .. } => {
            let pin = pin(config, pin_file.as_deref())?;
            Ok(Arc::new(Pkcs11Keys::new(
                Pkcs11Settings { module: module.clone(), token: token.clone() },
                pin,
            )))
        }
    }
}

pub(crate) fn passphrase(config: &Config, file: Option<&Path>) -> Result<Passphrase, StartFault> {
    secret(config.secrets.passphrase.clone(), file, "STELALA_PASSPHRASE", "passphrase_file")
}

pub(crate) fn pin(config: &Config, file: Option<&Path>) -> Result<Passphrase, StartFault> {
    secret(config.secrets.pin.clone(), file, "STELALA_PIN", "pin_file")
}

fn secret(
    given: Option<Passphrase>,
    file: Option<&Path>,
    variable: &'static str,
    member: &'static str,
) -> Result<Passphrase, StartFault> {
    match (given, file) {
        (Some(given), _) => Ok(given),
        (None, Some(path)) => SecretSource::File(path.to_owned()).passphrase().map_err(StartFault::Secret),
        (None, None) => {
            Err(StartFault::SecretMissing { what: "the store of keys is encrypted", variable, member })
        }
    }
}

/// Starts the signer's threads.
pub(crate) fn ring(config: &Config, store: Arc<dyn KeyStore>, entropy: Entropy) -> KeyRing {
    let mut settings = RingSettings::new(config.signer.id());
    let (SignerConfig::Software { workers, .. } | SignerConfig::Pkcs11 { workers, .. }) = &config.signer;
    if let Some(workers) = workers.and_then(NonZeroUsize::new) {
        settings.workers = workers;
    }
    KeyRing::start(store, settings, entropy)
}

/// The signer of a configuration, for commands beside the clouds that run.
pub fn open_signer(config: &Config, entropy: Entropy) -> Result<KeyRing, StartFault> {
    Ok(ring(config, key_store(config, entropy)?, entropy))
}

/// Makes a sealing key in the signer's store, proves it, publishes it, and retires the one before, a minute from now:
/// running processes take the new one within seconds. The first time it also makes the store, if that is a file, and
/// the keys that attest, order devices about, certify and activate them.
pub fn make_key(
    config: &Config,
    cost: Cost,
    database: &dyn Database,
    clock: &dyn Clock,
    entropy: Entropy,
) -> Result<PublicKey, StartFault> {
    if let SignerConfig::Software { store, passphrase_file, .. } = &config.signer {
        let passphrase = passphrase(config, passphrase_file.as_deref())?;
        match SoftwareKeys::create(store, &passphrase, cost, entropy) {
            Ok(_) | Err(KeyFileFault::Exists { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    let ring = ring(config, key_store(config, entropy)?, entropy);
    // The ring is up once it knows whether it has a key; that it has none is no fault here.
    let _ = ring.wait_until_ready(PATIENCE);
    let now = clock.now();
    for purpose in [Purpose::Attest, Purpose::Operate, Purpose::Certify, Purpose::Activate] {
        // Who activates real devices is their manufacturer.
        let is_elsewhere = purpose == Purpose::Activate
            && config.devices.as_ref().is_some_and(|devices| devices.realm == Realm::Production);
        if !is_elsewhere {
            ring.ensure(purpose, now)?;
        }
    }
    let key = ring.make(Purpose::Seal, now)?;
    publish(&mut *database.connect()?, config, key, now)?;
    Ok(key)
}

fn publish(
    store: &mut dyn LedgerStore,
    config: &Config,
    key: PublicKey,
    now: Timestamp,
) -> Result<(), StartFault> {
    let signer = config.signer.id();
    match store.publish_key(&SealingKey { key, signer, since: now, until: None }) {
        // A cloud that started just now has found the key and published it.
        Ok(()) | Err(StoreFault::Exists(_)) => {}
        Err(fault) => return Err(fault.into()),
    }
    let until = Timestamp::from_unix(now.unix() + OVERLAP_SECONDS).unwrap_or(Timestamp::LATEST);
    for known in store.keys()? {
        if known.signer == signer && known.until.is_none() && known.key.id() != key.id() {
            store.retire_key(known.key.id(), until)?;
        }
    }
    Ok(())
}
