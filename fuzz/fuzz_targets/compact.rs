//! Packed bytes unpack to a canonical payload or to a fault; a payload that is packed comes back byte for byte, in no
//! more bytes than it had.

#![no_main]

use fiscal::{
    Invoice, Validated,
    compact::{Home, unpack},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let homes = [home("A2301457K", "KIN-GOMBE-01"), home("B7654321X", "LUB-2")];
    let mut payload = String::new();
    if unpack(bytes, &homes[0], &mut payload).is_ok() {
        assert!(Invoice::read(payload.as_bytes()).is_ok(), "{payload}");
        comes_back(payload.as_bytes(), &homes);
    }
    comes_back(bytes, &homes);
});

fn comes_back(payload: &[u8], homes: &[Home]) {
    let Ok(sale) = Validated::read(payload) else { return };
    for home in homes {
        let mut packed = vec![0; payload.len()];
        let length = sale.pack(home, &mut packed).expect("no longer than the payload");
        let mut again = String::new();
        unpack(&packed[..length], home, &mut again).expect("what was packed");
        assert_eq!(again.as_bytes(), payload);
        assert!(unpack(&packed[..length - 1], home, &mut again).is_err(), "cut short");
    }
}

fn home(nif: &str, outlet: &str) -> Home {
    Home { nif: nif.parse().expect("a NIF"), outlet: outlet.parse().expect("an outlet") }
}
