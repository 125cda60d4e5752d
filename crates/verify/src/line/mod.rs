//! What records say of the outlet's line of numbers: who gives it, who takes it, and what the ledger declares of it (L2).
//!
//! Bodies of a cloud signer are in one form; those of devices have members beside what is read here, by
//! `docs/formats.md`.

mod anchor;
mod authority;
mod causes;
mod declared;
mod hand_over;
mod token;

use fiscal::{EventKind, Record, RecordHash, Subject};

pub(crate) use self::{
    anchor::Anchor,
    authority::{AuthorityNote, Source},
    causes::Causes,
    declared::{Flag, Revocation, Spot},
    hand_over::{Close, Enter},
};
use crate::finding::Rule;

/// What one record says of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Its signer gives the line.
    Close(Close),
    /// Its signer takes the line.
    Enter(Enter),
    /// The ledger holds a stretch of another signer's chain.
    Anchor(Anchor),
    /// The ledger declares something of the line.
    Flag(Flag),
    /// The tax authority has an invoice.
    Authority(AuthorityNote),
    /// A signer's key ends.
    Revocation(Revocation),
}

impl Said {
    /// Of a record that says something of the line and whose body is what was sealed; none of any other. A device's
    /// hand-over that names nothing is none: where that is needed is for the follower to know.
    pub(crate) fn of(record: &Record, body: &str) -> Option<Result<Self, Rule>> {
        let Subject::Event(kind) = record.header.subject else { return None };
        match kind {
            EventKind::Close => Close::of(record, body).map(|close| close.map(Self::Close)),
            EventKind::HandOver => Enter::of(record, body).map(|enter| enter.map(Self::Enter)),
            EventKind::Anchor => Some(Anchor::read(body).map(Self::Anchor).ok_or(Rule::AnchorForm)),
            EventKind::Flag => Some(Flag::read(body).map(Self::Flag).ok_or(Rule::FlagForm)),
            EventKind::Authority => {
                Some(AuthorityNote::read(body).map(Self::Authority).ok_or(Rule::AuthorityForm))
            }
            EventKind::Revocation => {
                Some(Revocation::read(body).map(Self::Revocation).ok_or(Rule::RevocationForm))
            }
            _ => None,
        }
    }
}

/// A hash as bodies write it.
fn hash(text: &str) -> Option<RecordHash> {
    RecordHash::from_hex(text).filter(|hash| hash.to_string() == text)
}
