use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// Keeps what must be secret and yet be read again, such as the secrets of second factors and of webhooks: who has the
/// database has none of them without the key of the deployment.
///
/// AES-256-GCM. A sealed text is `v1.` and the base64url of nonce and ciphertext; it is good only for what it is about,
/// so that nobody moves it to another row. Nonces are random: one key seals some 2³² secrets at most.
pub struct Vault(LessSafeKey);

impl Vault {
    const VERSION: &str = "v1.";

    /// Under a key of random bytes.
    pub fn new(key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref());
        // The only fault is a key of another length.
        #[expect(clippy::unwrap_used, reason = "the key has the length that the algorithm wants")]
        Self(LessSafeKey::new(key.unwrap()))
    }

    /// Under a key of 64 hexadecimal digits, as `openssl rand -hex 32` writes them.
    pub fn from_hex(digits: &str) -> Result<Self, VaultFault> {
        let mut key = Zeroizing::new([0; 32]);
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(VaultFault::Key);
        }
        for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| VaultFault::Key)?;
        }
        Ok(Self::new(*key))
    }

    /// Seals a secret: `about` names the row that it belongs to, such as its id. The nonce is random and used once.
    pub fn seal(&self, about: &str, secret: &[u8], nonce: [u8; 12]) -> String {
        let mut bytes = Zeroizing::new(secret.to_vec());
        let aad = Aad::from(about.as_bytes());
        let tag = self.0.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes);
        // The only fault is a secret of more than 64 GiB.
        #[expect(clippy::unwrap_used, reason = "a secret is some bytes long")]
        let sealed = [&nonce[..], bytes.as_slice(), tag.unwrap().as_ref()].concat();
        format!("{}{}", Self::VERSION, Base64UrlUnpadded::encode_string(&sealed))
    }

    /// The secret that was sealed about this.
    pub fn open(&self, about: &str, text: &str) -> Result<Vec<u8>, VaultFault> {
        let sealed = text.strip_prefix(Self::VERSION).ok_or(VaultFault::Form)?;
        let sealed = Base64UrlUnpadded::decode_vec(sealed).map_err(|_| VaultFault::Form)?;
        let (nonce, rest) = sealed.split_first_chunk::<12>().ok_or(VaultFault::Form)?;
        let mut bytes = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(about.as_bytes()), &mut bytes);
        let length = opened.map_err(|_| VaultFault::Wrong)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// Why a secret cannot be sealed or read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultFault {
    /// `VAULT_KEY`
    #[error("the key of the deployment is 64 hexadecimal digits: make one with `openssl rand -hex 32`")]
    Key,
    /// `VAULT_FORM`
    #[error(
        "a sealed secret is not one that this program wrote: restore it from a backup, or make a new one"
    )]
    Form,
    /// `VAULT_WRONG`
    #[error("a sealed secret does not open: use the key of the deployment under which it was sealed")]
    Wrong,
}

impl VaultFault {
    /// A name that stays.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Key => "VAULT_KEY",
            Self::Form => "VAULT_FORM",
            Self::Wrong => "VAULT_WRONG",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_opens_only_under_its_key_and_about_its_row() {
        let vault = Vault::new([1; 32]);
        let text = vault.seal("usr_1", b"secret", [2; 12]);
        assert!(text.starts_with("v1.AgICAgICAgICAgIC"), "{text}");
        assert_eq!(vault.open("usr_1", &text).unwrap().as_slice(), b"secret");
        assert_eq!(vault.open("usr_2", &text), Err(VaultFault::Wrong));
        assert_eq!(Vault::new([2; 32]).open("usr_1", &text), Err(VaultFault::Wrong));
        for wrong in ["", "v1.", "v2.AgIC", "v1.====", "v1.AgIC", &text[3..]] {
            assert_eq!(vault.open("usr_1", wrong), Err(VaultFault::Form), "{wrong}");
        }
    }

    #[test]
    fn the_form_is_nonce_ciphertext_and_tag_of_aes_256_gcm() {
        // Test case 13 of the specification of GCM: no text, no associated data, all zero.
        let text = Vault::new([0; 32]).seal("", b"", [0; 12]);
        let bytes = Base64UrlUnpadded::decode_vec(&text[3..]).unwrap();
        let tag: String = bytes[12..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(tag, "530f8afbc74536b9a963b4f1c4cb738b");
    }

    #[test]
    fn a_key_is_64_digits_and_is_never_printed() {
        let sealed = Vault::new([0xab; 32]).seal("a", b"secret", [0; 12]);
        assert!(Vault::from_hex(&"aB".repeat(32)).unwrap().open("a", &sealed).is_ok());
        for wrong in ["", &"ab".repeat(31), &"ab".repeat(33), &"é".repeat(32), &"+1".repeat(32)] {
            assert_eq!(Vault::from_hex(wrong).unwrap_err(), VaultFault::Key, "{wrong}");
        }
        assert_eq!(format!("{:?}", Vault::new([0xab; 32])), "Vault(…)");
    }

    proptest! {
        #[test]
        fn any_secret_is_read_again_and_one_changed_byte_is_noticed(
            key in any::<[u8; 32]>(), nonce in any::<[u8; 12]>(), secret in prop::collection::vec(any::<u8>(), 0..80),
            at in any::<prop::sample::Index>(), about in "[a-z_0-9]{0,24}",
        ) {
            let vault = Vault::new(key);
            let text = vault.seal(&about, &secret, nonce);
            prop_assert_eq!(vault.open(&about, &text), Ok(secret));
            let mut bytes = Base64UrlUnpadded::decode_vec(&text[3..]).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1;
            let forged = format!("v1.{}", Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(vault.open(&about, &forged).unwrap_err(), VaultFault::Wrong);
        }
    }
}
