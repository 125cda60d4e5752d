//! Bodies in one form: JSON that is written in exactly one way.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::PublicKey;
use serde::{Deserialize, Serialize};

/// How each body begins by which a cloud signer speaks of itself, and no body of a device.
const CLOUD: &str = r#"{"signer":"cloud","#;

/// Whether a cloud signer speaks of itself.
pub(crate) fn is_of_a_cloud(body: &str) -> bool {
    body.starts_with(CLOUD)
}

/// White space, another order or a member that is left out: what is written again shows it.
pub(crate) fn read_one_form<T: Serialize + for<'de> Deserialize<'de>>(body: &str) -> Option<T> {
    let raw: T = serde_json::from_str(body).ok()?;
    let one_form = serde_json::to_string(&raw).is_ok_and(|written| written == body);
    one_form.then_some(raw)
}

/// A key as bodies write it.
pub(crate) fn public_key(text: &str) -> Option<PublicKey> {
    PublicKey::from_spki(&Base64UrlUnpadded::decode_vec(text).ok()?).ok()
}
