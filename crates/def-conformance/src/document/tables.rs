//! The tables of the document, row by row.

/// A row of section 8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// As replies have it.
    pub name: String,
    /// What it means, in the document's words.
    pub meaning: String,
}

/// Why a table cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFault {
    /// No section has this heading.
    NoSection,
    /// No row begins so.
    NoRow,
    /// The row has no number.
    NoNumber,
}

impl std::fmt::Display for TableFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoSection => "the document has no such section: write its heading as it was",
            Self::NoRow => "the document has no such row: name it as the table does",
            Self::NoNumber => "the row begins with no number: write the limit first",
        })
    }
}

impl std::error::Error for TableFault {}

/// The codes of section 8.
pub(super) fn codes(document: &str) -> Result<Vec<Code>, TableFault> {
    let rows = rows(section(document, "## 8. Error codes").ok_or(TableFault::NoSection)?);
    let codes: Vec<Code> = rows
        .filter_map(|cells| {
            let name = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
            Some(Code { name: name.to_owned(), meaning: cells.get(1)?.clone() })
        })
        .collect();
    if codes.is_empty() { Err(TableFault::NoRow) } else { Ok(codes) }
}

/// The number with which the row about something begins.
pub(super) fn limit(document: &str, what: &str) -> Result<usize, TableFault> {
    let row = limit_row(document, what)?;
    let end = row.find(|character: char| !character.is_ascii_digit() && character != ',');
    number(&row[..end.unwrap_or(row.len())])
}

/// The number of bytes that the row about something gives to all of them together.
pub(super) fn together(document: &str, what: &str) -> Result<usize, TableFault> {
    let row = limit_row(document, what)?;
    let (before, _) = row.split_once(" bytes together").ok_or(TableFault::NoNumber)?;
    number(before.rsplit(' ').next().unwrap_or(before))
}

fn limit_row(document: &str, what: &str) -> Result<String, TableFault> {
    let section = section(document, "## 11. Limits").ok_or(TableFault::NoSection)?;
    let row = rows(section).find(|cells| cells[0] == what).ok_or(TableFault::NoRow)?;
    row.get(1).cloned().ok_or(TableFault::NoNumber)
}

/// Digits with commas between.
fn number(text: &str) -> Result<usize, TableFault> {
    text.replace(',', "").parse().map_err(|_| TableFault::NoNumber)
}

/// The first cells of section 11.
pub(super) fn limits(document: &str) -> Vec<&str> {
    let lines = section(document, "## 11. Limits").unwrap_or_default().lines();
    let cells = lines.filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    // The first row is the heading.
    cells.skip(1).collect()
}

/// The commands that have a heading in section 7, like `### 7.3 QRY|STATUS`; one may name several.
pub(super) fn commands(document: &str) -> Vec<&str> {
    let headings = document.lines().filter_map(|line| line.strip_prefix("### 7.")?.split_once(' '));
    headings.flat_map(|(_, commands)| commands.split(", ")).collect()
}

/// The seconds of section 4 for a command, or for every other.
pub(super) fn deadline(document: &str, command: &str) -> Option<u64> {
    let section = section(document, "## 4. Replies")?;
    let named =
        rows(section).find(|cells| cells[0].split(", ").any(|cell| cell.trim_matches('`') == command));
    let row = named.or_else(|| rows(section).find(|cells| cells[0] == "every other"))?;
    row.get(1)?.parse().ok()
}

/// From a heading to the next of its level.
fn section<'d>(document: &'d str, heading: &str) -> Option<&'d str> {
    let (_, rest) = document.split_once(&format!("\n{heading}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

/// The cells of all rows of all tables, rulers left out. A bar in a cell is written `\|`.
fn rows(section: &str) -> impl Iterator<Item = Vec<String>> {
    let lines = section.lines().filter(|line| line.starts_with("| "));
    lines.map(|line| {
        let hidden = line.trim_matches('|').replace("\\|", "\u{0}");
        hidden.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::TEXT, *};

    #[test]
    fn every_code_of_the_protocol_crate_is_in_the_document_and_no_other() {
        let mut written: Vec<_> = codes(TEXT).unwrap().into_iter().map(|code| code.name).collect();
        let mut known: Vec<_> =
            def_protocol::ErrorCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        written.sort();
        known.sort();
        assert_eq!(written, known);
    }

    #[test]
    fn a_limit_is_the_number_that_its_row_begins_with() {
        assert_eq!(limit(TEXT, "content of a request"), Ok(25_600));
        assert_eq!(limit(TEXT, "nonce"), Ok(7));
        assert_eq!(limit(TEXT, "nonces"), Err(TableFault::NoRow));
        assert_eq!(limit("no heading", "nonce"), Err(TableFault::NoSection));
        assert_eq!(limit("x\n## 11. Limits\n\n| nonce | seven |\n", "nonce"), Err(TableFault::NoNumber));
    }

    #[test]
    fn what_payloads_have_together_stands_behind_their_number() {
        assert_eq!(limit(TEXT, "open payloads"), Ok(8));
        assert_eq!(together(TEXT, "open payloads"), Ok(65_536));
        assert_eq!(together(TEXT, "nonce"), Err(TableFault::NoNumber));
    }

    #[test]
    fn every_limit_of_the_document_has_cases() {
        let covered = [
            "content of a request",
            "canonical payload",
            "a reply",
            "open payloads",
            "nonce",
            "remembered invoices",
            "proofs",
            "correlation",
            "cursor of `RPT|A`",
            "token",
        ];
        assert_eq!(limits(TEXT).iter().map(|limit| limit.replace("\\|", "|")).collect::<Vec<_>>(), covered);
    }

    #[test]
    fn every_command_has_a_heading() {
        let known: Vec<_> = def_protocol::Command::ALL.iter().map(|command| command.as_str()).collect();
        assert_eq!(commands(TEXT).iter().filter(|command| known.contains(command)).count(), known.len());
        assert_eq!(commands(TEXT).len(), known.len());
    }

    #[test]
    fn deadlines_are_those_of_the_command_or_of_every_other() {
        assert_eq!(deadline(TEXT, "TXN|COMMIT"), Some(5));
        assert_eq!(deadline(TEXT, "QRY|STATUS"), Some(2));
        assert_eq!(deadline(TEXT, "RPT|Z"), Some(10));
    }

    #[test]
    fn a_bar_within_a_cell_does_not_end_it() {
        let rows: Vec<_> = rows("| a\\|b | c |\n|---|---|\n").collect();
        assert_eq!(rows, [["a|b", "c"]]);
    }
}
