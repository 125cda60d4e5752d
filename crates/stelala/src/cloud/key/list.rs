use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use fiscal::Timestamp;
use registry::{KeyRecord, Reach};

use super::{
    super::{
        configured::ConfigArgs,
        desk::{Desk, now},
    },
    place,
};

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ListCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        const PAGE: usize = 500;
        let mut out = io::stdout().lock();
        Desk::of_existing(&self.config.read()?, |desk| {
            let mut after = None;
            loop {
                let page = desk.registry.keys(&Reach::Platform, after.as_ref(), PAGE)?;
                let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
                after = Some(last.id.clone());
                for key in &page {
                    writeln!(out, "{}", line(key, now()))?;
                }
            }
        })
    }
}

fn line(key: &KeyRecord, now: Timestamp) -> String {
    let rate = key.rate.map_or(String::new(), |rate| format!(", {}/s", rate.per_second));
    let KeyRecord { id, role, name, .. } = key;
    format!("{id}  {:<10}  {:<24}  {}{rate}  {name}", role.name(), place(key), state(key, now))
}

fn state(key: &KeyRecord, now: Timestamp) -> String {
    match (key.revoked, key.expires) {
        (Some(revoked), _) => format!("revoked {revoked}Z"),
        (None, Some(expires)) if expires <= now => format!("expired {expires}Z"),
        (None, Some(expires)) => format!("good until {expires}Z"),
        (None, None) => "good".to_owned(),
    }
}
