//! A token has one form: whatever is read, by its text or by its bytes, is written back bit for bit; and no key that
//! did not sign it makes it true.

#![no_main]

use def_protocol::{
    Base64Url,
    token::{
        Acknowledgement, Activation, Body, FirmwareOrder, HandOver, Realm, Reset, StateChange, TaxManifest,
        Unverified, Voucher, sign,
    },
};
use fiscal::{DeviceId, PrivateKey, Timestamp};
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::SigningKey;

fuzz_target!(|bytes: &[u8]| {
    let encoded = Base64Url(bytes).to_string();
    for text in std::str::from_utf8(bytes).into_iter().chain([encoded.as_str()]) {
        try_kind::<Activation>(text);
        try_kind::<Reset>(text);
        try_kind::<HandOver>(text);
        try_kind::<Acknowledgement>(text);
        try_manifest(text);
        try_state(text);
        try_kind::<Voucher>(text);
        try_firmware(text);
    }
});

/// Kinds that borrow nothing.
fn try_kind<T: for<'b> Body<'b> + Clone>(text: &str) {
    let mut buffer = vec![0; <T as Body<'_>>::MAX_BYTES];
    if let Ok(token) = Unverified::<T>::from_text(text, &mut buffer) {
        judge(text, token);
    }
}

fn try_manifest(text: &str) {
    let mut buffer = vec![0; TaxManifest::MAX_BYTES];
    let Ok(token) = Unverified::<TaxManifest<'_>>::from_text(text, &mut buffer) else { return };
    let listed: Vec<_> = token.recorded().body().entries().collect();
    assert!(!listed.is_empty() && listed.len() <= TaxManifest::MAX_ENTRIES);
    judge(text, token);
}

fn try_state(text: &str) {
    let mut buffer = vec![0; StateChange::MAX_BYTES];
    if let Ok(token) = Unverified::<StateChange<'_>>::from_text(text, &mut buffer) {
        judge(text, token);
    }
}

fn try_firmware(text: &str) {
    let mut buffer = vec![0; FirmwareOrder::MAX_BYTES];
    if let Ok(token) = Unverified::<FirmwareOrder<'_>>::from_text(text, &mut buffer) {
        judge(text, token);
    }
}

fn judge<'b, T: Body<'b> + Clone>(text: &str, token: Unverified<'b, T>) {
    // A key that signs nothing but what follows.
    let key = SigningKey::from_slice(&[0x5A; 32]).expect("a small number is a key");
    assert!(token.clone().verify(&key.public_key()).is_err());
    let token = token.recorded();
    let scope = token.scope();
    let device: DeviceId = "DEF-000001".parse().expect("a device");
    for realm in [Realm::Production, Realm::Development] {
        let now = Timestamp::from_unix(1_800_000_000).expect("a time");
        let obeyed = token.for_device(device, realm, now).is_ok();
        let meant = scope.device == device
            && scope.realm == realm
            && (scope.not_before..=scope.not_after).contains(&now);
        assert_eq!(obeyed, meant);
    }
    let mut buffer = vec![0; T::MAX_BYTES];
    let again = sign(scope, token.body(), &key, &mut buffer).expect("what was read is written");
    // 64 bytes of signature are 86 characters, of which the first may share its bits with the body.
    let (again, shared) = (again.to_string(), text.len() - 86);
    assert_eq!(again.len(), text.len());
    assert_eq!(again[..shared], text[..shared]);
}
