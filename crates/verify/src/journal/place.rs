//! How findings name a record.

use fiscal::{EventKind, Record, Subject};

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
        Subject::Event(kind) => format!("#{line} (position {position}, {})", name(*kind)),
    }
}

/// The stable name of a kind, as the table of kinds in `docs/formats.md` has it.
const fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Closure => "closure",
        EventKind::Epoch => "epoch",
        EventKind::Close => "close",
        EventKind::HandOver => "hand_over",
        EventKind::Acknowledgement => "acknowledgement",
        EventKind::Provisioned => "provisioned",
        EventKind::Boot => "boot",
        EventKind::Recovery => "recovery",
        EventKind::TimeSet => "time_set",
        EventKind::Certificate => "certificate",
        EventKind::Manifest => "manifest",
        EventKind::State => "state",
        EventKind::Export => "export",
        EventKind::SelfTest => "self_test",
        EventKind::Update => "update",
        EventKind::Lease => "lease",
        EventKind::VoidRange => "void_range",
        EventKind::Anchor => "anchor",
        EventKind::Authority => "authority",
        EventKind::Flag => "flag",
        EventKind::Revocation => "revocation",
        EventKind::Erasure => "erasure",
    }
}
