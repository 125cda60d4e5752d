//! Receipts are what they were when someone last looked at them.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/golden.rs"]
mod golden;
mod support;

use std::fs;

#[test]
fn the_texts_of_some_receipts_are_as_they_were() {
    for (path, text) in golden::files() {
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, expected, "{}: cargo run -p receipt --example golden", path.display());
    }
}
