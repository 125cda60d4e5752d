//! Why a file did not come out.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use def_client::PrintFault;
use verify_cli::Lang;

use super::super::speech::say;

/// What a tray meets.
#[derive(Debug)]
pub(super) enum Fault {
    /// A folder, a link or a pipe has a name that a file is to have.
    InTheWay(PathBuf),
    /// A file of another sale has it.
    Another(PathBuf),
    /// A file that this job wrote is not what it was.
    Damaged(PathBuf),
    /// This file system cannot rename without replacing what is there.
    Replaces(PathBuf),
    /// The disk refused.
    Disk(PathBuf, io::Error),
}

impl Fault {
    pub(super) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |fault| match fault.kind() {
            ErrorKind::AlreadyExists => Self::InTheWay(path),
            _ => Self::Disk(path, fault),
        }
    }

    pub(super) fn of_rename(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |fault| match fault.kind() {
            ErrorKind::InvalidInput | ErrorKind::Unsupported => Self::Replaces(path),
            _ => Self::of(&path)(fault),
        }
    }

    /// Before the mark.
    pub(super) fn before(self, lang: Lang) -> PrintFault {
        PrintFault::NothingPrinted(self.words(lang))
    }

    /// At the mark: it is there or not, as far as one can tell.
    pub(super) fn at_mark(self, lang: Lang) -> PrintFault {
        match self {
            Self::InTheWay(_) | Self::Another(_) | Self::Replaces(_) => self.before(lang),
            Self::Damaged(_) | Self::Disk(..) => self.after(lang),
        }
    }

    /// After the mark.
    pub(super) fn after(self, lang: Lang) -> PrintFault {
        PrintFault::Unknown(self.words(lang))
    }

    fn words(&self, lang: Lang) -> String {
        match self {
            Self::InTheWay(path) => say!(
                lang,
                "{} n'est pas un reçu et en prend la place : déplacez-le, ou nommez un autre dossier avec --receipts",
                "{} is no receipt and has the place of one: move it away, or name another folder by --receipts",
                path.display()
            ),
            Self::Another(path) => say!(
                lang,
                "{} est un autre reçu : nommez un autre dossier avec --receipts",
                "{} is another receipt: name another folder by --receipts",
                path.display()
            ),
            Self::Damaged(path) => say!(
                lang,
                "{} a été modifié : laissez à stelala seul les fichiers qu'il n'a pas finis",
                "{} was changed: leave to stelala alone the files that it has not finished",
                path.display()
            ),
            Self::Replaces(path) => say!(
                lang,
                "ce système de fichiers ne sait pas protéger {} : nommez un dossier d'un disque local avec --receipts",
                "this file system cannot protect {}: name a folder of a local disk by --receipts",
                path.display()
            ),
            Self::Disk(path, fault) => format!("{}: {fault}", path.display()),
        }
    }
}
