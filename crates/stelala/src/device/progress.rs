//! How far a long work is, on a line of standard error that is written over.

use std::io::{self, IsTerminal, Write};

/// A counter that only a person at a terminal sees.
pub(super) struct Progress {
    shown: bool,
    style: Style,
    unit: &'static str,
}

enum Style {
    /// One line, written over.
    Terminal,
    /// A line for each sign of life: also for a file or a pipe.
    Lines,
    Silent,
}

/// How wide the bar is, in characters.
const BAR: u64 = 30;

impl Progress {
    /// Of one answer that takes longer.
    pub(super) fn of_answer() -> Self {
        Self::of("")
    }

    /// Of many things, named in the plural.
    pub(super) fn of(unit: &'static str) -> Self {
        let style = if io::stderr().is_terminal() { Style::Terminal } else { Style::Silent };
        Self { shown: false, style, unit }
    }

    /// Each sign of life on a line of its own.
    pub(super) fn of_signs() -> Self {
        Self { shown: false, style: Style::Lines, unit: "" }
    }

    /// So much of so much is done.
    pub(super) fn at(&mut self, done: u64, total: u64) {
        let line = line(done, total, self.unit);
        // Progress that cannot be shown is no reason to stop.
        let _ = match self.style {
            Style::Terminal => write!(io::stderr(), "\r\x1b[K{line}").and_then(|()| io::stderr().flush()),
            Style::Lines => writeln!(io::stderr(), "WAIT {done}/{total}"),
            Style::Silent => Ok(()),
        };
        self.shown = true;
    }

    /// Makes room for what is said next.
    pub(super) fn clear(&mut self) {
        if self.shown && matches!(self.style, Style::Terminal) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        self.shown = false;
    }
}

fn line(done: u64, total: u64, unit: &str) -> String {
    let share = |of: u64| u128::from(done.min(total)) * u128::from(of);
    let part = |of: u64| share(of).checked_div(u128::from(total)).unwrap_or_default();
    let full = usize::try_from(part(BAR)).unwrap_or_default();
    let rest = usize::try_from(BAR).unwrap_or_default().saturating_sub(full);
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    format!("[{}{}] {:>3} %  {done}/{total}{unit}", "#".repeat(full), ".".repeat(rest), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_and_never_overflows() {
        assert!(line(0, 10, "records").starts_with("[......"));
        assert!(line(5, 10, "records").contains("]  50 %  5/10 records"));
        assert_eq!(line(20, 10, ""), format!("[{}] 100 %  20/10", "#".repeat(30)));
        assert!(line(3, 0, "").contains("  0 %"));
    }
}
