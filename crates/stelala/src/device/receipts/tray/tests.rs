use std::{cell::RefCell, collections::BTreeMap, os::unix::fs::symlink, rc::Rc};

use fiscal::RecordHash;
use rustix::fs::{CWD, Mode, mkfifoat};

use super::*;

/// A disk that stops after some steps, and forgets what was not synced.
struct Disks {
    folder: PathBuf,
    steps: usize,
    undone_by_a_power_cut: Vec<(PathBuf, Undo)>,
    /// Takes each file as soon as it has its name.
    has_spooler: bool,
}

enum Undo {
    Made(PathBuf),
    Renamed(PathBuf, PathBuf),
}

#[derive(Clone)]
struct Fragile(Rc<RefCell<Disks>>);

impl Disks {
    fn step(&mut self) -> io::Result<()> {
        self.spool();
        self.steps = self.steps.checked_sub(1).ok_or(io::Error::other("killed"))?;
        Ok(())
    }

    fn note(&mut self, path: &Path, undo: Undo) {
        self.undone_by_a_power_cut.push((path.parent().unwrap().into(), undo));
    }

    fn spool(&mut self) {
        if !self.has_spooler {
            return;
        }
        let taken = taken(&self.folder);
        for name in finished(&self.folder).into_keys() {
            let (from, to) = (self.folder.join(&name), taken.join(&name));
            assert!(!to.exists(), "{name} came out twice");
            fs::rename(&from, &to).unwrap();
            self.note(&from, Undo::Renamed(from.clone(), to));
        }
    }

    /// Of these folders, what was not synced is as before.
    fn cut_power(&mut self, folders: &[PathBuf]) {
        while let Some((folder, undo)) = self.undone_by_a_power_cut.pop() {
            match undo {
                _ if !folders.contains(&folder) => (),
                Undo::Made(path) if path.is_dir() => fs::remove_dir_all(path).unwrap(),
                Undo::Made(path) => drop(fs::remove_file(path)),
                // Nothing to bring back if the whole folder went.
                Undo::Renamed(from, to) => drop(fs::rename(to, from)),
            }
        }
    }
}

impl Disk for Fragile {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0.borrow_mut().step()?;
        self.0.borrow_mut().note(path, Undo::Made(path.into()));
        Real.make_folder(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let _ = fs::remove_file(path);
        if let Err(killed) = self.0.borrow_mut().step() {
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
            return Err(killed);
        }
        self.0.borrow_mut().note(path, Undo::Made(path.into()));
        fs::write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.borrow_mut().step()?;
        self.0.borrow_mut().note(to, Undo::Renamed(from.into(), to.into()));
        Real.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.borrow_mut().step()?;
        Real.remove(path)
    }

    fn sync(&self, folder: &Path) -> io::Result<()> {
        self.0.borrow_mut().step()?;
        self.0.borrow_mut().undone_by_a_power_cut.retain(|(of, _)| of != folder);
        Ok(())
    }
}

fn empty(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("stelala-tray-{}-{test}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(taken(&folder)).unwrap();
    folder
}

fn taken(folder: &Path) -> PathBuf {
    folder.join(".taken")
}

/// What has its name.
fn finished(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().unwrap().is_file());
    let files =
        files.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    files.filter(|(name, _)| !name.ends_with(".unfinished")).collect()
}

fn job() -> JobName {
    JobName::new("KIN-0-00000001".into(), RecordHash([7; 32]))
}

fn sheets(of: &[(&str, &str)]) -> Vec<Sheet> {
    let sheet = |(extension, text): &(&str, &str)| Sheet {
        name: job().file(extension),
        bytes: text.as_bytes().into(),
    };
    of.iter().map(sheet).collect()
}

fn first() -> Vec<Sheet> {
    sheets(&[("txt", "Chez Mado"), ("pdf", "drawn for Chez Mado")])
}

/// With another merchant, and formats of which one is another.
fn second() -> Vec<Sheet> {
    sheets(&[("escpos", "Boutique"), ("txt", "Boutique")])
}

fn as_files(sheets: Vec<Sheet>) -> BTreeMap<String, Vec<u8>> {
    sheets.into_iter().map(|sheet| (sheet.name, sheet.bytes)).collect()
}

