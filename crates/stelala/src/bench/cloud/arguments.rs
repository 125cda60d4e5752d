use std::{fmt, path::PathBuf, str::FromStr};

use clap::ValueEnum;

/// Where the ledger is stored.
#[derive(Clone, Debug)]
pub(super) enum StoreChoice {
    Sqlite,
    Postgres(String),
}

impl FromStr for StoreChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "sqlite" => Ok(Self::Sqlite),
            Some(("postgres", url)) => Ok(Self::Postgres(url.to_owned())),
            _ => Err("a store is sqlite or postgres=postgres://user@host/database"),
        }
    }
}

impl fmt::Display for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

/// Who signs.
#[derive(Clone)]
pub(super) enum SignerChoice {
    Software,
    SoftHsm { module: PathBuf, token: String, pin: String },
}

impl FromStr for SignerChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "a signer is software or softhsm=MODULE:TOKEN:PIN";
        if text == "software" {
            return Ok(Self::Software);
        }
        let mut parts = text.strip_prefix("softhsm=").ok_or(FORM)?.splitn(3, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned).ok_or(FORM);
        Ok(Self::SoftHsm { module: next()?.into(), token: next()?, pin: next()? })
    }
}

impl fmt::Display for SignerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Software => "software keys",
            Self::SoftHsm { .. } => "SoftHSM",
        })
    }
}

/// What idempotency keys look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Keys {
    /// UUIDs of version 7.
    Ordered,
    /// UUIDs of version 4.
    Random,
    /// None.
    None,
}
