//! CSV as French spreadsheet programs open it by a double click: UTF-8 with its mark, semicolons between the fields.
//!
//! Such a program takes a field that begins like a formula for one, and runs it. An apostrophe before it says that it is
//! a text, and is taken off again when the file comes back.

use super::{
    SheetFault,
    table::{Bounds, Entry, Sheet, Table, TableRow},
};

const MARK: &str = "\u{feff}";

/// One sheet as a file.
pub(crate) fn write(sheet: &Sheet) -> Vec<u8> {
    let mut text = MARK.to_owned();
    write_row(&mut text, sheet.header.iter().copied());
    for row in &sheet.rows {
        write_row(&mut text, row.iter().map(String::as_str));
    }
    text.into_bytes()
}

fn write_row<'a>(text: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            text.push(';');
        }
        let field = guarded(field);
        // Also where commas or tabulators stand: a program of another country separates by these.
        if field.contains([';', ',', '\t', '"', '\n', '\r', '\'']) || field.trim() != field {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

/// The only table of a file. The separator is the one that the first row has most of.
pub(crate) fn read(bytes: &[u8], bounds: Bounds) -> Result<Table, SheetFault> {
    if bytes.len() > bounds.bytes {
        return Err(SheetFault::TooLarge);
    }
    let text = decoded(bytes)?;
    let text = text.strip_prefix(MARK).unwrap_or(&text);
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut table, mut cells) = (Table::default(), 0);
    for (record, number) in reader.records().zip(1..) {
        let record = record.map_err(|_| SheetFault::Unreadable("a row of the CSV"))?;
        cells += record.len();
        if table.rows.len() >= bounds.rows || record.len() > bounds.columns || cells > bounds.cells {
            return Err(SheetFault::TooLong);
        }
        let row: Vec<Entry> = record.iter().map(|field| Entry::of_text(&unguarded(field.trim()))).collect();
        if row.iter().any(|cell| !cell.is_blank()) {
            table.rows.push(TableRow { number, cells: row });
        }
    }
    Ok(table)
}

/// UTF-8, or what spreadsheet programs in French wrote before it.
fn decoded(bytes: &[u8]) -> Result<String, SheetFault> {
    if bytes.contains(&0) {
        return Err(SheetFault::Unreadable("zero bytes"));
    }
    let text = str::from_utf8(bytes).map(str::to_owned);
    Ok(text.unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect()))
}

fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    // The first of equals would be the last here: a semicolon, as we write it.
    b"\t,;".iter().copied().max_by_key(|separator| count(*separator)).unwrap_or(b';')
}

/// Whether a program could take a text for a formula. A number is none.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start();
    let begins = text.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠']);
    begins && !is_number(text)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

fn guarded(text: &str) -> String {
    let bare = text.trim_start_matches('\'');
    // Also a tabulator or a line's end before all else, after which some programs begin to read.
    if is_formula(bare) || bare.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn unguarded(text: &str) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sheet(rows: Vec<Vec<String>>) -> Sheet {
        Sheet { name: "a", header: vec!["rn", "name"], rows }
    }

    fn texts(table: &Table) -> Vec<Vec<String>> {
        table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect()).collect()
    }

    #[test]
    fn a_file_begins_with_its_mark_and_separates_by_semicolons() {
        let bytes = write(&sheet(vec![vec!["A-0-1".to_owned(), "Mbuyi; fils".to_owned()]]));
        assert_eq!(bytes, "\u{feff}rn;name\r\nA-0-1;\"Mbuyi; fils\"\r\n".as_bytes());
    }

    #[test]
    fn a_text_like_a_formula_is_written_as_a_text_and_a_negative_amount_as_it_is() {
        for text in
            ["=1+1", "+243 812", "-A1", "@SUM(A1)", " =1", "\t=1", "=cmd|' /C calc'!A0", "'=1", "－1", "-1-2"]
        {
            let bytes = write(&sheet(vec![vec![text.to_owned(), String::new()]]));
            let line = str::from_utf8(&bytes).unwrap().lines().nth(1).unwrap().to_owned();
            assert!(line.starts_with('\'') || line.starts_with("\"'"), "{text:?}: {line}");
        }
        let bytes = write(&sheet(vec![vec!["-12.50".to_owned(), "12".to_owned()]]));
        assert!(str::from_utf8(&bytes).unwrap().ends_with("-12.50;12\r\n"));
    }

    #[test]
    fn commas_and_tabulators_separate_as_well_and_old_french_letters_are_read() {
        for (text, expected) in [("rn,code\nA,1\n", "code"), ("rn\tcode\nA\t1\n", "code")] {
            assert_eq!(texts(&read(text.as_bytes(), Bounds::IMPORT).unwrap())[0][1], expected);
        }
        let table = read(b"rn;num\xe9ro\r\n\r\nA;1\r\n", Bounds::IMPORT).unwrap();
        assert_eq!(texts(&table), [["rn", "numéro"], ["A", "1"]]);
    }

    #[test]
    fn a_file_beyond_the_bounds_is_refused() {
        let few = Bounds { bytes: 64, rows: 2, columns: 3, cells: 5, ..Bounds::IMPORT };
        assert_eq!(read(&[b'a'; 65], few), Err(SheetFault::TooLarge));
        assert_eq!(read(b"a\nb\nc\n", few), Err(SheetFault::TooLong));
        assert_eq!(read(b"a;b;c;d\n", few), Err(SheetFault::TooLong));
        assert_eq!(read(b"a;b;c\na;b;c\n", few), Err(SheetFault::TooLong));
        assert_eq!(read(b"a\0", few), Err(SheetFault::Unreadable("zero bytes")));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(rows in prop::collection::vec(
            prop::collection::vec("[=+@'\"; ,a-c\\-0-9.]{0,12}", 2), 1..8,
        )) {
            let rows: Vec<Vec<String>> = rows;
            let trimmed: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|text| text.trim().to_owned()).collect::<Vec<_>>())
                .filter(|row| row.iter().any(|text| !text.is_empty()))
                .collect();
            let read = read(&write(&sheet(trimmed.clone())), Bounds::IMPORT).unwrap();
            prop_assert_eq!(&texts(&read)[1..], &trimmed[..]);
        }

        #[test]
        fn no_field_is_ever_a_formula(text in "\\PC{0,24}") {
            let bytes = write(&sheet(vec![vec![text, String::new()]]));
            let text = str::from_utf8(&bytes).unwrap().to_owned();
            let line = text.split("\r\n").nth(1).unwrap();
            let field = line.strip_prefix('"').unwrap_or(line);
            prop_assert!(!is_formula(field.split([';', '"']).next().unwrap()), "{}", line);
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = read(&bytes, Bounds::IMPORT);
        }
    }
}
