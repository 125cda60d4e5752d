use std::{os::unix::fs::MetadataExt, path::Path};

use crate::config::TlsFiles;

/// By what files are told from those that stood there before; of a file that is not there, nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamps([Option<Stamp>; 2]);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Contents, owner and mode: a key that others could read may have been closed to them.
    changed: (i64, i64),
}

impl Stamps {
    /// Links are followed: most programs that renew certificates replace a link.
    pub(super) fn of(files: &TlsFiles) -> Self {
        Self([stamp(&files.certificate), stamp(&files.key)])
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    Some(Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        bytes: metadata.len(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}
