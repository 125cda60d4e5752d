//! How findings name a record.

use fiscal::{Epoch, EventKind, InvoiceNumber, Position, Record, Subject};

/// A line, and the record in it where that can be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) line: u64,
    record: Option<(Position, Named)>,
}

#[derive(Clone, Copy, Debug)]
enum Named {
    Invoice(Epoch, InvoiceNumber),
    Event(EventKind),
}

impl Place {
    pub(super) const fn of_line(line: u64) -> Self {
        Self { line, record: None }
    }

    pub(super) fn of_record(line: u64, record: &Record) -> Self {
        let named = match &record.header.subject {
            Subject::Invoice(facts) => Named::Invoice(record.header.epoch, facts.number),
            Subject::Event(kind) => Named::Event(*kind),
        };
        Self { line, record: Some((record.link.position, named)) }
    }

    pub(super) const fn of_event(line: u64, position: Position, kind: EventKind) -> Self {
        Self { line, record: Some((position, Named::Event(kind))) }
    }

    pub(super) const fn of_invoice(
        line: u64,
        position: Position,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Self {
        Self { line, record: Some((position, Named::Invoice(epoch, number))) }
    }
}

/// The files of which a journal is made, each with how many lines stand before it; none when it is one file.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<(u64, String)>);

impl Parts {
    /// The lines after so many are of another file.
    pub(super) fn begin(&mut self, lines_before: u64, name: &str) {
        self.0.push((lines_before, name.to_owned()));
    }

    /// `#17`, where nothing can be read; `#17 (position 17, invoice 0/12)`, with epoch and number; `#18 (position 18,
    /// closure)`. In a journal of several files, a line counts within its file, whose name stands before it.
    pub(super) fn in_words(&self, place: Place) -> String {
        let part = self.0[..self.0.partition_point(|(before, _)| *before < place.line)].last();
        let line = match part {
            None => format!("#{}", place.line),
            Some((before, name)) => format!("{name}#{}", place.line - before),
        };
        match place.record {
            None => line,
            Some((position, Named::Invoice(epoch, number))) => {
                format!("{line} (position {position}, invoice {epoch}/{number})")
            }
            Some((position, Named::Event(kind))) => format!("{line} (position {position}, {})", kind.name()),
        }
    }
}
