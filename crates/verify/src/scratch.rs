//! Where an audit puts what its share of memory has no room for.

use std::io::{self, Read, Seek, Write};

/// Gives files that are gone when they are dropped.
pub trait Scratch {
    /// An empty file of its own.
    fn file(&mut self) -> io::Result<Box<dyn ScratchFile>>;
}

/// What is written, then read back from its beginning.
pub trait ScratchFile: Read + Write + Seek {}

impl<F: Read + Write + Seek> ScratchFile for F {}

impl<F: FnMut() -> io::Result<Box<dyn ScratchFile>>> Scratch for F {
    fn file(&mut self) -> io::Result<Box<dyn ScratchFile>> {
        self()
    }
}
