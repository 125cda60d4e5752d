//! Reports of the ledger: that they are a device's on the same invoices, that closures are made once, and that none
//! reads more than its period.

mod agreement;
mod both;
mod closures;
mod cloud;
mod counting;
mod device;
mod extent;
mod signatures;
mod switched;
mod wish;

use std::path::Path;

/// The files of `examples/day`, in their order.
fn day() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/day");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    assert_eq!(files.len(), 38);
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}
