//! An answer as a terminal shows it: a title, facts, lists.

use std::fmt::{self, Write};

use super::speech::plain;

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    title: String,
    facts: Vec<(&'static str, String)>,
    lists: Vec<(String, Vec<String>)>,
}

impl Page {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: plain(&title.into()), ..Self::default() }
    }

    /// A name and what there is to say of it.
    pub(super) fn fact(&mut self, name: &'static str, value: impl fmt::Display) {
        self.facts.push((name, plain(&value.to_string())));
    }

    /// Sentences under a heading; nothing where there are none.
    pub(super) fn list(&mut self, heading: &str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.lists.push((plain(heading), lines.iter().map(|line| plain(line)).collect()));
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{}\n", self.title);
        let width = self.facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        if !self.facts.is_empty() {
            text.push('\n');
        }
        for (name, value) in &self.facts {
            writeln!(text, "  {name:<width$}  {value}")?;
        }
        for (heading, lines) in &self.lists {
            writeln!(text, "\n{heading}")?;
            for line in lines {
                writeln!(text, "  - {line}")?;
            }
        }
        f.write_str(text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_one_column_and_lists_below() {
        let mut page = Page::new("Title");
        page.fact("Époque", 0);
        page.fact("No", "KING-0-00000105");
        page.list("Nothing", Vec::new());
        page.list("To do", vec!["rest".into()]);
        assert_eq!(page.to_string(), "Title\n\n  Époque  0\n  No      KING-0-00000105\n\nTo do\n  - rest");
        assert_eq!(Page::new("Alone").to_string(), "Alone");
    }

    #[test]
    fn no_value_makes_a_line_of_its_own() {
        let mut page = Page::new("Title\u{9b}31m\nFORGED");
        page.fact("No", "1\r\nFORGED");
        page.list("To do\n", vec!["rest\x1b[31m\u{2028}".into()]);
        let text = page.to_string();
        assert_eq!(text.lines().count(), 6, "{text:?}");
        assert!(!text.contains(['\r', '\x1b', '\u{9b}', '\u{2028}']), "{text:?}");
    }
}
