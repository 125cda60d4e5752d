//! The last exchanges of the case that runs on this thread, for whoever reads of its failure.

use std::{cell::RefCell, collections::VecDeque};

/// How many exchanges are shown, and how many bytes of each.
const SHOWN: usize = 6;
const BYTES: usize = 360;

thread_local! {
    static LAST: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
}

/// Something went over the line, `>` to the device or `<` from it.
pub(crate) fn note(direction: char, bytes: &[u8]) {
    let mut text: String =
        bytes.iter().take(BYTES).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect();
    if bytes.len() > BYTES {
        text.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    LAST.with_borrow_mut(|last| {
        if last.len() == SHOWN {
            last.pop_front();
        }
        last.push_back(format!("{direction} {text}"));
    });
}

/// Forgets what an earlier case did here.
pub(crate) fn clear() {
    LAST.with_borrow_mut(VecDeque::clear);
}

/// What is remembered, the oldest first.
pub(crate) fn last() -> Vec<String> {
    LAST.with_borrow(|last| last.iter().cloned().collect())
}
