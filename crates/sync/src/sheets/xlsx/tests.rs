use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::sheets::{
    SheetFault,
    table::{Bounds, Sheet, Table},
};

fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect()).collect()
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, xml) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(xml.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const WORKBOOK: (&str, &str) = (
    "xl/workbook.xml",
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"Factures\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
);
const RELATIONSHIPS: (&str, &str) = (
    "xl/_rels/workbook.xml.rels",
    "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
);

fn workbook(sheet: &str) -> Vec<u8> {
    let strings = "<sst><si><t>rn</t></si><si><r><t>co</t></r><r><t>de</t></r><rPh><t>x</t></rPh></si></sst>";
    archive(&[
        WORKBOOK,
        RELATIONSHIPS,
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

#[test]
fn a_workbook_of_another_program_is_read_with_its_shared_strings_numbers_and_gaps() {
    let sheet = "<worksheet><sheetData>\
        <row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>\
        <row r=\"2\"/>\
        <row r=\"4\"><c r=\"A4\"><f>1+1</f><v>45992.5</v></c><c r=\"C4\" t=\"str\"><v>A &amp; B&#233;_x000D_</v></c></row>\
        </sheetData></worksheet>";
    let tables = read(&workbook(sheet), Bounds::IMPORT).unwrap();
    assert_eq!(tables[0].name, "Factures");
    assert_eq!(texts(&tables[0]), [["rn", "", "code"], ["45992.5", "", "A & Bé"]]);
    assert_eq!(tables[0].rows[1].number, 4);
    assert!(tables[0].rows[1].cells[0].is_number && !tables[0].rows[1].cells[2].is_number);
}

#[test]
fn entities_of_a_document_type_are_refused() {
    let sheet = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><worksheet><sheetData><row r=\"1\">\
        <c r=\"A1\" t=\"str\"><v>&b;</v></c></row></sheetData></worksheet>";
    assert_eq!(read(&workbook(sheet), Bounds::IMPORT), Err(SheetFault::Unreadable("a document type")));
    let sheet = "<worksheet><row><c t=\"str\"><v>&b;</v></c></row></worksheet>";
    assert_eq!(read(&workbook(sheet), Bounds::IMPORT), Err(SheetFault::Unreadable("an entity")));
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let bomb = format!("<worksheet>{}</worksheet>", " ".repeat(3 << 20));
    let bytes = workbook(&bomb);
    assert!(bytes.len() < 1 << 17);
    let few = Bounds { unpacked_bytes: 2 << 20, ..Bounds::IMPORT };
    assert_eq!(read(&bytes, few), Err(SheetFault::TooLarge));
}

#[test]
fn rows_columns_and_cells_beyond_the_bounds_are_refused() {
    let few = Bounds { rows: 2, columns: 3, cells: 4, ..Bounds::IMPORT };
    let row = |cells: &str| format!("<row>{cells}</row>");
    let at = |name: &str| format!("<c r=\"{name}\"><v>1</v></c>");
    let read = |rows: &str| read(&workbook(&format!("<worksheet>{rows}</worksheet>")), few);
    assert!(read(&row(&at("A1")).repeat(2)).is_ok());
    assert_eq!(read(&row(&at("A1")).repeat(3)), Err(SheetFault::TooLong));
    assert_eq!(read(&row(&at("D1"))), Err(SheetFault::TooLong));
    assert_eq!(read(&row(&at("ZZZZ1"))), Err(SheetFault::TooLong));
    assert_eq!(read(&row(&at("C1")).repeat(2)), Err(SheetFault::TooLong));
    assert!(read(&row("<c r=\"XFD1\"/>")).is_ok());
}

#[test]
fn one_text_that_many_cells_name_is_counted_in_each() {
    let cell = |text: &str| format!("<c t=\"str\"><v>{text}</v></c>");
    let sheet = |cells: String| workbook(&format!("<worksheet><row>{cells}</row></worksheet>"));
    let few = Bounds { text: 40, ..Bounds::IMPORT };
    assert!(read(&sheet(cell("0123456789").repeat(4)), few).is_ok());
    assert_eq!(read(&sheet(cell("0123456789").repeat(5)), few), Err(SheetFault::TooLarge));
    assert!(read(&sheet(cell(&"a".repeat(32_767))), Bounds::IMPORT).is_ok());
    assert_eq!(read(&sheet(cell(&"a".repeat(32_768))), Bounds::IMPORT), Err(SheetFault::TooLarge));
}

#[test]
fn elements_sheets_and_texts_that_hold_nothing_are_counted() {
    let few = Bounds { events: 1_000, sheets: 2, cells: 3, ..Bounds::IMPORT };
    let empty = |element: &str| workbook(&format!("<worksheet>{}</worksheet>", element.repeat(1_500)));
    for element in ["<c/>", "<row/>", "<v/>", "<c r=\"XFD1\"/>"] {
        assert_eq!(read(&empty(element), few), Err(SheetFault::TooLong), "{element}");
    }
    let with = |sheets: usize, texts: usize| {
        archive(&[
            (
                "xl/workbook.xml",
                &format!("<workbook>{}</workbook>", "<sheet name=\"a\" r:id=\"r\"/>".repeat(sheets)),
            ),
            ("xl/_rels/workbook.xml.rels", "<a><Relationship Id=\"r\" Target=\"s.xml\"/></a>"),
            ("xl/sharedStrings.xml", &format!("<sst>{}</sst>", "<si/>".repeat(texts))),
            ("xl/s.xml", "<worksheet/>"),
        ])
    };
    assert_eq!(read(&with(2, 3), few).unwrap().len(), 2);
    assert_eq!(read(&with(3, 3), few), Err(SheetFault::TooLong));
    assert_eq!(read(&with(2, 4), few), Err(SheetFault::TooLong));
}

#[test]
fn what_is_no_workbook_is_refused() {
    for bytes in [&b"PK\x03\x04"[..], b"", b"a;b"] {
        assert_eq!(read(bytes, Bounds::IMPORT), Err(SheetFault::Unreadable("the archive")));
    }
    assert_eq!(
        read(&archive(&[("a", "b")]), Bounds::IMPORT),
        Err(SheetFault::Unreadable("no workbook in the archive"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again(rows in prop::collection::vec(
        prop::collection::vec("[a-cé<>&\"'_x0-9=+@-]{1,12}", 30), 1..4,
    )) {
        let rows: Vec<Vec<String>> = rows;
        let header = vec!["h"; 30];
        let bytes = write(&[&Sheet { name: "Factures & lignes", header, rows: rows.clone() }]).unwrap();
        prop_assert!(bytes.starts_with(SIGNATURE));
        let tables = read(&bytes, Bounds::IMPORT).unwrap();
        prop_assert_eq!(&tables[0].name, "Factures & lignes");
        prop_assert_eq!(&texts(&tables[0])[1..], &rows[..]);
    }
}
