//! The kept crate at-cryptoauth on the same model: the model understands somebody else's packets too, and what it does
//! is what that driver expects.

use at_cryptoauth::{
    AtCaClient, I2cConfig,
    memory::{Slot, Zone},
};
use def_engine::board::SecureElement;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;

use crate::{HASH, bus::Chip, element, initialised, is_true, key_of};

fn client(chip: &Chip) -> AtCaClient<NoopRawMutex, Chip> {
    // It waits on the host's clock, not on the model's, and wakes the chip by its address.
    chip.with(|state| (state.pace, state.light_sleeper) = (0, true));
    AtCaClient::with_config(chip.clone(), I2cConfig::default())
}

#[test]
fn it_reads_the_same_identity_and_locks() {
    let chip = initialised();
    let serial = element(&chip).identity().unwrap().serial;
    let client = client(&chip);
    assert_eq!(client.memory().serial_number_blocking().unwrap().as_ref(), serial.0);
    assert_eq!(client.info_blocking().unwrap().as_ref(), [0x00, 0x00, 0x60, 0x03]);
    for zone in [Zone::Config, Zone::Data] {
        assert!(client.memory().is_locked_blocking(zone).unwrap());
    }
}

#[test]
fn it_has_the_same_key_and_makes_a_true_signature() {
    let chip = initialised();
    let key = element(&chip).public_key().unwrap().unwrap();
    let client = client(&chip);
    let point = client.generate_pubkey_blocking(Slot::PrivateKey00).unwrap();
    let mut sec1 = vec![0x04];
    sec1.extend(point.as_ref());
    assert_eq!(fiscal::PublicKey::from_sec1(&sec1).unwrap(), key);
    assert_eq!(key.to_compressed().to_vec(), key_of(&chip));
    let signature =
        client.signer(Slot::PrivateKey00).sign_digest_blocking(&HASH.0[..].try_into().unwrap()).unwrap();
    assert!(is_true(&chip, &HASH, &signature.to_bytes().into()));
}
