use super::Finding;
use crate::config::{Config, DatabaseConfig};

const ABOUT: &str = "secrets";

/// Whether the secrets of second factors and webhooks can be sealed and read again.
pub(super) fn examine(config: &Config) -> Finding {
    match (&config.access_secret, &config.database) {
        (Some(source), _) => match source.key() {
            Ok(_) => Finding::good(
                ABOUT,
                "second factors and webhooks are sealed under the key of this deployment",
            ),
            Err(fault) => Finding::bad(ABOUT, fault.to_string()),
        },
        (None, DatabaseConfig::Sqlite(_)) => Finding::good(
            ABOUT,
            "second factors and webhooks are sealed under access.key beside the database",
        ),
        (None, DatabaseConfig::Postgres(_)) => Finding::bad(
            ABOUT,
            "second factors and webhooks are sealed under a key that all processes share: set STELALA_SECRET, or name \
             access.secret_file (`openssl rand -hex 32` makes one)",
        ),
    }
}
