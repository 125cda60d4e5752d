use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::NotedHeads;
use ::ledger::EpochReason;
use anyhow::bail;
use clap::Args;

use super::opened::{ReportArgs, machine, open};
use crate::cloud::existing;

/// Of which outlet.
#[derive(Args)]
pub(crate) struct NewEpochCommand {
    #[command(flatten)]
    report: ReportArgs,
    /// It is meant: the line of numbers is given up, and nobody gets it back.
    #[arg(long)]
    yes: bool,
}

impl NewEpochCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, outlet) = (self.report.config()?, self.report.outlet);
        let database = existing(&config)?;
        if !self.yes {
            let stands = match database.connect()?.head(outlet)? {
                Some(head) => format!("is in epoch {}", head.chain.epoch.0),
                None => "has sealed nothing here yet".to_owned(),
            };
            bail!(
                "{outlet} {stands}: a new epoch gives its line of numbers up for good, and it goes on from number 1; \
                 --yes does it, if that is meant"
            );
        }
        let noted = NotedHeads::read(&config.ledger.heads)?;
        let beyond = noted.beyond(&*database)?;
        // A database that went back is a backup that was put in: what it does not hold is flagged (L2).
        let went_back = beyond.iter().any(|beyond| beyond.noted.outlet == outlet);
        let reason = if went_back { EpochReason::Restored } else { EpochReason::Forced };
        let ledger = open(&config)?;
        let by = machine(&ledger, outlet)?;
        let opened = ledger.open_epoch(outlet, reason, noted.epoch(outlet), Some(by));
        // It notes the new head.
        ledger.stop();
        let epoch = opened?.row.place.chain.epoch.0;
        writeln!(io::stdout().lock(), "{outlet}: goes on in epoch {epoch}, from number 1")?;
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
        thread,
        time::Duration,
    };

    use ::cloud::{Cloud, Config, StartFault, SystemClock};
    use ::ledger::{Clock, Ledger, Offer};
    use clap::Parser;
    use fiscal::{Epoch, Invoice, Timestamp, UtcOffset};
    use registry::NewPlace;
    use signing::Cost;
    use tempfile::TempDir;

    use super::*;
    use crate::{cloud::Desk, random};

    const FILES: &str = "[database]\nsqlite = \"ledger.sqlite\"\n[signer]\nkind = \"software\"\nstore = \"keys.json\"\n\
                         passphrase_file = \"passphrase\"\n[ledger]\nheads = \"heads.jsonl\"\n";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: NewEpochCommand,
    }

    /// A cloud's folder with one outlet.
    fn cloud(folder: &Path) -> Config {
        use std::os::unix::fs::PermissionsExt;
        fs::write(folder.join("cloud.toml"), FILES).unwrap();
        fs::write(folder.join("passphrase"), "correct horse\n").unwrap();
        fs::set_permissions(folder.join("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
        let config = Config::read(FILES, folder, &[]).unwrap();
        let database = ::cloud::database(&config.database).unwrap();
        let cheap = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        ::cloud::make_key(&config, cheap, &*database, &SystemClock, random::fill).unwrap();
        let made = Desk::of(&config, |desk| {
            let (merchant, _) = desk.find_or_make_merchant("A2301457K".parse()?, &"Maman Nzuzi".parse()?)?;
            let new = NewPlace {
                id: "KIN-GOMBE-01".parse()?,
                merchant: merchant.id,
                name: "Gombe".parse()?,
                address: None,
                prefix: Some("KINGOMBE01".parse()?),
                zone: UtcOffset::KINSHASA,
            };
            desk.make_outlet(&new, config.signer.id())
        });
        made.unwrap();
        config
    }

    fn sell(ledger: &Ledger, seconds_ago: u64) -> (Epoch, u64) {
        let text = include_str!("../../../../examples/day/001-bread-and-eggs.json");
        let mut invoice = Invoice::read(text.as_bytes()).unwrap();
        invoice.timestamp = Timestamp::from_unix(SystemClock.now().unix() - seconds_ago).unwrap();
        let mut payload = String::new();
        invoice.write(&mut payload).unwrap();
        let sealed = ledger.seal(Offer::read(payload.into_bytes(), None).unwrap()).unwrap().sealed;
        (sealed.header.epoch, sealed.header.invoice().unwrap().number.value())
    }

    fn run(folder: &Path, more: &[&str]) -> anyhow::Result<ExitCode> {
        let config = folder.join("cloud.toml");
        let line = ["new-epoch", "--outlet", "KIN-GOMBE-01", "--config", config.to_str().unwrap()];
        Line::try_parse_from(line.iter().chain(more)).unwrap().command.run()
    }

    fn starts(config: &Config) -> Result<(), StartFault> {
        Cloud::start(config, random::fill).map(drop)
    }

    /// The database's file, once all of it is in the file: a cloud lets it go on threads of its own.
    fn whole(folder: &Path) -> PathBuf {
        let log = folder.join("ledger.sqlite-wal");
        let whole = (0..1_500).any(|_| {
            thread::sleep(Duration::from_millis(20));
            !log.exists()
        });
        assert!(whole, "the log stays");
        folder.join("ledger.sqlite")
    }

    #[test]
    fn a_database_that_went_back_is_served_again_in_an_epoch_that_nobody_numbered() {
        let folder = TempDir::new().unwrap();
        let (config, copy) = (cloud(folder.path()), folder.path().join("copy.sqlite"));
        let ledger = open(&config).unwrap();
        assert_eq!(sell(&ledger, 100), (Epoch(0), 1));
        ledger.stop();
        drop(ledger);
        fs::copy(whole(folder.path()), &copy).unwrap();
        // It goes on, even into another epoch, and is then copied back.
        let ledger = open(&config).unwrap();
        sell(&ledger, 99);
        ledger.open_epoch("KIN-GOMBE-01".parse().unwrap(), EpochReason::Forced, None, None).unwrap();
        assert_eq!(sell(&ledger, 98), (Epoch(1), 1));
        ledger.stop();
        drop(ledger);
        assert!(starts(&config).is_ok());
        fs::copy(&copy, whole(folder.path())).unwrap();
        assert!(matches!(starts(&config), Err(StartFault::WentBack { .. })));
        let asked = run(folder.path(), &[]).unwrap_err().to_string();
        assert!(asked.starts_with("KIN-GOMBE-01 is in epoch 0") && asked.contains("--yes"), "{asked}");
        assert!(matches!(starts(&config), Err(StartFault::WentBack { .. })), "nothing was done");
        run(folder.path(), &["--yes"]).unwrap();
        assert!(starts(&config).is_ok());
        let ledger = open(&config).unwrap();
        assert_eq!(sell(&ledger, 97), (Epoch(2), 1));
        ledger.stop();
        let mut heads = super::super::kept_heads::KeptHeads::default();
        heads.read(&config.ledger.heads).unwrap();
        let database = ::cloud::database(&config.database).unwrap();
        let mut tables = database.snapshot().unwrap();
        let verdict = super::super::examine::examine(&mut *tables, heads.into_inner(), None, None).unwrap();
        assert!(verdict.is_true() && verdict.heads_unreported >= 2, "{verdict:?}");
    }
}
