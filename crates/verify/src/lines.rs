//! The lines of a file, one at a time.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line that is read, its end included: far longer than any that was written, and short enough that a
/// hostile file does not fill the memory.
pub const LONGEST_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Reads a file line by line and holds no more than its buffer.
#[derive(Debug)]
pub struct Lines<R>(BufReader<R>);

/// Why a line cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A line is longer than [`LONGEST_LINE_BYTES`].
    #[error("a line is longer than 16 MiB: this is not what you meant to verify")]
    TooLong,
}

impl<R: Read> Lines<R> {
    const BUFFER_BYTES: usize = 256 * 1024;

    /// From the file's beginning.
    pub fn new(file: R) -> Self {
        Self(BufReader::with_capacity(Self::BUFFER_BYTES, file))
    }

    /// Appends the next line with its end; false after the last.
    pub fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, LineFault> {
        let limit = LONGEST_LINE_BYTES as u64 + 1;
        let length = (&mut self.0).take(limit).read_until(b'\n', line)?;
        if length as u64 == limit { Err(LineFault::TooLong) } else { Ok(length > 0) }
    }

    /// The file.
    pub fn into_inner(self) -> R {
        self.0.into_inner()
    }
}
