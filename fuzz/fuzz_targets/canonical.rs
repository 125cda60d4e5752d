//! Whatever the reader accepts, `serde_json` accepts, means the same by it, and writes it back byte for byte; so does
//! our writer.

#![no_main]

use fiscal::{Invoice, Validated};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|payload: &[u8]| {
    let Ok(invoice) = Invoice::read(payload) else {
        assert!(Validated::read(payload).is_err());
        return;
    };
    let value: Value = serde_json::from_slice(payload).expect("serde_json reads it");
    assert_eq!(stelala_fuzz::meaning(&invoice), value);
    assert_eq!(serde_json::to_vec(&value).expect("a value is written"), payload);
    let mut written = String::new();
    invoice.write(&mut written).expect("a string takes it");
    assert_eq!(written.as_bytes(), payload);
    // Sums may be anything here, and none of them may panic.
    let _ = Validated::read(payload);
});
