use fiscal::Timestamp;
use ledger::Statements;

use crate::{
    Registry, RegistryFault,
    rows::{count, time},
};

impl Registry<'_> {
    /// How many keys and people may ask for something now.
    pub fn count_who_may_ask(&mut self, now: Timestamp) -> Result<u64, RegistryFault> {
        self.look(|statements| {
            let people = statements.query("SELECT count(*) FROM people WHERE stopped IS NULL", &[])?;
            Ok((keys(statements, now)? + count(people)?) as u64)
        })
    }

    /// How many keys may ask for something now.
    pub fn count_keys(&mut self, now: Timestamp) -> Result<usize, RegistryFault> {
        self.look(|statements| keys(statements, now))
    }
}

fn keys(statements: &mut dyn Statements, now: Timestamp) -> Result<usize, RegistryFault> {
    let found = statements.query(
        "SELECT count(*) FROM api_keys WHERE revoked IS NULL AND (expires IS NULL OR expires > $1)",
        &[time(now)],
    )?;
    Ok(count(found)?)
}
