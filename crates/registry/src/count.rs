use fiscal::Timestamp;

use crate::{
    Registry, RegistryFault,
    rows::{first, time},
};

impl Registry<'_> {
    /// How many keys and people may ask for something now.
    pub fn count_who_may_ask(&mut self, now: Timestamp) -> Result<u64, RegistryFault> {
        self.look(|statements| {
            let keys = statements.query(
                "SELECT count(*) FROM api_keys WHERE revoked IS NULL AND (expires IS NULL OR expires > $1)",
                &[time(now)],
            )?;
            let people = statements.query("SELECT count(*) FROM people WHERE stopped IS NULL", &[])?;
            [keys, people].into_iter().try_fold(0, |sum, found| {
                let count = first(found).map(|mut row| row.integer("count")).transpose()?.unwrap_or_default();
                Ok(sum + u64::try_from(count).unwrap_or_default())
            })
        })
    }
}
