use fiscal::{DeviceId, Epoch, Position, Record, RecordHash};

use super::part::ExportPart;

/// What the lines of a part hold, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PartFigures {
    records: u64,
    ends: Option<Ends>,
    /// Whether a line holds no record, or one of another chain.
    mixed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    chain: (DeviceId, Epoch),
    first: Position,
    last: Position,
    previous: RecordHash,
    head: RecordHash,
}

impl PartFigures {
    pub(crate) fn add(&mut self, line: Option<(&Record, RecordHash)>) {
        self.records += 1;
        let Some((record, hash)) = line else {
            self.mixed = true;
            return;
        };
        let (chain, position) = ((record.header.device, record.header.epoch), record.link.position);
        let begin =
            Ends { chain, first: position, last: position, previous: record.link.previous, head: hash };
        let ends = self.ends.get_or_insert(begin);
        (ends.last, ends.head) = (position, hash);
        self.mixed |= ends.chain != chain;
    }

    pub(crate) fn are_those_of(&self, part: &ExportPart) -> bool {
        let ExportPart { file: _, sha256: _, records, signer, epoch, first, last, previous, head } = *part;
        let same = self.ends.is_some_and(|ends| {
            ends.chain == (signer, epoch)
                && (ends.first, ends.last) == (first, last)
                && (ends.previous, ends.head) == (previous, head)
        });
        same && self.records == records && !self.mixed
    }

    /// What a list says of these lines.
    pub(super) fn part(&self, file: super::PartFile, sha256: [u8; 32]) -> Option<ExportPart> {
        let Ends { chain: (signer, epoch), first, last, previous, head } = self.ends?;
        let part =
            ExportPart { file, sha256, records: self.records, signer, epoch, first, last, previous, head };
        (!self.mixed && part.is_sound()).then_some(part)
    }
}
