use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Command};

use super::{WIDTH, tree};

/// Where the pages go.
#[derive(Args)]
pub(crate) struct PagesCommand {
    /// The folder; pages of commands that are no more are removed from it.
    out: PathBuf,
}

impl PagesCommand {
    /// Writes what `--help` says of each command, one file each.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let pages = pages(tree().term_width(WIDTH));
        write(&self.out, &pages).with_context(|| self.out.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `stelala device seal` is on the page `stelala_device_seal.txt`.
fn pages(mut command: Command) -> Vec<(String, String)> {
    command.build();
    let mut pages = Vec::new();
    gather(&mut command, "", &mut pages);
    pages
}

fn gather(command: &mut Command, before: &str, pages: &mut Vec<(String, String)>) {
    // What clap adds itself, and what is for this repository, has no page.
    if command.get_name() == "help" || command.is_hide_set() {
        return;
    }
    let name = format!("{before}{}", command.get_name());
    pages.push((format!("{name}.txt"), command.render_long_help().to_string()));
    for sub in command.get_subcommands_mut() {
        gather(sub, &format!("{name}_"), pages);
    }
}

fn write(folder: &Path, pages: &[(String, String)]) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            fs::remove_file(path)?;
        }
    }
    for (name, text) in pages {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
