use std::io::{self, Read, Write};

use fiscal::{EventKind, Record, RecordHash, Subject};
use sha2::{Digest, Sha256};

use super::{
    figures::PartFigures,
    part::{ExportPart, PartFile},
};
use crate::{
    journal_line::JournalLine,
    lines::{LineFault, Lines},
};

/// Writes a part: lines of section 11, each with a line feed at its end. A part is a function of its records alone, so
/// that who writes it again writes the same bytes.
pub struct PartWriter<W> {
    out: W,
    file: PartFile,
    hasher: Sha256,
    figures: PartFigures,
    last: Option<(Record, RecordHash)>,
    records: u64,
}

impl<W: Write> PartWriter<W> {
    /// Begins a part.
    pub fn new(out: W, file: PartFile) -> Self {
        Self { out, file, hasher: Sha256::new(), figures: PartFigures::default(), last: None, records: 0 }
    }

    /// Whether this record can follow in this part: there is room, and it is the next of the same chain. If it is not, the
    /// part is complete, and the record begins the next.
    pub fn takes(&self, record: &Record) -> bool {
        let Some((last, hash)) = &self.last else { return true };
        let same_chain =
            (last.header.device, last.header.epoch) == (record.header.device, record.header.epoch);
        let next = last.link.position.next() == Some(record.link.position);
        // A signer that takes the line names the close of the one that gave it, which is in that one's chain.
        let enters = record.header.subject == Subject::Event(EventKind::HandOver);
        let follows = *hash == record.link.previous || enters;
        self.records < ExportPart::MOST_RECORDS && same_chain && next && follows
    }

    /// Writes a record and what it seals.
    pub fn write(&mut self, record: &Record, payload: Option<&str>) -> Result<(), PartFault> {
        if !self.takes(record) {
            return Err(PartFault::NotNext);
        }
        let line = JournalLine::new(record, payload).to_json() + "\n";
        self.out.write_all(line.as_bytes())?;
        self.hasher.update(line.as_bytes());
        let hash = record.hash();
        self.figures.add(Some((record, hash)));
        self.last = Some((*record, hash));
        self.records += 1;
        Ok(())
    }

    /// Ends the part. Whoever keeps it makes it durable before it gets its name.
    pub fn finish(mut self) -> Result<(W, ExportPart), PartFault> {
        self.out.flush()?;
        let part = self.figures.part(self.file, self.hasher.finalize().into()).ok_or(PartFault::Empty)?;
        Ok((self.out, part))
    }
}

impl ExportPart {
    /// What a part's file holds, to go on with an export after it. Seals are not asked here.
    pub fn read(file: impl Read, name: PartFile) -> Result<Self, PartFault> {
        let (mut lines, mut line) = (Lines::new(file), Vec::new());
        let (mut hasher, mut figures) = (Sha256::new(), PartFigures::default());
        loop {
            line.clear();
            if !lines.next(&mut line)? {
                return figures.part(name, hasher.finalize().into()).ok_or(PartFault::Content);
            }
            hasher.update(&line);
            let text = line.strip_suffix(b"\n").ok_or(PartFault::Content)?;
            let record = JournalLine::read(text).and_then(|line| line.record());
            let record = record.map_err(|_| PartFault::Content)?;
            figures.add(Some((&record, record.hash())));
        }
    }
}

/// Why a part was not written or cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum PartFault {
    /// The record begins another part.
    #[error("the record is not the next of this part: finish it and begin another")]
    NotNext,
    /// Nothing was written.
    #[error("a part has at least one record: do not write an empty one")]
    Empty,
    /// A file is no complete part.
    #[error(
        "this is not a part of an export that was written to its end: remove it, and it is written again"
    )]
    Content,
    /// A file cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] LineFault),
}
