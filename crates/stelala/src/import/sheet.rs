//! A file of rows: its separator, its header, its cells.

use anyhow::{Context, bail};

use super::column::{Column, header};

/// The largest file, in bytes: a day of a very large shop has less.
pub(super) const MOST_BYTES: u64 = 64 * 1024 * 1024;
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A file that is text and has a header.
pub(super) struct Sheet<'a> {
    text: &'a str,
    separator: u8,
}

/// One row that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its line in the file, from 1.
    pub(super) line: u64,
    cells: Vec<(Column, String)>,
}

impl Row {
    /// What a cell says; an empty one says nothing.
    pub(super) fn cell(&self, column: Column) -> Option<&str> {
        self.cells.iter().find(|(other, _)| *other == column).map(|(_, text)| text.as_str())
    }

    /// The cells that say something.
    pub(super) fn cells(&self) -> impl Iterator<Item = (Column, &str)> {
        self.cells.iter().map(|(column, text)| (*column, text.as_str()))
    }
}

impl<'a> Sheet<'a> {
    /// UTF-8, with or without its mark.
    pub(super) fn new(bytes: &'a [u8]) -> anyhow::Result<Self> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            bail!("this is UTF-16: save it as CSV UTF-8");
        }
        let text = str::from_utf8(bytes).map_err(|fault| {
            let line = lines(&bytes[..fault.valid_up_to()]);
            anyhow::anyhow!("line {line} is not UTF-8: save the file as CSV UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().find(|line| !line.is_empty()).context("the file is empty")?;
        Ok(Self { text, separator: separator(first) })
    }

    /// Whether a comma stands between cells, and so in no number.
    pub(super) const fn has_commas(&self) -> bool {
        self.separator == b','
    }

    /// Reads row by row. What cannot be told apart into rows is no file to seal from: nothing of it is taken.
    pub(super) fn rows(&self, mut each: impl FnMut(Row) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let mut record = csv::StringRecord::new();
        if !reader.read_record(&mut record)? {
            bail!("the file is empty");
        }
        let columns = header(record.iter())?;
        let mut place = Place { text: self.text, line: 1, byte: 0 };
        while reader.read_record(&mut record)? {
            let byte = record.position().map_or(0, csv::Position::byte);
            if let Some(row) = row(&columns, &record, place.line_at(byte))? {
                each(row)?;
            }
        }
        Ok(())
    }
}

/// Counts lines; the reader takes the second half of CR LF for the next row's.
struct Place<'a> {
    text: &'a str,
    line: u64,
    byte: usize,
}

impl Place<'_> {
    /// The line of the row that begins after this byte.
    fn line_at(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut next = usize::try_from(byte).unwrap_or(bytes.len());
        while matches!(bytes.get(next), Some(b'\r' | b'\n')) {
            next += 1;
        }
        let between = bytes.get(self.byte..next).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.byte = next.max(self.byte);
        self.line
    }
}

fn row(columns: &[Column], record: &csv::StringRecord, line: u64) -> anyhow::Result<Option<Row>> {
    if record.iter().any(|cell| cell.contains(['\n', '\r'])) {
        bail!("line {line} has a cell with a line break: a quote is not closed, or a text has several lines");
    }
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(None);
    }
    if record.len() != columns.len() {
        bail!(
            "line {line} has {} cells, the header {}: is a separator inside a text that has no quotes?",
            record.len(),
            columns.len()
        );
    }
    let cells = columns.iter().zip(record).filter_map(|(column, cell)| {
        let cell = cell.trim();
        (!cell.is_empty()).then(|| (*column, cell.to_owned()))
    });
    Ok(Some(Row { line, cells: cells.collect() }))
}

/// The one that makes most columns of the header.
fn separator(header: &str) -> u8 {
    let known = |separator: &u8| {
        let cells = header.split(char::from(*separator));
        cells.filter(|cell| Column::is_named(cell.trim().trim_matches('"'))).count()
    };
    // Of equals the first is meant.
    SEPARATORS.into_iter().rev().max_by_key(known).unwrap_or(b',')
}

fn lines(before: &[u8]) -> usize {
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        Sheet::new(bytes)?.rows(|row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    fn fault(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_row_is_the_same_with_each_separator_each_end_of_line_and_a_mark() {
        let text =
            "invoice,timestamp,description,total\n1,t,\"Pain, \"\"doux\"\"; rond\",\n\n,,,\n2,t, Œufs ,5\n";
        let expected = read(text.as_bytes()).unwrap();
        assert_eq!(expected.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
        assert_eq!(expected[0].cell(Column::Description), Some("Pain, \"doux\"; rond"));
        assert_eq!((expected[0].cell(Column::Total), expected[1].cell(Column::Total)), (None, Some("5")));
        assert_eq!(expected[1].cell(Column::Description), Some("Œufs"));
        let other = |separator: &str| {
            text.replace("\"Pain, \"\"doux\"\"; rond\"", "@")
                .replace(',', separator)
                .replace('@', "\"Pain, \"\"doux\"\"; rond\"")
        };
        for same in [
            other(";"),
            other("\t"),
            format!("\u{feff}{text}"),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            text.replacen("invoice,timestamp", "\"invoice\",\"timestamp\"", 1),
        ] {
            assert_eq!(read(same.as_bytes()).unwrap(), expected, "{same:?}");
        }
    }

    #[test]
    fn what_is_no_table_of_utf_8_is_refused_with_its_line() {
        let header = "invoice,timestamp,description\n";
        let latin = [header.as_bytes(), b"1,t,a\n2,t,\xe9t\xe9\n"].concat();
        assert!(fault(&latin).contains("line 3 is not UTF-8"));
        assert!(fault(&[0xff, 0xfe, b'i', 0]).contains("UTF-16"));
        assert!(fault(b"").contains("empty") && fault("\u{feff}\n".as_bytes()).contains("empty"));
        assert!(fault(format!("{header}1,t,a,b\n").as_bytes()).contains("line 2 has 4 cells, the header 3"));
        assert!(fault(format!("{header}1,t\n").as_bytes()).contains("line 2 has 2 cells"));
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_sales() {
        let text = "invoice,timestamp,description\n1,t,a\n2,t,\"b\n3,t,c\n4,t,d\n";
        assert!(fault(text.as_bytes()).contains("line 3 has a cell with a line break"));
    }
}
