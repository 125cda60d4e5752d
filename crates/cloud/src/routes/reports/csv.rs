/// A table by RFC 4180: commas, CRLF, a header row, UTF-8 without a mark. Decimals have a dot.
pub(super) struct Csv(String);

/// What a cell says.
pub(super) enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A code, a date or a number of ours.
    Plain(String),
    /// What somebody wrote. A spreadsheet must not take it for a formula.
    Free(&'a str),
}

impl Csv {
    /// With its header row.
    pub(super) fn new(names: &[&str]) -> Self {
        let mut table = Self(String::new());
        table.row(names.iter().map(|name| Cell::Plain((*name).to_owned())));
        table
    }

    /// Adds a row.
    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            match cell {
                Cell::Empty => {}
                Cell::Plain(text) => self.put(&text),
                Cell::Free(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                    self.put(&format!("'{text}"));
                }
                Cell::Free(text) => self.put(text),
            }
        }
        self.0.push_str("\r\n");
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn put(&mut self, text: &str) {
        if !text.contains(['"', ',', '\r', '\n']) {
            return self.0.push_str(text);
        }
        self.0.push('"');
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }
}

impl Cell<'_> {
    /// A value of ours.
    pub(super) fn of(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// A value of ours, or nothing.
    pub(super) fn maybe(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Empty, Self::of)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cells of a table, as RFC 4180 has them read.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => cell.push(characters.next().unwrap()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(characters.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        assert!(row.is_empty() && cell.is_empty() && !quoted, "the last row has its end");
        rows
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_compute_is_a_text() {
        for formula in ["=HYPERLINK(\"http://x\",\"y\")", "+1", "-1", "@SUM(A1)", "\t=1"] {
            let mut table = Csv::new(&["description", "amount"]);
            table.row([Cell::Free(formula), Cell::of("-12.50")]);
            let rows = read(&table.into_text());
            assert_eq!(
                rows[1],
                [format!("'{formula}"), "-12.50".to_owned()],
                "a number of ours stays a number"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(cells in prop::collection::vec("[a-z\",;\r\n é]{0,12}", 1..5)) {
            let mut table = Csv::new(&["a"]);
            table.row(cells.iter().map(|cell| Cell::Plain(cell.clone())));
            prop_assert_eq!(read(&table.into_text()), [vec!["a".to_owned()], cells]);
        }
    }
}
