use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use fiscal::Timestamp;
use tar::{Builder, EntryType, Header};

/// So much is handed on at once, in bytes.
const AT_ONCE: usize = 64 * 1024;

/// Writes a folder of files and of folders of files as an archive under a name, in the order of names: the same files give
/// the same bytes.
pub(super) fn write<W: Write>(folder: &Path, name: &str, time: Timestamp, out: W) -> io::Result<W> {
    let mut archive = Builder::new(BufWriter::with_capacity(AT_ONCE, out));
    put(&mut archive, folder, Path::new(name), time)?;
    archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)
}

fn put<W: Write>(archive: &mut Builder<W>, folder: &Path, name: &Path, time: Timestamp) -> io::Result<()> {
    archive.append_data(&mut header(EntryType::Directory, 0, time), name, io::empty())?;
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|one, other| OsStr::cmp(&one.file_name(), &other.file_name()));
    for entry in entries {
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            put(archive, &path, &name, time)?;
        } else {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            archive.append_data(&mut header(EntryType::Regular, length, time), &name, file)?;
        }
    }
    Ok(())
}

fn header(kind: EntryType, length: u64, time: Timestamp) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o700 } else { 0o600 });
    header.set_size(length);
    header.set_mtime(time.unix());
    header
}
