//! How findings name a record.

use fiscal::{Record, Subject};

/// A line that cannot be read: `#17`.
pub(super) fn of_line(line: u64) -> String {
    format!("#{line}")
}

/// `#17 (position 17, invoice 0/12)`, with epoch and number, or `#18 (position 18, closure)`.
pub(super) fn of_record(line: u64, record: &Record) -> String {
    let (header, position) = (&record.header, record.link.position);
    match &header.subject {
        Subject::Invoice(facts) => {
            format!("#{line} (position {position}, invoice {}/{})", header.epoch, facts.number)
        }
        Subject::Event(kind) => format!("#{line} (position {position}, {})", kind.name()),
    }
}