/// As a till goes on after a crash; whether it knows now that the job came out.
fn go_on<D: Disk>(tray: &Tray<D>, sheets: fn() -> Vec<Sheet>, was_sent: bool) -> bool {
    match was_sent.then(|| tray.came_out(&job())).flatten() {
        Some(true) => true,
        _ => tray.put_out(&job(), || Ok(sheets()), Lang::En).is_ok(),
    }
}

/// Crashes after so many steps, and again, each time with a loss of what was not synced in these folders.
fn crash_twice(folder: &Path, steps: [usize; 2], lost: &[PathBuf], has_spooler: bool) {
    let undone_by_a_power_cut = Vec::new();
    let disks = Disks { folder: folder.into(), steps: 0, undone_by_a_power_cut, has_spooler };
    let disk = Fragile(Rc::new(RefCell::new(disks)));
    let tray = Tray { path: folder.into(), disk: disk.clone() };
    let mut is_known = false;
    for (round, steps) in steps.into_iter().chain([usize::MAX]).enumerate() {
        disk.0.borrow_mut().steps = steps;
        let sheets = if round == 0 { first } else { second };
        is_known = is_known || go_on(&tray, sheets, round > 0);
        disk.0.borrow_mut().spool();
        // Nothing is forgotten by a process that is killed.
        if !lost.is_empty() {
            disk.0.borrow_mut().cut_power(lost);
        }
    }
    assert!(is_known);
    assert!(!tray.put_out(&job(), || Err("asked anew".into()), Lang::En).unwrap(), "once more is no more");
    let mut out = finished(folder);
    for (name, bytes) in finished(&taken(folder)) {
        assert_eq!(out.insert(name, bytes), None, "once");
    }
    assert!(out == as_files(first()) || out == as_files(second()), "{out:?}");
}

