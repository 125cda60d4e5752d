use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{ZipWriter, result::ZipResult, write::SimpleFileOptions};

use super::text::escaped;
use crate::sheets::table::Sheet;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const FORM: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
/// Every cell is a text, also one that somebody fills in: a code of digits stays as it was typed.
const STYLES: &str = "<fonts count=\"1\"><font/></fonts>\
    <fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills>\
    <borders count=\"1\"><border/></borders>\
    <cellStyleXfs count=\"1\"><xf/></cellStyleXfs>\
    <cellXfs count=\"2\"><xf/><xf numFmtId=\"49\" applyNumberFormat=\"1\"/></cellXfs>";

/// Sheets as a workbook. Its cells hold texts and no formulas.
pub(crate) fn write(sheets: &[&Sheet]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, xml: &str| -> ZipResult<()> {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(DECLARATION.as_bytes())?;
        Ok(archive.write_all(xml.as_bytes())?)
    };
    part("[Content_Types].xml", &content_types(sheets))?;
    part("_rels/.rels", &relationships(&["officeDocument\" Target=\"xl/workbook.xml".to_owned()]))?;
    part("xl/workbook.xml", &workbook(sheets))?;
    let mut targets: Vec<String> =
        (1..=sheets.len()).map(|at| format!("worksheet\" Target=\"worksheets/sheet{at}.xml")).collect();
    targets.push("styles\" Target=\"styles.xml".to_owned());
    part("xl/_rels/workbook.xml.rels", &relationships(&targets))?;
    part("xl/styles.xml", &format!("<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>"))?;
    for (sheet, at) in sheets.iter().zip(1..) {
        part(&format!("xl/worksheets/sheet{at}.xml"), &worksheet(sheet))?;
    }
    Ok(archive.finish()?.into_inner())
}

fn content_types(sheets: &[&Sheet]) -> String {
    let part = |name: &str, kind: &str| {
        format!("<Override PartName=\"/xl/{name}.xml\" ContentType=\"{FORM}.{kind}+xml\"/>")
    };
    let sheets: String =
        (1..=sheets.len()).map(|at| part(&format!("worksheets/sheet{at}"), "worksheet")).collect();
    format!(
        "<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{}{}{sheets}</Types>",
        part("workbook", "sheet.main"),
        part("styles", "styles"),
    )
}

fn relationships(targets: &[String]) -> String {
    let one = |(at, target): (usize, &String)| {
        format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{target}\"/>", at + 1)
    };
    let all: String = targets.iter().enumerate().map(one).collect();
    format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}

fn workbook(sheets: &[&Sheet]) -> String {
    let one = |(at, sheet): (usize, &&Sheet)| {
        format!("<sheet name=\"{}\" sheetId=\"{1}\" r:id=\"rId{1}\"/>", escaped(sheet.name), at + 1)
    };
    let all: String = sheets.iter().enumerate().map(one).collect();
    format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{all}</sheets></workbook>")
}

fn worksheet(sheet: &Sheet) -> String {
    let mut xml = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
         <cols><col min=\"1\" max=\"{}\" width=\"18\" style=\"1\"/></cols><sheetData>",
        sheet.header.len().max(1)
    );
    write_row(&mut xml, 1, sheet.header.iter().copied());
    for (row, number) in sheet.rows.iter().zip(2..) {
        write_row(&mut xml, number, row.iter().map(String::as_str));
    }
    xml.push_str("</sheetData></worksheet>");
    xml
}

fn write_row<'a>(xml: &mut String, number: u32, cells: impl Iterator<Item = &'a str>) {
    // Writing to a text does not fail.
    let _ = write!(xml, "<row r=\"{number}\">");
    for (at, text) in cells.enumerate().filter(|(_, text)| !text.is_empty()) {
        let (column, text) = (column_name(at), escaped(text));
        let _ = write!(
            xml,
            "<c r=\"{column}{number}\" s=\"1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
        );
    }
    xml.push_str("</row>");
}

/// `A` is the first, `AA` the 27th.
fn column_name(at: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(at % 26).unwrap_or_default());
    if at < 26 { letter.to_string() } else { format!("{}{letter}", column_name(at / 26 - 1)) }
}
