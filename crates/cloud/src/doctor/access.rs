use super::Finding;
use crate::config::Config;

const ABOUT: &str = "API keys";

pub(super) fn examine(config: &Config) -> Finding {
    match config.access.len() {
        0 => Finding::warning(ABOUT, "nobody may ask for anything: `stelala cloud key new` makes a key"),
        count => Finding::good(ABOUT, format!("{count} known by their hashes")),
    }
}
