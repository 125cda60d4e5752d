//! A folder in which each job comes out once, whatever a crash interrupts.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use def_client::PrintFault;
use verify_cli::Lang;

use super::{
    super::put::{self, Found},
    disk::{Disk, Real},
    fault::Fault,
    mark::{JobName, Listed, Mark, Sheet},
};

/// Where files come out, and may be taken away as soon as they have.
///
/// 1. Each file is written as `NAME.unfinished`.
/// 2. A mark, `.jobs/JOB`, says which files the job has, and stays.
/// 3. Each file gets its name.
///
/// Each step is durable before the next one. So without a mark nothing came out; with one, all did whose
/// `.unfinished` is gone, and to go on is to do step 3 with what is left, whatever would be printed now.
///
/// One thing no folder can tell: a file that was taken to another disk, or to paper, in the moment before its
/// name was durable, when the power failed in that moment too. It is there again then, with the same bytes.
pub(super) struct Tray<D> {
    path: PathBuf,
    disk: D,
}

/// How far a job is.
enum Progress {
    /// Nothing came out.
    Unmarked,
    /// Some of its files may not have come out.
    Marked,
    /// All of it came out.
    Done,
}

/// The folder of marks.
const JOBS: &str = ".jobs";

impl Tray<Real> {
    /// Makes the folder, if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let path = path.canonicalize()?;
        for folder in path.ancestors().skip(1) {
            // A crash may not take a new folder back. One that cannot be read was not made here.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(Self { path, disk: Real })
    }
}

impl<D: Disk> Tray<D> {
    /// The folder, by a path that leads there from everywhere.
    pub(super) fn place(&self) -> String {
        // Without ambiguity also when it is not UTF-8: other places begin with a slash.
        self.path.to_str().map_or_else(|| format!("{:?}", self.path), str::to_owned)
    }

    /// Puts a job's files out, or those that are left of it; whether there were any.
    pub(super) fn put_out(
        &self,
        job: &JobName,
        sheets: impl FnOnce() -> Result<Vec<Sheet>, String>,
        lang: Lang,
    ) -> Result<bool, PrintFault> {
        match self.progress(job).map_err(|fault| fault.at_mark(lang))? {
            Progress::Done => return Ok(false),
            // What was decided comes out, whatever would be printed now.
            Progress::Marked => (),
            Progress::Unmarked => {
                let sheets = sheets().map_err(PrintFault::NothingPrinted)?;
                self.lay(job, &sheets).map_err(|fault| fault.before(lang))?;
                self.mark(job).map_err(|fault| fault.at_mark(lang))?;
            }
        }
        self.bring_out(job).map_err(|fault| fault.after(lang))?;
        Ok(true)
    }

    /// Whether all of a job came out; none when the folder cannot tell, because someone else changed it.
    pub(super) fn came_out(&self, job: &JobName) -> Option<bool> {
        match self.progress(job) {
            Ok(Progress::Done) => Some(true),
            // Another sale's mark: this job never had one.
            Ok(Progress::Unmarked | Progress::Marked) | Err(Fault::Another(_)) => Some(false),
            Err(_) => None,
        }
    }

    fn progress(&self, job: &JobName) -> Result<Progress, Fault> {
        let Some(mark) = self.mark_of(job)? else { return Ok(Progress::Unmarked) };
        let mut is_done = true;
        for listed in &mark.files {
            is_done &= self.left(listed)?.is_none();
        }
        if !is_done {
            return Ok(Progress::Marked);
        }
        // Who asks will not ask again, so it may not be undone any more.
        self.sync(&self.path)?;
        Ok(Progress::Done)
    }

    /// Step 1: after an error nothing came out.
    fn lay(&self, job: &JobName, sheets: &[Sheet]) -> Result<(), Fault> {
        for sheet in sheets {
            self.is_free(&Listed::of(sheet))?;
        }
        if !self.has_jobs()? {
            self.disk.make_folder(&self.jobs()).map_err(Fault::of(&self.jobs()))?;
        }
        for sheet in sheets {
            self.write(&self.path.join(&sheet.name), &sheet.bytes)?;
        }
        self.sync(&self.path)?;
        let (mark, bytes) = (self.mark_path(job), Mark::new(job, sheets).to_bytes());
        self.write(&mark, &bytes.map_err(Fault::of(&mark))?)
    }

