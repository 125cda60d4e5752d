//! How far a long reading has come, on a terminal.

use std::{
    cell::RefCell,
    io::{self, IsTerminal, Read, Write},
};

/// Counts what is read through it, and shows the part of the whole. It knows no clock: it draws when a per cent, or,
/// where the whole is not known, 4 MiB were read.
pub(crate) struct Progress<W: Write> {
    /// None where nobody looks.
    out: Option<W>,
    total: Option<u64>,
    read: u64,
    drawn: Option<u64>,
}

const WIDTH: usize = 40;
const MIB: u64 = 1024 * 1024;

impl Progress<io::Stderr> {
    /// On standard error, if that is a terminal.
    pub(crate) fn on_terminal(total: Option<u64>) -> Self {
        let out = io::stderr();
        let out = out.is_terminal().then_some(out);
        Self::new(out, total)
    }
}

impl<W: Write> Progress<W> {
    fn new(out: Option<W>, total: Option<u64>) -> Self {
        Self { out, total, read: 0, drawn: None }
    }

    /// Counts so many bytes.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.read += bytes;
        let Some(out) = &mut self.out else { return };
        let read = self.read;
        let (step, text) = match self.total {
            Some(total) if total > 0 => {
                let percent = (read.min(total).saturating_mul(100)) / total;
                let filled = usize::try_from(percent).unwrap_or(100) * WIDTH / 100;
                let (done, left) = ("#".repeat(filled), "-".repeat(WIDTH - filled));
                (percent, format!("\r[{done}{left}] {percent:3} %  {} / {} MiB", read / MIB, total / MIB))
            }
            _ => (read / (4 * MIB), format!("\r{} MiB", read / MIB)),
        };
        if self.drawn != Some(step) {
            self.drawn = Some(step);
            // A bar that cannot be drawn is no reason not to verify.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    /// The answer begins on an empty line.
    fn drop(&mut self) {
        if let (Some(out), Some(_)) = (&mut self.out, self.drawn) {
            let _ = out.write_all(b"\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

/// A file whose bytes are counted.
pub(crate) struct Counted<'p, R, W: Write> {
    pub(crate) file: R,
    pub(crate) progress: &'p RefCell<Progress<W>>,
}

impl<R: Read, W: Write> Read for Counted<'_, R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.progress.borrow_mut().add(length as u64);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(total: Option<u64>, pieces: &[u64]) -> String {
        let mut out = Vec::new();
        let mut progress = Progress::new(Some(&mut out), total);
        pieces.iter().for_each(|piece| progress.add(*piece));
        drop(progress);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_per_cent_is_drawn_once_and_the_line_is_empty_at_the_end() {
        let text = drawn(Some(200 * MIB), &[MIB; 200]);
        assert_eq!(text.matches('\r').count(), 102, "0 to 100 %, and the end");
        assert!(text.contains(&format!("\r[{}{}]  50 %  100 / 200 MiB", "#".repeat(20), "-".repeat(20))));
        assert!(text.contains(&format!("[{}] 100 %  200 / 200 MiB", "#".repeat(40))));
        assert!(text.ends_with("\r\x1b[K"));
    }

    #[test]
    fn without_a_whole_it_counts_and_a_file_that_grows_stays_at_100() {
        assert_eq!(drawn(None, &[MIB; 9]), "\r1 MiB\r4 MiB\r8 MiB\r\x1b[K");
        assert!(drawn(Some(MIB), &[2 * MIB]).contains(" 100 %  2 / 1 MiB"));
        assert_eq!(drawn(Some(0), &[]), "");
    }

    #[test]
    fn nothing_is_drawn_where_nobody_looks() {
        let progress = RefCell::new(Progress::<Vec<u8>>::new(None, Some(2)));
        let mut text = String::new();
        Counted { file: &b"ab"[..], progress: &progress }.read_to_string(&mut text).unwrap();
        let progress = progress.borrow();
        assert_eq!((text.as_str(), progress.read, progress.drawn), ("ab", 2, None));
    }
}
