//! How far an import is: a bar at a terminal, else a line after each batch.

use std::io::{self, IsTerminal, Write};

use super::entry::{Entry, Fate};

pub(super) struct Progress {
    is_terminal: bool,
    shown: bool,
}

const BAR: usize = 30;

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), shown: false }
    }

    /// Says how many have their answer.
    pub(super) fn at(&mut self, entries: &[Entry]) {
        let open =
            entries.iter().filter(|entry| matches!(entry.fate, Fate::Unsent(_) | Fate::Unknown(_))).count();
        let (done, total) = (entries.len() - open, entries.len());
        // Progress that cannot be shown is no reason to stop.
        let _ = if self.is_terminal {
            write!(io::stderr(), "\r\x1b[K{}", line(done, total)).and_then(|()| io::stderr().flush())
        } else {
            writeln!(io::stderr(), "{done} of {total} invoices")
        };
        self.shown = true;
    }

    /// Makes room for what is said next.
    pub(super) fn clear(&mut self) {
        if self.shown && self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        self.shown = false;
    }
}

fn line(done: usize, total: usize) -> String {
    let part = |of: usize| (done * of).checked_div(total).unwrap_or_default();
    let full = part(BAR).min(BAR);
    format!("[{}{}] {:>3} %  {done}/{total} invoices", "#".repeat(full), ".".repeat(BAR - full), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills() {
        assert!(line(0, 10).starts_with("[......") && line(0, 0).contains("  0 %"));
        assert!(line(5, 10).contains("]  50 %  5/10 invoices"));
        assert!(line(10, 10).starts_with(&format!("[{}] 100 %", "#".repeat(30))));
    }
}
