//! Files that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::ExportStopped;

#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, ExportStopped> {
        let folder = Self(path.to_owned());
        fs::create_dir_all(path).map_err(|cause| folder.fault("", cause))?;
        Ok(folder)
    }

    pub(super) fn inner(&self, name: &str) -> Result<Self, ExportStopped> {
        Self::open(&self.0.join(name))
    }

    /// A folder that has anything in it is someone else's, but for a file that was about to be this.
    pub(super) fn refuse_if_used(&self, first: &str) -> Result<(), ExportStopped> {
        let begun = self.unfinished(first);
        for entry in fs::read_dir(&self.0).map_err(|cause| self.fault("", cause))? {
            if entry.map_err(|cause| self.fault("", cause))?.path() != begun {
                return Err(ExportStopped::Folder(self.0.display().to_string()));
            }
        }
        Ok(())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file that has no name yet. It holds names of clients, and is for this program only.
    pub(super) fn begin(&self, name: &str) -> Result<BufWriter<File>, ExportStopped> {
        let unfinished = self.unfinished(name);
        let open = || -> io::Result<File> {
            // One that an export before this left, or a link, which goes without what it leads to.
            match fs::remove_file(&unfinished) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)
        };
        open().map(BufWriter::new).map_err(|cause| self.fault(name, cause))
    }

    /// A finished file, to write at its end.
    pub(super) fn append(&self, name: &str) -> Result<File, ExportStopped> {
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let open = OpenOptions::new().append(true).custom_flags(flags).open(self.path(name));
        open.map_err(|cause| self.fault(name, cause))
    }

    /// Makes it durable, then gives it its name.
    pub(super) fn finish(&self, name: &str, file: BufWriter<File>) -> Result<(), ExportStopped> {
        let done = || -> io::Result<()> {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fs::rename(self.unfinished(name), self.path(name))?;
            File::open(&self.0)?.sync_all()
        };
        done().map_err(|cause| self.fault(name, cause))
    }

    /// A whole small file.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ExportStopped> {
        let mut file = self.begin(name)?;
        file.write_all(bytes).map_err(|cause| self.fault(name, cause))?;
        self.finish(name, file)
    }

    pub(super) fn fault(&self, name: &str, cause: io::Error) -> ExportStopped {
        ExportStopped::File { path: self.path(name).display().to_string(), cause }
    }

    fn unfinished(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.unfinished"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn files_are_for_this_program_only_and_what_was_left_or_laid_in_their_way_is_not_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let in_it = |name: &str| directory.path().join(name);
        let folder = Folder::open(directory.path()).unwrap();
        fs::write(in_it("other"), "other").unwrap();
        symlink(in_it("other"), in_it("a.unfinished")).unwrap();
        symlink(in_it("other"), in_it("b")).unwrap();
        fs::write(in_it("b.unfinished"), "left by a crash").unwrap();
        fs::set_permissions(in_it("b.unfinished"), fs::Permissions::from_mode(0o644)).unwrap();
        for name in ["a", "b"] {
            folder.put(name, b"part").unwrap();
            let metadata = fs::symlink_metadata(in_it(name)).unwrap();
            assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{name}");
            assert_eq!(fs::read_to_string(in_it(name)).unwrap(), "part");
        }
        symlink(in_it("other"), in_it("c")).unwrap();
        assert!(folder.append("c").is_err() && folder.append("a").is_ok());
        assert_eq!(fs::read_to_string(in_it("other")).unwrap(), "other");
    }
}
