//! The folder of a cloud under trial, made by the program's own commands as an operator would.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use ledger::{Database, PostgresDatabase, PostgresOptions, SqliteDatabase};

use crate::sale::{NIF, OUTLETS};

/// Where its ledgers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// In a file of the folder.
    Sqlite,
    /// In an empty database of PostgreSQL.
    Postgres(String),
}

/// Who seals.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Keys in a file.
    Software,
    /// Keys in SoftHSM.
    SoftHsm {
        /// Its library.
        module: PathBuf,
        /// Its configuration.
        config: PathBuf,
    },
}

/// A cloud that is ready to be started, by so many processes.
pub struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// A key of the merchant's manager, for all outlets.
    pub api_key: String,
    binary: PathBuf,
    store: Store,
    keys: Keys,
}

/// The PIN of the token.
pub const PIN: &str = "2718281828";
const FILE: &str = "ledger.sqlite";
/// More questions in a second than a cloud answers.
const ALLOWED: &str = "1000000";

impl Place {
    /// Makes it in an empty folder.
    pub fn make(
        binary: &Path,
        folder: &Path,
        store: Store,
        keys: Keys,
        processes: usize,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let (folder, binary) = (folder.canonicalize()?, binary.canonicalize().context("--stelala")?);
        let mut place = Self { folder, api_key: String::new(), binary, store, keys };
        place.write("passphrase", "a passphrase of trials\n")?;
        place.write("pin", PIN)?;
        // Processes share it.
        place.write("access.key", &format!("{}\n", "0123456789abcdef".repeat(4)))?;
        for process in 1..=processes {
            place.write(&config_of(process), &place.config(process))?;
        }
        let config = place.folder.join(config_of(1)).display().to_string();
        place.command(&["cloud", "rotate-key", "--config", &config])?;
        for (id, prefix) in OUTLETS {
            let named = ["--id", id, "--nif", NIF, "--prefix", prefix, "--config", &config];
            place.command(&[&["cloud", "outlet", "add"][..], &named].concat())?;
        }
        // Tills of a trial ask as fast as they can.
        let named = ["--merchant", NIF, "--per-second", ALLOWED, "--burst", ALLOWED, "--config", &config];
        let made = place.command(&[&["cloud", "key", "new"][..], &named].concat())?;
        place.api_key = String::from_utf8(made.stdout)?.trim().to_owned();
        Ok(place)
    }

    fn config(&self, process: usize) -> String {
        let database = match &self.store {
            Store::Sqlite => format!("sqlite = \"{FILE}\""),
            Store::Postgres(url) => format!("postgres = \"{url}\"\nallow_single_server = true"),
        };
        let signer = match &self.keys {
            Keys::Software => "passphrase_file = \"passphrase\"".to_owned(),
            Keys::SoftHsm { module, .. } => format!(
                "kind = \"pkcs11\"\nmodule = \"{}\"\ntoken = \"stelala\"\npin_file = \"pin\"",
                module.display()
            ),
        };
        format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[database]\n{database}\n[signer]\n{signer}\n[ledger]\n\
             heads = \"{}\"\n[log]\nlevel = \"info\"\n[access]\nsecret_file = \"access.key\"\n",
            heads_of(process)
        )
    }

    /// Adds a section to the configuration of each process.
    pub fn configure(&self, section: &str) -> anyhow::Result<()> {
        for config in self.each(config_of) {
            OpenOptions::new().append(true).open(&config)?.write_all(section.as_bytes())?;
        }
        Ok(())
    }

    /// Runs a command of the program to its end.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.program().args(arguments).output()?;
        if !output.status.success() {
            bail!("stelala {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output)
    }

    /// The program, without settings of whoever started the trial.
    pub fn program(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear();
        if let Keys::SoftHsm { config, .. } = &self.keys {
            command.env("SOFTHSM2_CONF", config);
        }
        command
    }

    /// The configuration of a process.
    pub fn config_of(&self, process: usize) -> PathBuf {
        self.folder.join(config_of(process))
    }

    /// The files of heads that processes keep.
    pub fn heads(&self) -> Vec<PathBuf> {
        self.each(heads_of)
    }

    fn each(&self, name_of: fn(usize) -> String) -> Vec<PathBuf> {
        (1..).map(|process| self.folder.join(name_of(process))).take_while(|file| file.exists()).collect()
    }

    /// The database, without the program that is under trial.
    pub fn database(&self) -> anyhow::Result<Box<dyn Database>> {
        database(&self.store, &self.folder)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.folder.join(name));
        open.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| name.to_owned())
    }
}

/// The database of a folder.
pub fn database(store: &Store, folder: &Path) -> anyhow::Result<Box<dyn Database>> {
    Ok(match store {
        Store::Sqlite => Box::new(SqliteDatabase::open(folder.join(FILE), Arc::new(since_epoch))?),
        Store::Postgres(url) => Box::new(PostgresDatabase::open(&PostgresOptions {
            url: url.clone(),
            allow_single_server: true,
            ..Default::default()
        })?),
    })
}

/// A folder that is removed in the end.
pub fn temporary(prefix: &str) -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix(prefix).tempdir()?)
}

/// This machine's clock: tills stamp their sales.
#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn config_of(process: usize) -> String {
    format!("cloud-{process}.toml")
}

fn heads_of(process: usize) -> String {
    format!("heads-{process}.jsonl")
}
