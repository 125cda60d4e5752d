//! One simulator at a time stands behind a link.

use std::{
    collections::BTreeMap,
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixListener},
        },
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use sha2::{Digest, Sha256};

use crate::fault::HostFault;

/// What this process holds: a later terminal of its own may follow an earlier one.
static HELD: Mutex<BTreeMap<[u8; 32], Weak<UnixListener>>> = Mutex::new(BTreeMap::new());

/// The right to be behind a link.
///
/// It is a name in Linux's abstract namespace that a socket has, to which nobody connects. It is no file, and free when
/// the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Hold {
    _name: Arc<UnixListener>,
}

impl Hold {
    /// Takes a link that no other process has.
    pub(super) fn take(link: &Path) -> Result<Self, HostFault> {
        let place = one_spelling(link).map_err(HostFault::io(link))?;
        let digest: [u8; 32] = Sha256::digest(place.as_os_str().as_bytes()).into();
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = held.get(&digest).and_then(Weak::upgrade) {
            return Ok(Self { _name: name });
        }
        let name = match bind(&digest) {
            Ok(name) => Arc::new(name),
            Err(fault) if fault.kind() == io::ErrorKind::AddrInUse => {
                return Err(HostFault::InUse { path: link.into(), process: None });
            }
            Err(fault) => return Err(HostFault::io(link)(fault)),
        };
        held.insert(digest, Arc::downgrade(&name));
        Ok(Self { _name: name })
    }
}

fn bind(digest: &[u8; 32]) -> io::Result<UnixListener> {
    let name = [b"stelala-port-".as_slice(), digest].concat();
    UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

/// The same for all ways to write where the link is.
fn one_spelling(link: &Path) -> io::Result<PathBuf> {
    let folder = link.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
    Ok(folder.join(link.file_name().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set for the process that this test starts: itself.
    const LINK: &str = "HOLD_TEST_LINK";

    #[test]
    fn another_process_does_not_get_what_this_one_holds_until_it_is_let_go() {
        #[allow(clippy::disallowed_methods, reason = "how this test speaks with the process that it starts")]
        if let Ok(link) = std::env::var(LINK) {
            let taken = Hold::take(Path::new(&link)).map_err(|fault| fault.code());
            std::process::exit(if taken.is_ok() { 10 } else { 11 });
        }
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("port");
        let elsewhere = || {
            let name =
                "terminal::hold::tests::another_process_does_not_get_what_this_one_holds_until_it_is_let_go";
            let mut same = Command::new(std::env::current_exe().unwrap());
            same.args(["--exact", name]).env(LINK, folder.path().join(".").join("port"));
            same.output().unwrap().status.code()
        };
        let first = Hold::take(&link).unwrap();
        assert_eq!(elsewhere(), Some(11));
        let second = Hold::take(&link).unwrap();
        drop(first);
        assert_eq!(elsewhere(), Some(11), "the later one of this process has it still");
        drop(second);
        assert_eq!(elsewhere(), Some(10));
    }
}