    /// Step 2, after the first: from here on the job comes out. Step 3 makes it durable.
    fn mark(&self, job: &JobName) -> Result<(), Fault> {
        let path = self.mark_path(job);
        self.disk.rename(&put::unfinished(&path), &path).map_err(Fault::of_rename(&path))
    }

    /// Step 3, as often as it is cut short.
    fn bring_out(&self, job: &JobName) -> Result<(), Fault> {
        let mark = self.mark_of(job)?.ok_or_else(|| Fault::Damaged(self.mark_path(job)))?;
        // Here, for the mark may also be of a process that was killed after step 2.
        self.sync(&self.jobs())?;
        for listed in &mark.files {
            if let Some(left) = self.left(listed)? {
                let path = self.path.join(&listed.name);
                match self.disk.rename(&left, &path) {
                    Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
                        // The very same may be there: then this one is too many.
                        self.is_free(listed)?;
                        self.disk.remove(&left).map_err(Fault::of(&left))?;
                    }
                    renamed => renamed.map_err(Fault::of_rename(&path))?,
                }
            }
        }
        self.sync(&self.path)
    }

    /// What of a file has not come out.
    fn left(&self, listed: &Listed) -> Result<Option<PathBuf>, Fault> {
        let path = put::unfinished(&self.path.join(&listed.name));
        match put::find(&path).map_err(Fault::of(&path))? {
            Found::Nothing => Ok(None),
            Found::File(file) if listed.is(&file).map_err(Fault::of(&path))? => Ok(Some(path)),
            Found::File(_) | Found::Other => Err(Fault::Damaged(path)),
        }
    }

    /// Whether a file can have its name: nothing else has it.
    fn is_free(&self, listed: &Listed) -> Result<(), Fault> {
        let path = self.path.join(&listed.name);
        match put::find(&path).map_err(Fault::of(&path))? {
            Found::Nothing => Ok(()),
            Found::File(file) if listed.is(&file).map_err(Fault::of(&path))? => Ok(()),
            Found::File(_) => Err(Fault::Another(path)),
            Found::Other => Err(Fault::InTheWay(path)),
        }
    }

    fn mark_of(&self, job: &JobName) -> Result<Option<Mark>, Fault> {
        if !self.has_jobs()? {
            return Ok(None);
        }
        let path = self.mark_path(job);
        match put::find(&path).map_err(Fault::of(&path))? {
            Found::Nothing => Ok(None),
            Found::Other => Err(Fault::InTheWay(path)),
            Found::File(file) => match Mark::read(file, job).map_err(Fault::of(&path))? {
                Some(mark) if mark.is_of(job) => Ok(Some(mark)),
                Some(_) => Err(Fault::Another(path)),
                None => Err(Fault::Damaged(path)),
            },
        }
    }

    /// A link of this name leads anywhere.
    fn has_jobs(&self) -> Result<bool, Fault> {
        let jobs = self.jobs();
        match fs::symlink_metadata(&jobs) {
            Ok(there) if there.is_dir() => Ok(true),
            Ok(_) => Err(Fault::InTheWay(jobs)),
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(false),
            Err(fault) => Err(Fault::of(&jobs)(fault)),
        }
    }

    fn jobs(&self) -> PathBuf {
        self.path.join(JOBS)
    }

    fn mark_path(&self, job: &JobName) -> PathBuf {
        self.jobs().join(job.stem())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
        let path = put::unfinished(path);
        self.disk.write(&path, bytes).map_err(Fault::of(&path))
    }

    fn sync(&self, folder: &Path) -> Result<(), Fault> {
        self.disk.sync(folder).map_err(Fault::of(folder))
    }
}
