use ledger::{Clock, Database};
use registry::Registry;

use super::Finding;

const ABOUT: &str = "Who may ask";

/// Whether anybody may ask for anything. A database that cannot be asked has its own finding.
pub(super) fn examine(database: Option<&dyn Database>, clock: &dyn Clock) -> Option<Finding> {
    let mut store = database?.connect().ok()?;
    let counted = Registry::over(&mut *store).count_who_may_ask(clock.now());
    Some(match counted {
        Ok(0) => Finding::warning(ABOUT, "nobody may ask for anything: `stelala cloud key new` makes a key"),
        Ok(count) => Finding::good(ABOUT, format!("{count} keys and people")),
        Err(_) => Finding::warning(ABOUT, "no key was made yet: `stelala cloud key new` makes one"),
    })
}
