//! Makes the files that the tests compare with: `cargo run -p receipt --example golden`. Look at the difference before
//! you keep it.

#[path = "../tests/support/golden.rs"]
mod golden;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    for (path, text) in golden::files() {
        fs::write(path, text)?;
    }
    Ok(())
}
