//! A QR text that can be read is written back character for character, and gets a verdict; only a seal and a
//! credential that verify make it true.

#![no_main]

use fiscal::Qr;
use libfuzzer_sys::fuzz_target;
use verify::{Trust, verify_qr};

fuzz_target!(|text: &str| {
    assert!(!verify_qr(text, &Trust::Keys(Vec::new())).is_true());
    let Ok(qr) = Qr::read(text) else { return };
    assert_eq!(qr.to_text(), text);
    assert_eq!(Qr::read(&qr.to_text()).as_ref(), Ok(&qr));
    if let Some(credential) = qr.credential() {
        // The till's own key stands on the receipt: a seal under it may be true, the credential under it is not.
        let till = credential.terms().public_key;
        let _ = qr.verify(&till);
        assert!(credential.verify(&till, qr.header()).is_err());
        assert!(!verify_qr(text, &Trust::Keys(vec![till])).is_true());
    }
});
