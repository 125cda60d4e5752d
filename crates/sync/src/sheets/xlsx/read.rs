use std::collections::BTreeMap;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::{parts::Parts, text::unescaped};
use crate::sheets::{
    SheetFault,
    table::{Bounds, Entry, Table, TableRow},
};

const DAMAGED: SheetFault = SheetFault::Unreadable("the XML in the archive");

/// The tables of a workbook in its order. Of a formula the value is read that the program computed last.
pub(crate) fn read(bytes: &[u8], bounds: Bounds) -> Result<Vec<Table>, SheetFault> {
    let mut parts = Parts::of(bytes, bounds)?;
    let workbook =
        parts.text("xl/workbook.xml")?.ok_or(SheetFault::Unreadable("no workbook in the archive"))?;
    let Bounds { rows, cells, text, events, .. } = bounds;
    let (mut tables, mut left) = (Vec::new(), Left { rows, cells, text, events });
    let targets = targets(&parts.text("xl/_rels/workbook.xml.rels")?.unwrap_or_default(), &mut left)?;
    let shared = shared_strings(&parts.text("xl/sharedStrings.xml")?.unwrap_or_default(), &mut left)?;
    for (name, id) in sheets(&workbook, bounds.sheets, &mut left)? {
        let Some(path) = targets.get(&id).map(|target| path(target)) else { continue };
        // A sheet of charts, say, is none of tables.
        let Some(xml) = parts.text(&path)? else { continue };
        let rows =
            WorksheetReader { shared: &shared, columns: bounds.columns, left: &mut left }.read(&xml)?;
        tables.push(Table { name, rows });
    }
    Ok(tables)
}

/// The most characters of a cell, as spreadsheet programs have it.
const LONGEST_CELL: usize = 32_767;

/// How much may still be read, in all sheets together.
struct Left {
    rows: usize,
    cells: usize,
    text: usize,
    events: usize,
}

fn path(target: &str) -> String {
    target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned)
}

