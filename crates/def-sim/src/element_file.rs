//! A secure element whose state a file keeps.

use std::{fmt::Write, path::PathBuf};

use def_engine::board::{Random, SecureElement};
use fiscal::{PublicKey, RecordHash, Signature};

use crate::{
    durable,
    fault::{ElementError, HostFault},
    secure_element::SoftElement,
};

/// A secure element whose state a file keeps, key included: for simulators, never for a merchant.
///
/// A change is on the disk before the call returns; `kill -9` leaves the state before it or after it. The file is
/// three lines: `secure element 1`, `counter 130`, `key` and 64 hexadecimal digits (or `key none`).
#[derive(Debug)]
pub struct FileElement<R> {
    path: PathBuf,
    soft: SoftElement,
    random: R,
}

impl<R: Random> FileElement<R> {
    /// Opens the file; without one the element is new. Keys are made from the given randomness.
    pub fn open(path: impl Into<PathBuf>, random: R) -> Result<Self, HostFault> {
        let path = path.into();
        let soft = match durable::read(&path)? {
            Some(bytes) => read(&bytes).ok_or_else(|| HostFault::Damaged { path: path.clone() })?,
            None => SoftElement::new(),
        };
        Ok(Self { path, soft, random })
    }

    /// The element itself, to make it fail. What is changed here is saved with the next operation that changes
    /// something.
    pub const fn soft(&mut self) -> &mut SoftElement {
        &mut self.soft
    }

    /// Keeps the new state only if the file does.
    fn save(&mut self, changed: SoftElement) -> Result<(), ElementError> {
        durable::replace(&self.path, written(&changed).as_bytes()).map_err(|fault| match fault {
            HostFault::Io { source, .. } => ElementError::Host(source.kind()),
            _ => ElementError::Host(std::io::ErrorKind::Other),
        })?;
        self.soft = changed;
        Ok(())
    }
}

impl<R: Random> SecureElement for FileElement<R> {
    const IN_PROCESS: bool = true;

    type Error = ElementError;

    fn public_key(&mut self) -> Result<Option<PublicKey>, ElementError> {
        self.soft.public_key()
    }

    fn make_key(&mut self) -> Result<PublicKey, ElementError> {
        self.soft.answer()?;
        let mut changed = self.soft.clone();
        let key = changed.replace_key(&mut self.random);
        self.save(changed)?;
        Ok(key)
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], ElementError> {
        self.soft.sign(hash)
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], ElementError> {
        self.soft.journal_secret()
    }

    fn counter(&mut self) -> Result<u64, ElementError> {
        self.soft.counter()
    }

    fn increment(&mut self) -> Result<u64, ElementError> {
        self.soft.answer()?;
        let mut changed = self.soft.clone();
        let counter = changed.count()?;
        self.save(changed)?;
        Ok(counter)
    }
}

fn written(element: &SoftElement) -> String {
    let key = element.private().map_or_else(|| "none".to_owned(), |key| hexadecimal(&key));
    format!("secure element 1\ncounter {}\nkey {key}\n", element.peek_counter())
}

fn read(bytes: &[u8]) -> Option<SoftElement> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix("secure element 1\ncounter ")?;
    let (counter, key) = text.strip_suffix('\n')?.split_once("\nkey ")?;
    let key = if key == "none" { None } else { Some(key_from(key)?) };
    SoftElement::with(key.as_ref(), counter.parse().ok()?)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn key_from(digits: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = digits.as_bytes().try_into().ok()?;
    let mut key = [0; 32];
    for (byte, digits) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        // Two digits make a byte.
        *byte = (digit(digits[0])? << 4 | digit(digits[1])?) as u8;
    }
    Some(key)
}
