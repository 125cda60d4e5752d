//! Files that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

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

    /// A file that has no name yet.
    pub(super) fn begin(&self, name: &str) -> Result<BufWriter<File>, ExportStopped> {
        let unfinished = self.unfinished(name);
        let open = OpenOptions::new().write(true).create(true).truncate(true).open(unfinished);
        open.map(BufWriter::new).map_err(|cause| self.fault(name, cause))
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
