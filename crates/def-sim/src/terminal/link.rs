//! The name under which hosts find the port.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::hold::Hold;
use crate::fault::HostFault;

/// Where the system keeps pseudo-terminals.
const DEVICES: &str = "/dev/pts/";

/// A symbolic link to a pseudo-terminal, removed when this is dropped.
#[derive(Debug)]
pub(super) struct Link {
    path: PathBuf,
    device: PathBuf,
    _hold: Hold,
}

impl Link {
    /// Puts the link there at once in place of one that an earlier simulator left; that of a simulator which
    /// runs stays, and anything else there.
    pub(super) fn place(path: PathBuf, device: PathBuf) -> Result<Self, HostFault> {
        match fs::read_link(&path) {
            Ok(target) if target.starts_with(DEVICES) => {}
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            _ => return Err(HostFault::PortTaken { path }),
        }
        let hold = Hold::take(&path)?;
        let mut beside = OsString::from(&path);
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let place = || {
            // One of a process that had this id before and was killed just here.
            let _ = fs::remove_file(&beside);
            symlink(&device, &beside)?;
            fs::rename(&beside, &path)
        };
        place().map_err(HostFault::io(&path))?;
        Ok(Self { path, device, _hold: hold })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn device(&self) -> &Path {
        &self.device
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A link that another simulator has put there since is that one's.
        if fs::read_link(&self.path).is_ok_and(|target| target == self.device) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
