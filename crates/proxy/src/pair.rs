//! Which tills may sell through this proxy: each pairs once by a code, and then holds a token of its own (L10).
//!
//! A code is for one till, 40 bits, ten minutes and five tries; a token is 256 bits and speaks for one
//! `pos_terminal_id`, until it is revoked or the till pairs again. Of both only hashes are kept, in tables of their own
//! in the proxy's file: whoever works on the machine makes codes and revokes tokens while the proxy runs.

mod secret;

pub use self::secret::{CodeFault, PairingCode, TillToken};

use std::{path::Path, time::Duration};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use fiscal::{TerminalId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How long a code is good.
pub const CODE_SECONDS: i64 = 600;
/// How often a till may try.
pub const MOST_TRIES: u32 = 5;
/// So many tills can be paired: a shop has fewer.
pub const MOST_TILLS: u64 = 256;

const TABLES: &str = "
create table if not exists pairing_codes (
    terminal text primary key,
    salt blob not null check (length(salt) = 16),
    hash blob not null check (length(hash) = 32),
    until integer not null,
    tries integer not null default 0
) strict;
create table if not exists paired_tills (
    terminal text primary key,
    hash blob not null unique check (length(hash) = 32),
    paired integer not null
) strict;
";

/// The tills that are paired.
pub struct Tills {
    tables: Connection,
}

/// A till that is paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Till {
    /// For which till its token speaks.
    pub terminal: TerminalId,
    /// Since when.
    pub paired: Timestamp,
}

/// Why a till is not paired.
#[derive(Debug, thiserror::Error)]
pub enum PairFault {
    /// `PAIRING_REFUSED`: one sentence for all reasons, so that guessing teaches nothing.
    #[error(
        "this is not a code for this till that is good at the moment: have a new one made (`stelala proxy pair new`), \
         which is good for ten minutes and five tries"
    )]
    Refused,
    /// `TOO_MANY_TILLS`
    #[error("{MOST_TILLS} tills are paired, which is the most: revoke one that is no longer used")]
    TooMany,
    /// `PAIRING_STORE`
    #[error(
        "the list of paired tills cannot be kept ({0}): look at the proxy's folder with `stelala proxy doctor`"
    )]
    Store(#[from] rusqlite::Error),
}

impl PairFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused => "PAIRING_REFUSED",
            Self::TooMany => "TOO_MANY_TILLS",
            Self::Store(_) => "PAIRING_STORE",
        }
    }
}

impl Tills {
    /// Opens the file, and makes the tables where they are not there. Other connections may have it open.
    pub fn open(file: &Path) -> Result<Self, PairFault> {
        let tables = Connection::open(file)?;
        tables.busy_timeout(Duration::from_secs(5))?;
        tables.pragma_update(None, "journal_mode", "wal")?;
        tables.pragma_update(None, "synchronous", "full")?;
        tables.execute_batch(TABLES)?;
        Ok(Self { tables })
    }

    /// A code with which this till can pair, to be shown once. One that it had is good no more; its token is, until the
    /// till pairs.
    pub fn new_code(
        &self,
        terminal: TerminalId,
        now: Timestamp,
        entropy: fn(&mut [u8]),
    ) -> Result<PairingCode, PairFault> {
        if self.list()?.iter().filter(|till| till.terminal != terminal).count() as u64 >= MOST_TILLS {
            return Err(PairFault::TooMany);
        }
        let (mut random, mut salt) = ([0; 5], [0; 16]);
        entropy(&mut random);
        entropy(&mut salt);
        let code = PairingCode::new(random);
        self.tables.execute("delete from pairing_codes where until <= ?1", [seconds(now)])?;
        self.tables.execute(
            "insert or replace into pairing_codes (terminal, salt, hash, until) values (?1, ?2, ?3, ?4)",
            params![terminal.as_str(), salt, code.hash(&salt), seconds(now).saturating_add(CODE_SECONDS)],
        )?;
        Ok(code)
    }

    /// Takes a code for a token. A try is counted before it is looked at, and whether it was right; a code is good once.
    pub fn redeem(
        &mut self,
        terminal: TerminalId,
        code: &str,
        now: Timestamp,
        entropy: fn(&mut [u8]),
    ) -> Result<TillToken, PairFault> {
        let act = self.tables.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        act.execute("update pairing_codes set tries = tries + 1 where terminal = ?1", [terminal.as_str()])?;
        let kept = act
            .query_row(
                "select salt, hash from pairing_codes where terminal = ?1 and until > ?2 and tries <= ?3",
                params![terminal.as_str(), seconds(now), MOST_TRIES],
                |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, [u8; 32]>(1)?)),
            )
            .optional()?;
        let is_right = match (kept, code.parse::<PairingCode>()) {
            (Some((salt, hash)), Ok(code)) => verify_slices_are_equal(&code.hash(&salt), &hash).is_ok(),
            _ => false,
        };
        if !is_right {
            act.commit()?;
            return Err(PairFault::Refused);
        }
        let mut random = [0; 32];
        entropy(&mut random);
        let token = TillToken::new(&random);
        act.execute("delete from pairing_codes where terminal = ?1", [terminal.as_str()])?;
        act.execute(
            "insert or replace into paired_tills (terminal, hash, paired) values (?1, ?2, ?3)",
            params![terminal.as_str(), token.hash(), seconds(now)],
        )?;
        act.commit()?;
        Ok(token)
    }

    /// For which till a token speaks; for none if it is wrong or revoked.
    pub fn authenticate(&self, token: &str) -> Result<Option<TerminalId>, PairFault> {
        let Some(hash) = TillToken::hash_of(token) else { return Ok(None) };
        // Whoever can time the search learns of a hash, and from that of no token: they have 256 bits.
        let found = self
            .tables
            .query_row("select terminal, hash, paired from paired_tills where hash = ?1", [hash], |row| {
                Ok((till(row)?, row.get::<_, [u8; 32]>(1)?))
            })
            .optional()?;
        let is_same = |kept: &[u8; 32]| verify_slices_are_equal(kept, &hash).is_ok();
        Ok(found.filter(|(_, kept)| is_same(kept)).map(|(till, _)| till.terminal))
    }

    /// Those that are paired, by their names.
    pub fn list(&self) -> Result<Vec<Till>, PairFault> {
        let mut asked =
            self.tables.prepare("select terminal, hash, paired from paired_tills order by terminal")?;
        let tills = asked.query_map([], till)?.collect::<Result<Vec<Till>, _>>();
        Ok(tills?)
    }

    /// Ends a till's token and its code. Says whether there was one.
    pub fn revoke(&mut self, terminal: TerminalId) -> Result<bool, PairFault> {
        let act = self.tables.transaction()?;
        let codes = act.execute("delete from pairing_codes where terminal = ?1", [terminal.as_str()])?;
        let tokens = act.execute("delete from paired_tills where terminal = ?1", [terminal.as_str()])?;
        act.commit()?;
        Ok(codes + tokens > 0)
    }
}

fn till(row: &Row<'_>) -> rusqlite::Result<Till> {
    let text: String = row.get(0)?;
    let wrong = |what: &str| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, what.to_owned().into())
    };
    Ok(Till {
        terminal: text.parse().map_err(|_| wrong("the name of a till"))?,
        paired: u64::try_from(row.get::<_, i64>(2)?)
            .ok()
            .and_then(Timestamp::from_unix)
            .ok_or_else(|| wrong("a time"))?,
    })
}

/// As the tables have times. The latest that there is fits.
fn seconds(time: Timestamp) -> i64 {
    time.unix().cast_signed()
}

#[cfg(test)]
mod tests;
