//! A report as a till prints it: 48 columns.

use std::fmt::{self, Display};

use super::speech::plain;

const COLUMNS: usize = 48;

/// Lines of a slip.
#[derive(Debug, Default)]
pub(super) struct Slip(String);

impl Slip {
    /// In the middle.
    pub(super) fn centred(&mut self, text: &str) {
        self.line(&format!("{text:^COLUMNS$}"));
    }

    /// A name, and what there is to say of it at the right; on a line of its own where both do not fit on one.
    pub(super) fn pair(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        let room = COLUMNS.saturating_sub(name.chars().count());
        if value.chars().count() < room {
            self.line(&format!("{name}{value:>room$}"));
        } else {
            self.line(name);
            self.wrapped(&value);
        }
    }

    /// A line across.
    pub(super) fn rule(&mut self) {
        self.line(&"-".repeat(COLUMNS));
    }

    /// A text, cut into pieces of one length.
    fn wrapped(&mut self, text: &str) {
        let characters: Vec<char> = text.chars().collect();
        let lines = characters.len().div_ceil(COLUMNS).max(1);
        for part in characters.chunks(characters.len().div_ceil(lines).max(1)) {
            let part: String = part.iter().collect();
            self.line(&format!("{part:>COLUMNS$}"));
        }
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(&plain(text.trim_end()));
        self.0.push('\n');
    }
}

impl Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_paper() {
        let mut slip = Slip::default();
        slip.centred("Z");
        slip.pair("Total", "1,00 CDF");
        slip.pair("Hash", "a".repeat(64));
        slip.rule();
        let text = slip.to_string();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(text.contains(&format!("Total{:>43}\n", "1,00 CDF")), "{text}");
        assert_eq!(text.matches('a').count(), 66);
    }

    #[test]
    fn no_value_makes_a_line_of_its_own() {
        let mut slip = Slip::default();
        slip.pair("Total", "1\nFORGED\x1b[2J");
        assert_eq!(slip.to_string().lines().count(), 1);
        assert!(!slip.to_string().contains('\x1b'));
    }
}
