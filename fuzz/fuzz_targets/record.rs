//! A record that can be read is written back byte for byte, and never panics under a key.

#![no_main]

use fiscal::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::from_bytes(bytes) {
        assert_eq!(record.to_bytes(), bytes);
        let _ = record.hash();
    }
});
