//! How far a long reading has come, on a terminal.

use std::io::{self, IsTerminal, Write};

pub(super) struct Progress {
    /// None where nobody looks.
    out: Option<io::Stderr>,
    total: u64,
    done: u64,
    drawn: u64,
}

const WIDTH: usize = 40;
/// It draws after so many rows: it knows no clock.
const STEP: u64 = 2_000;

impl Progress {
    /// Of so many rows, or of an unknown number, which is 0.
    pub(super) fn new(total: u64) -> Self {
        let out = io::stderr();
        Self { out: out.is_terminal().then_some(out), total, done: 0, drawn: 0 }
    }

    pub(super) fn add(&mut self, rows: u64) {
        self.done += rows;
        let Some(out) = &mut self.out else { return };
        if self.done / STEP == self.drawn {
            return;
        }
        self.drawn = self.done / STEP;
        let (done, total) = (self.done, self.total);
        let text = if done <= total {
            let percent = done.saturating_mul(100) / total;
            let filled = usize::try_from(percent).unwrap_or(100) * WIDTH / 100;
            let (hashes, rest) = ("#".repeat(filled), "-".repeat(WIDTH - filled));
            format!("\r[{hashes}{rest}] {percent:3} %  {done} / {total}")
        } else {
            format!("\r\x1b[K{done} rows")
        };
        // A bar that cannot be drawn is no reason to stop.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl Drop for Progress {
    /// What is said next begins on an empty line.
    fn drop(&mut self) {
        if let Some(out) = self.out.as_mut().filter(|_| self.drawn > 0) {
            let _ = out.write_all(b"\r\x1b[K").and_then(|()| out.flush());
        }
    }
}
