//! The referee for a browser: a page puts a question in and takes an answer out, and no server is asked.
//!
//! This is the room of the foreign function interface. JavaScript finds a WebAssembly function by its unmangled name,
//! and Rust counts that attribute as unsafe code, so this crate alone does not forbid it. There is nothing else to
//! allow: the functions pass numbers, and the two buffers stay Rust's own.
//!
//! 1. [`input`] gives the address where the page writes the question, as many bytes as it asked for;
//! 2. [`verify_qr`] and [`read_trust`] (a question in JSON) or [`scan`] (grey pixels) answer, and return the length;
//! 3. [`output`] gives the address of the answer, in JSON: what was asked for, or `{"error": sentence}`.
//!
//! An address holds until the next call. Nothing here panics; what is not ours to promise is `rqrr`, the reader of
//! pictures, whose assertions some pictures break. WebAssembly then stops the instance and the page starts another.

mod answer;
mod fault;
mod picture;
mod question;

use std::{
    ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// No key list and no picture that the page sends is longer.
const LONGEST_INPUT_BYTES: usize = 32 * 1024 * 1024;

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Where to write a question of this length; null when there is no room for it.
#[allow(unsafe_code, reason = "JavaScript finds it by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    let mut input = open(&INPUT);
    input.clear();
    if length > LONGEST_INPUT_BYTES || input.try_reserve_exact(length).is_err() {
        return ptr::null_mut();
    }
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Where the last answer is.
#[allow(unsafe_code, reason = "JavaScript finds it by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    open(&OUTPUT).as_ptr()
}

/// The verdict on a QR code's text: a `Report`.
#[allow(unsafe_code, reason = "JavaScript finds it by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn verify_qr() -> usize {
    answer_with(answer::verify_qr)
}

/// Which keys a verdict would rest on: `{"keys": [id]}` or `{"issued": time, "root": id}`.
#[allow(unsafe_code, reason = "JavaScript finds it by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn read_trust() -> usize {
    answer_with(answer::read_trust)
}

/// The texts of the QR codes in a picture of 8-bit grey pixels, row by row: `{"texts": [text], "unreadable": count}`.
#[allow(unsafe_code, reason = "JavaScript finds it by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn scan(width: usize, height: usize) -> usize {
    answer_with(|pixels| answer::scan(pixels, width, height))
}

fn answer_with(answer: impl FnOnce(&[u8]) -> Vec<u8>) -> usize {
    let answer = answer(&open(&INPUT));
    let length = answer.len();
    *open(&OUTPUT) = answer;
    length
}

fn open(buffer: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_too_long_has_no_room_and_a_short_one_has() {
        assert!(input(LONGEST_INPUT_BYTES + 1).is_null());
        assert!(!input(10).is_null());
        assert_eq!(verify_qr(), open(&OUTPUT).len());
        assert_eq!(output(), open(&OUTPUT).as_ptr());
        assert!(open(&OUTPUT).starts_with(b"{\"error\":"));
    }
}
