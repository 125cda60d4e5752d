#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

const WRITES: usize = 101;

/// How long it takes until 4 KiB more of a file are on the disk: the median.
pub(super) fn sync_time(folder: &Path) -> io::Result<Duration> {
    let path = folder.join("disk");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        file.write_all(&[7; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(path)?;
    times.sort();
    Ok(times[WRITES / 2])
}
