//! What the signer does with nothing around it: each of its workers signs one hash after the other.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ::cloud::{Config, SignerConfig};
use anyhow::{Context, bail};
use signing::{
    Connection, KeyStore, Pkcs11Keys, Pkcs11Settings, Purpose, RingSettings, Session, SoftwareKeys,
};

use crate::random;

/// Signatures in a second, by as many sessions as the ring has workers.
pub(super) fn rate(config: &Config, time: Duration) -> anyhow::Result<f64> {
    let connection = connect(config)?;
    let keys = connection.keys()?;
    let ours = keys.iter().filter(|key| key.purpose == Purpose::Seal && key.signer == config.signer.id());
    let key = ours.max_by_key(|key| key.made).context("the signer has no key")?.public_key.id();
    let workers = RingSettings::new(config.signer.id()).workers.get();
    let sessions: Vec<Box<dyn Session>> =
        (0..workers).map(|_| connection.session()).collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let work = |mut session: Box<dyn Session>| -> anyhow::Result<u64> {
        let (mut made, mut hash) = (0_u64, [7; 32]);
        while begun.elapsed() < time {
            hash[..8].copy_from_slice(&made.to_le_bytes());
            session.sign(key, &hash)?;
            made += 1;
        }
        Ok(made)
    };
    let made = thread::scope(|scope| {
        let threads: Vec<_> = sessions.into_iter().map(|session| scope.spawn(|| work(session))).collect();
        threads.into_iter().try_fold(0, |sum, thread| match thread.join() {
            Ok(made) => Ok(sum + made?),
            Err(_) => bail!("a thread that signs panicked"),
        })
    })?;
    Ok(made as f64 / begun.elapsed().as_secs_f64())
}

/// A token is free once the ring before has let it go, which it does on threads of its own.
fn connect(config: &Config) -> anyhow::Result<Arc<dyn Connection>> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match store(config)?.connect() {
            Err(_) if Instant::now() < until => thread::sleep(Duration::from_millis(100)),
            connected => return Ok(connected?),
        }
    }
}

/// Opens the configured store of keys.
pub(super) fn store(config: &Config) -> anyhow::Result<Arc<dyn KeyStore>> {
    let no_secret = "the benchmark's own passphrase is missing";
    Ok(match &config.signer {
        SignerConfig::Software { store, .. } => {
            let passphrase = config.secrets.passphrase.as_ref().context(no_secret)?;
            Arc::new(SoftwareKeys::open(store, passphrase, random::fill)?)
        }
        SignerConfig::Pkcs11 { module, token, .. } => {
            let pin = config.secrets.pin.clone().context(no_secret)?;
            Arc::new(Pkcs11Keys::new(Pkcs11Settings { module: module.clone(), token: token.clone() }, pin))
        }
    })
}
