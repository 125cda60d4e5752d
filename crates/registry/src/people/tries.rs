use fiscal::Timestamp;
use ledger::{Cell, Statements, StoreFault};
use sha2::{Digest, Sha256};

use crate::{
    MerchantId,
    rows::{first, text, time, wrong},
};

/// How often somebody failed to sign in, in a row. Everybody's fails are counted, also of names that nobody has, so that
/// waiting tells nothing of who is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// In a row.
    pub(super) failures: u32,
    /// When the last was.
    pub(super) last: Option<Timestamp>,
}

/// So many failures cost nothing.
const FREE: u32 = 5;
/// In seconds, after the last free one.
const FIRST_WAIT: u64 = 30;
/// In seconds.
const LONGEST_WAIT: u64 = 15 * 60;
/// In seconds: what failed longer ago is forgotten.
pub(super) const REMEMBERED: u64 = 24 * 60 * 60;

impl Tries {
    /// How many seconds the next try waits.
    pub(super) fn wait(self, now: Timestamp) -> Option<u64> {
        let past = now.seconds_after(self.last?);
        let doublings = self.failures.checked_sub(FREE)?;
        let whole =
            FIRST_WAIT.checked_shl(doublings.min(16)).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT));
        whole.checked_sub(past).filter(|rest| *rest > 0)
    }

    /// One more failure.
    pub(super) fn fail(self, now: Timestamp) -> Self {
        let is_recent = self.last.is_some_and(|last| now.seconds_after(last) < REMEMBERED);
        let before = if is_recent { self.failures } else { 0 };
        Self { failures: before.saturating_add(1), last: Some(now) }
    }
}

/// Under what the tries of a name are kept: a hash, because people type their passwords into the wrong field.
pub(super) fn name(merchant: Option<&MerchantId>, email: &str) -> String {
    let whose = merchant.map_or("", MerchantId::as_str);
    let digest = Sha256::digest(format!("{whose}\n{}", email.to_lowercase()).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How often it failed so far.
pub(super) fn of(statements: &mut dyn Statements, name: &str) -> Result<Tries, StoreFault> {
    let found =
        statements.query("SELECT failures, last FROM sign_in_tries WHERE name = $1", &[text(name)])?;
    let Some(mut row) = first(found) else { return Ok(Tries::default()) };
    let failures = u32::try_from(row.integer("sign_in_tries.failures")?);
    let failures = failures.map_err(|_| wrong("sign_in_tries.failures"))?;
    Ok(Tries { failures, last: row.time_or_none("sign_in_tries.last")? })
}

/// Notes one more failure, so that no restart forgets it.
pub(super) fn add(statements: &mut dyn Statements, name: &str, now: Timestamp) -> Result<(), StoreFault> {
    let tries = of(statements, name)?.fail(now);
    clear(statements, name)?;
    statements.execute(
        "INSERT INTO sign_in_tries (name, failures, last) VALUES ($1, $2, $3)",
        &[text(name), Cell::Integer(tries.failures.into()), time(now)],
    )?;
    Ok(())
}

/// It is right again.
pub(super) fn clear(statements: &mut dyn Statements, name: &str) -> Result<(), StoreFault> {
    statements.execute("DELETE FROM sign_in_tries WHERE name = $1", &[text(name)]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    #[test]
    fn five_failures_are_free_and_then_each_wait_is_twice_the_one_before_up_to_a_quarter_of_an_hour() {
        let mut tries = Tries::default();
        for expected in [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900] {
            tries = tries.fail(at(1_000));
            assert_eq!(tries.wait(at(1_000)).unwrap_or_default(), expected, "{tries:?}");
        }
        let endless = Tries { failures: u32::MAX, last: Some(at(1_000)) };
        assert_eq!(endless.fail(at(1_000)).wait(at(1_000)), Some(900));
    }

    #[test]
    fn a_wait_is_over_at_its_last_second() {
        let tries = Tries { failures: 5, last: Some(at(1_000)) };
        for (now, expected) in
            [(999, Some(30)), (1_000, Some(30)), (1_029, Some(1)), (1_030, None), (1_031, None)]
        {
            assert_eq!(tries.wait(at(now)), expected, "{now}");
        }
    }

    #[test]
    fn what_failed_a_day_ago_is_forgotten() {
        let tries = Tries { failures: 9, last: Some(at(1_000)) };
        assert_eq!(tries.fail(at(1_000 + REMEMBERED - 1)).failures, 10);
        assert_eq!(tries.fail(at(1_000 + REMEMBERED)).failures, 1);
    }
}
