//! Who may give power to the machine of a folder: one guard at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};
use def_client::{HostPace, Pace};

/// The file in the folder, locked while its machine has power.
pub(super) const LOCK: &str = "power";
/// How long an earlier machine may take to lose its power: longer than its guard waits for QEMU's writes.
const PATIENCE: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(10);

/// Waits until no machine has power. None will have it while the file is kept.
pub(super) fn take(path: &Path) -> anyhow::Result<File> {
    take_within(path, PATIENCE)
}

fn take_within(path: &Path, patience: Duration) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    let file = file.with_context(|| path.display().to_string())?;
    let mut pace = HostPace::start();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if pace.elapsed() < patience => pace.pause(GLANCE),
            Err(TryLockError::WouldBlock) => bail!(
                "{}: after {} seconds an earlier machine still has power: end its qemu-system-arm, which hangs, and start again",
                path.display(),
                patience.as_secs()
            ),
            Err(TryLockError::Error(fault)) => return Err(fault).with_context(|| path.display().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_earlier_machine_is_waited_for_and_not_for_ever() {
        let path = std::env::temp_dir().join(format!("stelala-power-{}", std::process::id()));
        let earlier = take(&path).unwrap();
        let fault = take_within(&path, Duration::from_millis(50)).unwrap_err().to_string();
        assert!(fault.contains("still has power"), "{fault}");
        let loses_it = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            drop(earlier);
        });
        take(&path).unwrap();
        loses_it.join().unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
