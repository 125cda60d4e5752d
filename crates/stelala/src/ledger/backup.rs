use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::ledger::{BackupFigures, Table, write_backup};
use anyhow::{Context, bail};
use clap::Args;

use super::progress::Progress;
use crate::cloud::{ConfigArgs, existing, tables_beside};

/// Of which cloud, and where to.
#[derive(Args)]
pub(crate) struct BackupCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The file; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl BackupCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let name = self.out.display();
        // A link to nothing is something too.
        if self.out.symlink_metadata().is_ok() {
            bail!("{name} is there already: name another file");
        }
        let database = existing(&config)?;
        let mut tables = database.snapshot()?;
        let mut unfinished = self.out.clone().into_os_string();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let file = new(&unfinished).with_context(|| unfinished.display().to_string())?;
        let mut progress = Progress::new(0);
        let written = write_backup(&mut *tables, &tables_beside(), BufWriter::new(&file), &mut |rows| {
            progress.add(rows)
        });
        drop(progress);
        let figures = written.and_then(|figures| {
            file.sync_all()?;
            fs::rename(&unfinished, &self.out)?;
            File::open(folder(&self.out))?.sync_all()?;
            Ok(figures)
        });
        let figures = figures.with_context(|| name.to_string())?;
        writeln!(io::stdout().lock(), "{name}: {}", in_words(&figures))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A file for this program only: it holds names of clients. One that a backup before this left goes first; so does a link,
/// without what it leads to.
fn new(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

pub(super) fn in_words(figures: &BackupFigures) -> String {
    let rows = |table| figures.rows(table);
    format!(
        "{} outlets, {} records, {} sales, {} idempotency keys",
        rows(Table::Outlets),
        rows(Table::Records),
        rows(Table::Sales),
        rows(Table::Idempotency)
    )
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}
