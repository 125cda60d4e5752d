//! The log of acts: who asked for what was changed, in the transaction that changed it.

use std::{fmt, str::FromStr, sync::Arc};

use fiscal::{OutletId, Timestamp};

use crate::{Cell, Cells, StoreFault, store::Statements};

/// Who asks, as the log of acts names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// A person, a key, a program.
    pub actor: ActName,
    /// For which merchant; none for the platform's own.
    pub tenant: Option<ActName>,
    /// With which request.
    pub request: ActName,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub time: Timestamp,
    /// Who asked for it.
    pub by: By,
    /// What: a noun and a verb, such as `invoice.seal`.
    pub action: &'static str,
    /// At which outlet, if it is one's.
    pub outlet: Option<OutletId>,
    /// What was changed, such as a fiscal number. Of more than [`Act::SUBJECT_CHARACTERS`] the first are kept.
    pub subject: String,
}

impl Act {
    /// The longest subject.
    pub const SUBJECT_CHARACTERS: usize = 160;

    /// The subject as it is kept: without control characters, which would forge lines where a log is printed.
    pub(crate) fn kept_subject(&self) -> String {
        let plain = |character: char| if character.is_control() { ' ' } else { character };
        self.subject.chars().take(Self::SUBJECT_CHARACTERS).map(plain).collect()
    }
}

/// A name in the log of acts: 1 to 64 characters of `[A-Za-z0-9_.:-]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActName(Arc<str>);

impl ActName {
    /// The longest, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActName {
    type Err = ActNameFault;

    fn from_str(text: &str) -> Result<Self, ActNameFault> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        let right = (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(known);
        if right { Ok(Self(text.into())) } else { Err(ActNameFault) }
    }
}

impl fmt::Display for ActName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no name of the log of acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name in the log of acts has 1 to 64 letters, digits, dots, colons, hyphens or underscores: use an id"
)]
pub struct ActNameFault;

/// An act as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Which one it is: later ones have higher numbers, but not each number is there.
    pub seq: u64,
    /// When.
    pub time: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// For which merchant.
    pub tenant: Option<String>,
    /// At which outlet.
    pub outlet: Option<String>,
    /// What was changed.
    pub subject: String,
    /// With which request.
    pub request: String,
}

pub(crate) const INSERT: &str = "INSERT INTO acts (time, actor, action, tenant, outlet, subject, request) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Notes an act, in the transaction of what was done.
pub fn write_act(statements: &mut dyn Statements, act: &Act) -> Result<(), StoreFault> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let maybe = |of: Option<&str>| of.map_or(Cell::Null, text);
    let values = [
        Cell::Integer(i64::try_from(act.time.unix()).unwrap_or(i64::MAX)),
        text(act.by.actor.as_str()),
        text(act.action),
        maybe(act.by.tenant.as_ref().map(ActName::as_str)),
        maybe(act.outlet.as_ref().map(OutletId::as_str)),
        Cell::Text(act.kept_subject()),
        text(act.by.request.as_str()),
    ];
    statements.execute(INSERT, &values).map(|_| ())
}

/// The newest acts of a merchant, or of all, those before a number, at most so many; the newest first.
pub fn acts_of(
    statements: &mut dyn Statements,
    tenant: Option<&str>,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<ActRow>, StoreFault> {
    let number = |number: Option<i64>| Cell::Integer(number.unwrap_or(i64::MAX));
    let before = number(before.and_then(|before| i64::try_from(before).ok()));
    let most = number(i64::try_from(most).ok());
    let rows = match tenant {
        Some(tenant) => {
            let sql = "SELECT seq, time, actor, action, tenant, outlet, subject, request FROM acts \
                 WHERE tenant = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
            statements.query(sql, &[Cell::Text(tenant.to_owned()), before, most])?
        }
        None => {
            let sql = "SELECT seq, time, actor, action, tenant, outlet, subject, request FROM acts \
                 WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
            statements.query(sql, &[before, most])?
        }
    };
    rows.into_iter().map(|row| read(row).ok_or_else(not_ours)).collect()
}

fn read(row: Cells) -> Option<ActRow> {
    let text = |cell: Cell| if let Cell::Text(text) = cell { Some(text) } else { None };
    let [seq, time, actor, action, tenant, outlet, subject, request] = row.try_into().ok()?;
    Some(ActRow {
        seq: u64::try_from(seq.integer()?).ok()?,
        time: u64::try_from(time.integer()?).ok().and_then(Timestamp::from_unix)?,
        actor: text(actor)?,
        action: text(action)?,
        tenant: text(tenant),
        outlet: text(outlet),
        subject: text(subject)?,
        request: text(request)?,
    })
}

fn not_ours() -> StoreFault {
    StoreFault::Corrupt("a row of the table acts".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_1_to_64_characters_and_no_others_than_ids_have() {
        for (length, right) in [(0, false), (1, true), (64, true), (65, false)] {
            assert_eq!("a".repeat(length).parse::<ActName>().is_ok(), right, "{length}");
        }
        assert!("key:KIN-1_a.b".parse::<ActName>().is_ok());
        for wrong in ["a b", "é", "a\n", "a/b"] {
            assert_eq!(wrong.parse::<ActName>(), Err(ActNameFault), "{wrong:?}");
        }
    }

    #[test]
    fn a_subject_is_kept_up_to_160_characters_and_on_one_line() {
        let by = By { actor: "a".parse().unwrap(), tenant: None, request: "r".parse().unwrap() };
        let time = Timestamp::from_unix(1_773_471_600).unwrap();
        let subject = format!("é\n{}", "x".repeat(400));
        let act = Act { time, by, action: "user.add", outlet: None, subject };
        let kept = act.kept_subject();
        assert_eq!(kept.chars().count(), Act::SUBJECT_CHARACTERS);
        assert!(kept.starts_with("é x"), "{kept}");
    }
}
