/// Fills bytes with randomness.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Randomness that a thread keeps.
pub type Entropy = Box<dyn FnMut(&mut [u8]) + Send>;

/// Keeps the secrets of webhooks under the deployment's key. `about` is the webhook's id: what was sealed for one opens
/// for no other.
pub trait Vault: Send + Sync {
    /// Seals a secret into a text that can be stored.
    fn seal(&self, about: &str, secret: &[u8], random: Random<'_>) -> String;

    /// Opens it; none when it was not sealed for this, or under another key.
    fn open(&self, about: &str, text: &str) -> Option<Vec<u8>>;
}

impl Vault for registry::Vault {
    fn seal(&self, about: &str, secret: &[u8], random: Random<'_>) -> String {
        let mut nonce = [0; 12];
        random(&mut nonce);
        Self::seal(self, about, secret, nonce)
    }

    fn open(&self, about: &str, text: &str) -> Option<Vec<u8>> {
        Self::open(self, about, text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_vault_opens_a_secret_for_its_webhook_and_for_no_other() {
        let vault: &dyn Vault = &registry::Vault::new([3; 32]);
        let sealed = vault.seal("whk_a", &[7; 32], &mut |bytes| bytes.fill(9));
        assert_eq!(vault.open("whk_a", &sealed), Some(vec![7; 32]));
        assert_eq!(vault.open("whk_b", &sealed), None);
        assert_eq!((&registry::Vault::new([4; 32]) as &dyn Vault).open("whk_a", &sealed), None);
    }
}
