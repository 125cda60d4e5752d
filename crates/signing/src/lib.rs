//! Where the cloud's keys live and sign.
//!
//! [`Signer`] is the one port: whoever seals asks it which key seals now, links under that key, and hands over what was
//! linked. Whether a software key store or an HSM signs is for the configuration to say; sealing itself is
//! [`fiscal`]'s rule.
//!
//! Behind the port there is one [`KeyRing`] for all stores of keys. It proves keys before they are used, splits a
//! batch among its workers, and finds its way back when a token was away. A store ([`KeyStore`]) only keeps keys and
//! signs: [`SoftwareKeys`] in an encrypted file, [`Pkcs11Keys`] in an HSM.

mod aws_lc;
mod choice;
mod key_document;
mod pkcs11;
mod random;
mod ring;
mod secret;
mod signer;
mod software;
mod store;

pub use aws_lc::AwsLcKey;
pub use choice::BadChoice;
pub use key_document::{KeyDocument, PublishedKey};
pub use pkcs11::{Pkcs11Keys, Pkcs11Settings};
pub use random::Random;
pub use ring::{KeyRing, KeyState, RingAttester, RingKey, RingSettings};
pub use secret::Passphrase;
pub use signer::{Attester, Signer, SignerFault};
pub use software::{Cost, KeyFileFault, SoftwareKeys};
pub use store::{Connection, Custody, KeyStore, NewKey, Purpose, Session, StoredKey, UnknownPurpose};
