//! Tables of texts, as a spreadsheet program has them.

/// A table that was made to be written to a file: its first row names the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// Its name, which a spreadsheet program shows on the tab.
    pub(crate) name: &'static str,
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A table as it was found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) rows: Vec<TableRow>,
}

/// A row that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableRow {
    /// As the spreadsheet program numbers it: the first is 1.
    pub(crate) number: u32,
    pub(crate) cells: Vec<Entry>,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    /// A spreadsheet program holds it as a number: where a time is expected it is a count of days.
    pub(crate) is_number: bool,
}

impl Entry {
    pub(crate) fn of_text(text: &str) -> Self {
        Self { text: text.trim().to_owned(), is_number: false }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// How much a file may hold. What is beyond is refused before it takes memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of the file as it came.
    pub(crate) bytes: usize,
    /// Of all that is packed in it, once it is unpacked.
    pub(crate) unpacked_bytes: u64,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Of all rows together, with the empty ones before the last of each row.
    pub(crate) cells: usize,
    /// Of the texts of all cells together, in bytes.
    pub(crate) text: usize,
    /// Of the beginnings, ends and texts of all elements of its XML: a few bytes of an archive may be millions.
    pub(crate) events: usize,
    pub(crate) sheets: usize,
}

impl Bounds {
    pub(crate) const IMPORT: Self = Self {
        bytes: super::MOST_BYTES,
        unpacked_bytes: 32 << 20,
        rows: super::MOST_ROWS + 1,
        columns: 256,
        cells: 2_000_000,
        text: 64 << 20,
        events: 6_000_000,
        sheets: 64,
    };
}
