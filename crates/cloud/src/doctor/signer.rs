use std::time::Duration;

use super::Finding;
use crate::{
    config::{Config, SignerConfig},
    start::{self, Entropy},
};

const ABOUT: &str = "signer";
/// A token that takes longer to prove a key is worth a word.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn examine(config: &Config, entropy: Entropy) -> Finding {
    match &config.signer {
        SignerConfig::Software { store, .. } if !store.exists() => {
            let name = store.display();
            return Finding::bad(
                ABOUT,
                format!("{name} is not there: `stelala cloud rotate-key` makes it, and the first key"),
            );
        }
        SignerConfig::Pkcs11 { module, .. } if !module.is_file() => {
            let name = module.display();
            return Finding::bad(
                ABOUT,
                format!("{name} is no file: set signer.module to the library of the token's maker"),
            );
        }
        _ => {}
    }
    let store = match start::key_store(config, entropy) {
        Ok(store) => store,
        Err(fault) => return Finding::bad(ABOUT, fault.to_string()),
    };
    let name = store.name();
    let ring = start::ring(config, store, entropy);
    match ring.wait_until_ready(PATIENCE) {
        Ok(key) => Finding::good(
            ABOUT,
            format!("{} seals with key {} in {name}, and holds it", config.signer.id(), key.id()),
        ),
        Err(_) if ring.keys().is_empty() => Finding::bad(
            ABOUT,
            format!(
                "there is no key of {} in {name} that can be used: `stelala cloud rotate-key` makes one",
                config.signer.id()
            ),
        ),
        Err(fault) => Finding::bad(ABOUT, format!("{name}: {}", fault.reason())),
    }
}