#[test]
fn a_job_that_is_cut_short_anywhere_comes_out_once_and_as_it_was_begun() {
    let folder = empty("crash");
    let jobs = folder.join(JOBS);
    let power_cuts = [vec![folder.clone()], vec![jobs.clone()], vec![folder.clone(), jobs.clone()]];
    let kills = [(vec![], false), (vec![], true)];
    for (lost, has_spooler) in power_cuts.into_iter().map(|lost| (lost, false)).chain(kills) {
        let steps = (0..12).flat_map(|one| (0..12).map(move |two| [one, two]));
        for (steps, is_first) in steps.flat_map(|steps| [(steps, true), (steps, false)]) {
            if !is_first {
                // Of an earlier job: no power cut takes it back.
                fs::create_dir(&jobs).unwrap();
            }
            let tried = std::panic::catch_unwind(|| crash_twice(&folder, steps, &lost, has_spooler));
            assert!(tried.is_ok(), "{:?}", (&lost, has_spooler, steps, is_first));
            empty("crash");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_process_that_is_killed_is_no_power_cut_but_one_may_follow() {
    let folder = empty("kill_then_cut");
    let (jobs, both) = (folder.join(JOBS), [folder.clone(), folder.join(JOBS)]);
    for steps in 0..14 {
        for lost in [&both[..], &both[..1], std::slice::from_ref(&jobs)] {
            let undone_by_a_power_cut = Vec::new();
            let disks = Disks { folder: folder.clone(), steps, undone_by_a_power_cut, has_spooler: false };
            let disk = Fragile(Rc::new(RefCell::new(disks)));
            let tray = Tray { path: folder.clone(), disk: disk.clone() };
            go_on(&tray, first, false);
            disk.0.borrow_mut().steps = usize::MAX;
            assert!(go_on(&tray, second, true), "{steps}");
            disk.0.borrow_mut().cut_power(lost);
            assert_eq!(tray.came_out(&job()), Some(true), "{steps}: it was known to be out");
            let out = finished(&folder);
            assert!(out == as_files(first()) || out == as_files(second()), "{steps}: {out:?}");
            empty("kill_then_cut");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What a job says of what is in its way.
fn refused(tray: &Tray<Real>) -> String {
    let fault = tray.put_out(&job(), || Ok(first()), Lang::En).unwrap_err();
    assert!(matches!(fault, PrintFault::NothingPrinted(_)), "{fault}");
    fault.to_string()
}

#[test]
fn what_is_in_the_way_of_a_file_is_named_and_left_alone() {
    let folder = empty("in_the_way");
    let tray = Tray::open(&folder).unwrap();
    let precious = taken(&folder).join("precious");
    fs::write(&precious, "precious").unwrap();
    for name in
        ["KIN-0-00000001.pdf", "KIN-0-00000001.pdf.unfinished", ".jobs/KIN-0-00000001.unfinished", ".jobs"]
    {
        let path = folder.join(name);
        for kind in 0..3 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match kind {
                0 if name == ".jobs" => continue,
                0 => fs::create_dir(&path).unwrap(),
                1 => symlink(if name == ".jobs" { taken(&folder) } else { precious.clone() }, &path).unwrap(),
                _ => mkfifoat(CWD, &path, Mode::RWXU).unwrap(),
            }
            let said = refused(&tray);
            assert!(said.contains(name) && said.contains("move it away"), "{said}");
            assert_eq!(finished(&folder).len(), 0);
            assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
            assert_eq!(finished(&taken(&folder)).len(), 1, "nothing is written through a link");
            if kind == 0 { fs::remove_dir(&path) } else { fs::remove_file(&path) }.unwrap();
            let _ = fs::remove_dir_all(folder.join(JOBS));
        }
    }
    assert!(tray.put_out(&job(), || Ok(first()), Lang::En).unwrap());
    assert_eq!(finished(&folder), as_files(first()));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn another_receipt_or_another_jobs_mark_stays() {
    let folder = empty("another");
    let tray = Tray::open(&folder).unwrap();
    fs::write(folder.join("KIN-0-00000001.txt"), "of another").unwrap();
    assert!(refused(&tray).contains("another receipt"));
    assert_eq!(tray.came_out(&job()), Some(false));
    fs::remove_file(folder.join("KIN-0-00000001.txt")).unwrap();
    let other = JobName::new(job().stem().into(), RecordHash([8; 32]));
    assert!(tray.put_out(&other, || Ok(second()), Lang::En).unwrap());
    assert_eq!(tray.came_out(&job()), Some(false));
    assert!(refused(&tray).contains("another receipt"));
    assert_eq!(finished(&folder), as_files(second()));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_comes_into_the_way_after_the_mark_is_waited_for() {
    let folder = empty("late");
    let tray = Tray::open(&folder).unwrap();
    tray.lay(&job(), &first()).unwrap();
    tray.mark(&job()).unwrap();
    let path = folder.join("KIN-0-00000001.txt");
    fs::write(&path, "of another").unwrap();
    let fault = tray.put_out(&job(), || Ok(second()), Lang::En).unwrap_err();
    assert!(matches!(fault, PrintFault::Unknown(_)), "{fault}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "of another");
    assert_eq!(tray.came_out(&job()), Some(false));
    // The very same: a copy that someone restored.
    fs::write(&path, "Chez Mado").unwrap();
    assert!(tray.put_out(&job(), || Ok(second()), Lang::En).unwrap());
    assert_eq!(finished(&folder), as_files(first()));
    assert_eq!(tray.came_out(&job()), Some(true));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn of_a_job_whose_files_someone_changed_nothing_is_claimed() {
    let folder = empty("changed");
    let tray = Tray::open(&folder).unwrap();
    tray.lay(&job(), &first()).unwrap();
    tray.mark(&job()).unwrap();
    let left = folder.join("KIN-0-00000001.txt.unfinished");
    fs::write(&left, "CHEZ MADO").unwrap();
    assert_eq!(tray.came_out(&job()), None);
    assert!(matches!(tray.put_out(&job(), || Ok(first()), Lang::En), Err(PrintFault::Unknown(_))));
    fs::write(&left, "Chez Mado").unwrap();
    assert_eq!(tray.came_out(&job()), Some(false));
    let mark = folder.join(".jobs/KIN-0-00000001");
    let text = fs::read_to_string(&mark).unwrap();
    for wrong in ["", "{}", "[]", &text.replace("KIN-0-00000001.pdf", "../KIN-0-00000001.pdf")] {
        fs::write(&mark, wrong).unwrap();
        assert_eq!(tray.came_out(&job()), None, "{wrong}");
    }
    fs::write(&mark, text).unwrap();
    assert!(tray.put_out(&job(), || Ok(second()), Lang::En).unwrap());
    assert_eq!(finished(&folder), as_files(first()));
    fs::remove_dir_all(folder).unwrap();
}
