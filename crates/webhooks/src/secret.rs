use std::fmt;

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding};
use fiscal::Timestamp;

use crate::DeliveryId;

/// With what a webhook's events are signed: `whsec_` and base64 of 32 bytes, as the Standard Webhooks specification
/// writes it. It is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// How many bytes are made.
    pub const LENGTH: usize = 32;

    /// From randomness.
    pub fn new(random: [u8; Self::LENGTH]) -> Self {
        Self(random.to_vec())
    }

    /// As it was kept.
    pub(crate) const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that its owner is shown, once.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", Base64::encode_string(&self.0))
    }

    /// One signature: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
    fn sign(&self, id: &str, time: Timestamp, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{}.{body}", time.unix()).as_bytes());
        format!("v1,{}", Base64::encode_string(tag.as_ref()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The header `webhook-signature`: one signature by each secret that is valid, with spaces between.
pub(crate) fn signatures(secrets: &[WebhookSecret], id: &DeliveryId, time: Timestamp, body: &str) -> String {
    secrets.iter().map(|secret| secret.sign(id.as_str(), time, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_of_standard_webhooks_is_signed_alike() {
        let secret = WebhookSecret(Base64::decode_vec("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
        let time = Timestamp::from_unix(1_614_265_330).unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.reveal(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn two_secrets_sign_side_by_side_and_none_is_in_a_debug_text() {
        let secrets = [WebhookSecret::new([1; 32]), WebhookSecret::new([2; 32])];
        let id = DeliveryId::new([3; 20]);
        let both = signatures(&secrets, &id, Timestamp::EARLIEST, "{}");
        let (one, two) = both.split_once(' ').unwrap();
        assert!(one != two && one.starts_with("v1,") && two.starts_with("v1,"));
        assert_eq!(format!("{:?}", secrets[0]), "WebhookSecret(…)");
    }
}