/// One event after the other. A document type, with which entities could be made, is refused.
fn each_event(
    xml: &str,
    left: &mut Left,
    mut take: impl FnMut(Event<'_>, &mut Left) -> Result<(), SheetFault>,
) -> Result<(), SheetFault> {
    let mut reader = Reader::from_str(xml.strip_prefix('\u{feff}').unwrap_or(xml));
    loop {
        left.events = left.events.checked_sub(1).ok_or(SheetFault::TooLong)?;
        match reader.read_event().map_err(|_| DAMAGED)? {
            Event::Eof => return Ok(()),
            Event::DocType(_) => return Err(SheetFault::Unreadable("a document type")),
            // What is empty ends where it starts.
            Event::Empty(start) => {
                let end = start.to_end().into_owned();
                take(Event::Start(start), left)?;
                take(Event::End(end), left)?;
            }
            event => take(event, left)?,
        }
    }
}

/// A reference to a character, or to one of the five entities that every XML has.
fn resolved(reference: &BytesRef<'_>) -> Result<String, SheetFault> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| DAMAGED)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned).ok_or(SheetFault::Unreadable("an entity"))
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, SheetFault> {
    let found = start.try_get_attribute(name).map_err(|_| DAMAGED)?;
    let value =
        found.map(|found| found.normalized_value(XmlVersion::Explicit1_0).map(|value| value.into_owned()));
    value.transpose().map_err(|_| DAMAGED)
}

/// The name of each sheet, and by which id its part is found.
fn sheets(workbook: &str, most: usize, left: &mut Left) -> Result<Vec<(String, String)>, SheetFault> {
    let mut sheets = Vec::new();
    each_event(workbook, left, |event, _| {
        if let Event::Start(start) = event
            && start.local_name().as_ref() == "sheet"
        {
            let name = attribute(&start, "name")?.unwrap_or_default();
            sheets.extend(attribute(&start, "r:id")?.map(|id| (name, id)));
            if sheets.len() > most {
                return Err(SheetFault::TooLong);
            }
        }
        Ok(())
    })?;
    Ok(sheets)
}

fn targets(relationships: &str, left: &mut Left) -> Result<BTreeMap<String, String>, SheetFault> {
    let mut targets = BTreeMap::new();
    each_event(relationships, left, |event, _| {
        if let Event::Start(start) = event
            && start.local_name().as_ref() == "Relationship"
        {
            let id = attribute(&start, "Id")?;
            targets.extend(id.zip(attribute(&start, "Target")?));
        }
        Ok(())
    })?;
    Ok(targets)
}

fn shared_strings(xml: &str, left: &mut Left) -> Result<Vec<String>, SheetFault> {
    let most = left.cells;
    let (mut strings, mut text, mut in_text, mut phonetic) = (Vec::new(), String::new(), false, false);
    each_event(xml, left, |event, _| {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "si" if strings.len() == most => return Err(SheetFault::TooLong),
                "si" => text.clear(),
                "rPh" => phonetic = true,
                "t" => in_text = !phonetic,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "si" => strings.push(unescaped(&text)),
                "rPh" => phonetic = false,
                "t" => in_text = false,
                _ => {}
            },
            Event::Text(part) if in_text => text.push_str(&part.xml10_content()),
            Event::CData(part) if in_text => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) if in_text => text.push_str(&resolved(&reference)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

struct WorksheetReader<'a> {
    shared: &'a [String],
    columns: usize,
    left: &'a mut Left,
}

#[derive(Default)]
struct CellBegun {
    column: usize,
    kind: Option<String>,
    text: String,
}

impl WorksheetReader<'_> {
    fn read(self, xml: &str) -> Result<Vec<TableRow>, SheetFault> {
        let Self { shared, columns, left } = self;
        let (mut rows, mut row) = (Vec::new(), TableRow { number: 0, cells: Vec::new() });
        let (mut cell, mut in_value) = (CellBegun::default(), false);
        each_event(xml, left, |event, left| {
            let mut keeps = WorksheetReader { shared, columns, left };
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        let said = attribute(&start, "r")?.and_then(|number| number.parse().ok());
                        row = TableRow {
                            number: said.unwrap_or(row.number.saturating_add(1)),
                            cells: Vec::new(),
                        };
                    }
                    "c" => {
                        let column = attribute(&start, "r")?.and_then(|name| column_of(&name));
                        let column = column.unwrap_or(row.cells.len());
                        cell = CellBegun { column, kind: attribute(&start, "t")?, text: String::new() };
                    }
                    "v" | "t" => in_value = true,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "row" => keeps.keep_row(&mut rows, &mut row)?,
                    "c" => keeps.keep_cell(&mut row, std::mem::take(&mut cell))?,
                    "v" | "t" => in_value = false,
                    _ => {}
                },
                Event::Text(part) if in_value => cell.text.push_str(&part.xml10_content()),
                Event::CData(part) if in_value => cell.text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) if in_value => cell.text.push_str(&resolved(&reference)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(rows)
    }

    fn keep_row(&mut self, rows: &mut Vec<TableRow>, row: &mut TableRow) -> Result<(), SheetFault> {
        let cells = std::mem::take(&mut row.cells);
        if cells.iter().all(Entry::is_blank) {
            return Ok(());
        }
        self.left.rows = self.left.rows.checked_sub(1).ok_or(SheetFault::TooLong)?;
        rows.push(TableRow { number: row.number, cells });
        Ok(())
    }

    fn keep_cell(&mut self, row: &mut TableRow, cell: CellBegun) -> Result<(), SheetFault> {
        if cell.column >= self.columns {
            // Programs style columns far to the right of all that is written.
            return if cell.text.is_empty() { Ok(()) } else { Err(SheetFault::TooLong) };
        }
        let (shared, left) = (self.shared, &mut *self.left);
        // A short file may name one long text from each of its cells.
        let mut of_text = |text: &str| {
            if text.chars().count() > LONGEST_CELL {
                return Err(SheetFault::TooLarge);
            }
            left.text = left.text.checked_sub(text.len()).ok_or(SheetFault::TooLarge)?;
            Ok(Entry::of_text(text))
        };
        let entry = match cell.kind.as_deref() {
            Some("s") => {
                let at: Option<usize> = cell.text.trim().parse().ok();
                of_text(at.and_then(|at| shared.get(at)).ok_or(DAMAGED)?)?
            }
            Some("inlineStr" | "str") => of_text(&unescaped(&cell.text))?,
            // A time in ISO 8601, a truth value, the name of a fault.
            Some("d" | "b" | "e") => of_text(&cell.text)?,
            _ => Entry { is_number: true, ..of_text(&cell.text)? },
        };
        if entry.is_blank() {
            return Ok(());
        }
        if cell.column >= row.cells.len() {
            let more = cell.column + 1 - row.cells.len();
            self.left.cells = self.left.cells.checked_sub(more).ok_or(SheetFault::TooLong)?;
            row.cells.resize(cell.column + 1, Entry::default());
        }
        row.cells[cell.column] = entry;
        Ok(())
    }
}

/// Of `AB12`: 27.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}
